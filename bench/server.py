"""Servers on loopback for measuring, tests and demonstrations: nginx, and one that never answers."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

CONFIGURATION = """\
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid nginx.pid;
error_log error.log;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    {http_extra}
    {rates}
    sendfile on;
    tcp_nopush on;
    default_type application/octet-stream;
    keepalive_timeout 600;
    keepalive_requests 1000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        {listen}
        root "{root}";
        {limit_rate}
        {tls}
        {extra}
    }}
}}
"""

TLS = "ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.2 TLSv1.3;"


def free_ports(count=1):
    """Ports of 127.0.0.1 that nobody had a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def is_listening(process, ports):
    """Waits until a process that was just started answers on all ports; false if it ends, or that takes too long."""
    deadline = time.monotonic() + 10
    waiting = list(ports)
    while waiting and process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", waiting[0]), 1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.01)
    return not waiting


class Nginx:
    """nginx with one worker, serving the files below `root` as the current user.

    ports       number of loopback ports to listen on; each looks like a server of its own
    limit_rate  bytes a second for each response; 0: as fast as it can. A list: of each port
    extra       lines for the `server` block, such as locations
    http_extra  lines for the block around it, such as zones of limits
    tls         (certificate, key), PEM files: TLS on all ports
    """

    def __init__(self, root, *, ports=1, limit_rate=0, extra="", http_extra="", tls=None, connections=8192):
        self.root = os.path.abspath(root)
        self.port_count = ports
        self.limit_rate = limit_rate
        self.extra = extra
        self.http_extra = http_extra
        self.tls = tls
        self.connections = connections
        self.ports = []
        self._prefix = None
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, index=0):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.ports[index]}/"

    def urls(self):
        return [self.url(i) for i in range(self.port_count)]

    def start(self):
        """Returns when it answers on all ports. Started again, it has the same ports."""
        self._prefix = tempfile.mkdtemp(prefix="webseed-nginx-")
        try:
            attempts = 1 if self.ports else 3  # somebody else may take a port before nginx does
            for attempt in range(attempts):
                ports = self.ports or free_ports(self.port_count)
                if self._launch(ports):
                    self.ports = ports
                    return
            with open(os.path.join(self._prefix, "error.log"), encoding="utf-8") as log:
                raise RuntimeError("nginx doesn't start:\n" + log.read())
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Ends it at once, also in the middle of responses."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._prefix:
            shutil.rmtree(self._prefix, ignore_errors=True)
            self._prefix = None

    def cpu_seconds(self):
        """What the worker has used so far."""
        with open(f"/proc/{self._process.pid}/task/{self._process.pid}/children", encoding="ascii") as file:
            worker = int(file.read())
        return time.clock_gettime(~worker << 3 | 2)  # the clock of its CPU time: clock_getcpuclockid(3)

    def _rates(self, ports):
        """What nginx takes as the rate of each port."""
        limits = self.limit_rate if isinstance(self.limit_rate, list) else [self.limit_rate] * len(ports)
        lines = " ".join(f"{port} {limit};" for port, limit in zip(ports, limits))
        return f"map $server_port $rate {{ default 0; {lines} }}"

    def _launch(self, ports):
        configuration = os.path.join(self._prefix, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(
                CONFIGURATION.format(
                    # The worker of a master that is root would be somebody else, who may not read the files.
                    user="user root;" if os.geteuid() == 0 else "",
                    files=self.connections * 2 + 64,
                    connections=self.connections,
                    listen=" ".join(
                        f"listen 127.0.0.1:{port}{' ssl' if self.tls else ''} backlog=4096;" for port in ports
                    ),
                    root=self.root,
                    rates=self._rates(ports) if self.limit_rate else "",
                    limit_rate="limit_rate $rate;" if self.limit_rate else "",
                    tls=TLS.format(*self.tls) if self.tls else "",
                    extra=self.extra,
                    http_extra=self.http_extra,
                )
            )
        # Not on every user's path.
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen(
            [program, "-p", self._prefix, "-c", configuration, "-e", "error.log"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if is_listening(self._process, ports):
            return True
        self._process.kill()
        self._process.wait()
        return False


class SilentServer:
    """Accepts every connection and never says a word."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._connections = []
        self._accepted = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join()
        for connection in [self._listener, *self._connections]:
            connection.close()

    @property
    def connection_count(self):
        return len(self._connections)

    def forget(self):
        """Closes what is connected, as if nobody had been."""
        while self._connections:
            self._connections.pop().close()
        self._accepted.clear()

    def wait(self, seconds):
        """Until somebody is connected; false if nobody is in time."""
        return self._accepted.wait(seconds)

    def say(self, text):
        """On the newest connection, for a test that wants it to fall silent later."""
        self._connections[-1].sendall(text)

    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _accept(self):
        try:
            while True:
                self._connections.append(self._listener.accept()[0])
                self._accepted.set()
        except OSError:
            return  # closed
