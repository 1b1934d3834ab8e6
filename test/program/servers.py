"""Servers and proxies of Debian, on loopback ports nobody had, as a user without rights, with certificates."""

import os
import pwd
import shutil
import subprocess
import tempfile

from support import Skip, free_ports
from certificates import ca_file, certificate  # noqa: F401
from server import is_listening


class Daemon:
    """A program that serves on one port until it is ended. As root, it is started as nobody: some refuse to be root,
    others would choose whom to be."""

    program = ""

    def __init__(self):
        self.port = 0
        self.place = None
        self._process = None

    def command(self):
        """Writes what the program reads to `self.place`, and returns its command line."""
        raise NotImplementedError

    def __enter__(self):
        program = shutil.which(self.program, path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise Skip(f"no {self.program}")
        for _ in range(3):  # somebody else may take the port before the program does
            self._start(program)
            if is_listening(self._process, [self.port]):
                return self
            self._end()
            log = self._log()
            shutil.rmtree(self.place)
        raise RuntimeError(f"{self.program} doesn't start:\n{log}")

    def __exit__(self, *_):
        self._end()
        shutil.rmtree(self.place, ignore_errors=True)

    def _start(self, program):
        self.port = free_ports()[0]
        self.place = tempfile.mkdtemp(prefix=f"webseed-{os.path.basename(self.program)}-")
        command = self.command()
        options = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for name in ["", *os.listdir(self.place)]:
                os.chown(os.path.join(self.place, name), user.pw_uid, user.pw_gid)
        with open(os.path.join(self.place, "output"), "wb") as output:
            self._process = subprocess.Popen(
                [program, *command],
                cwd=self.place,
                env={"PATH": os.environ["PATH"], "HOME": self.place},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **options,
            )

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _log(self):
        with open(os.path.join(self.place, "output"), encoding="utf-8", errors="replace") as output:
            return output.read()

    def write(self, name, *lines):
        path = os.path.join(self.place, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return path


class WebServer(Daemon):
    """tls  (certificate, key), or None"""

    def __init__(self, root, tls=None):
        super().__init__()
        self.root = root
        self.tls = tls
        os.chmod(os.path.dirname(root), 0o755)  # a directory that a test made for itself

    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/"


class Apache(WebServer):
    program = "apache2"

    def command(self):
        modules = ["mpm_event", "authz_core", "dir"] + (["ssl"] if self.tls else [])
        lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules]
        lines += [f"ServerRoot {self.place}", f"DefaultRuntimeDir {self.place}", f"PidFile {self.place}/pid"]
        lines += ["ServerName 127.0.0.1", f"Listen 127.0.0.1:{self.port}", f"ErrorLog {self.place}/error.log"]
        lines += ["StartServers 1", f'DocumentRoot "{self.root}"', "<Directory />", "Require all granted", "</Directory>"]
        if self.tls:
            lines += ["SSLEngine on", "SSLCertificateFile {}".format(self.tls[0])]
            lines += ["SSLCertificateKeyFile {}".format(self.tls[1]), "SSLSessionCache none"]
        return ["-f", self.write("conf", *lines), "-DFOREGROUND"]


class Lighttpd(WebServer):
    program = "lighttpd"

    def command(self):
        lines = [f'server.document-root = "{self.root}"', 'server.bind = "127.0.0.1"', f"server.port = {self.port}"]
        if self.tls:
            lines += ['server.modules = ("mod_openssl")', 'ssl.engine = "enable"']
            lines += ['ssl.pemfile = "{}"'.format(self.tls[0]), 'ssl.privkey = "{}"'.format(self.tls[1])]
        return ["-D", "-f", self.write("conf", *lines)]


class Caddy(WebServer):
    program = "caddy"

    def command(self):
        lines = ["{", "admin off", "auto_https off", "}"]
        lines += [self.url()[:-1] + " {", "bind 127.0.0.1", f'root * "{self.root}"', "file_server"]
        lines += (["tls {} {}".format(*self.tls)] if self.tls else []) + ["}"]
        return ["run", "--adapter", "caddyfile", "--config", self.write("conf", *lines)]


class Squid(Daemon):
    """Keeps nothing. login  (user, password) that it asks for, or None"""

    program = "squid"

    def __init__(self, login=None):
        super().__init__()
        self.login = login

    def command(self):
        lines = [f"http_port 127.0.0.1:{self.port}", "cache deny all", "pinger_enable off", "shutdown_lifetime 0 seconds"]
        lines += [f"pid_filename {self.place}/pid", f"coredump_dir {self.place}", "visible_hostname squid"]
        lines += [f"access_log stdio:{self.place}/access.log", f"cache_log {self.place}/cache.log", "max_filedescriptors 1024"]
        lines += ["logfile_rotate 0", "mime_table /usr/share/squid/mime.conf", "error_directory /usr/share/squid/errors/en"]
        if self.login:
            user, password = self.login
            hashed = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True)
            users = self.write("users", f"{user}:{hashed.stdout.strip()}")
            lines += [f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}", "auth_param basic realm test"]
            lines += ["acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all"]
        else:
            lines += ["http_access allow all"]
        return ["-N", "-f", self.write("conf", *lines)]

    def url(self, login=None):
        return "http://{}127.0.0.1:{}".format("{}:{}@".format(*login) if login else "", self.port)

    def log(self):
        """Lines of what it was asked for."""
        with open(os.path.join(self.place, "access.log"), encoding="utf-8") as file:
            return file.read().splitlines()


class Dante(Daemon):
    """SOCKS5, for anybody."""

    program = "danted"

    def command(self):
        lines = ["logoutput: stdout", f"internal: 127.0.0.1 port = {self.port}", "external: 127.0.0.1"]
        lines += ["clientmethod: none", "socksmethod: none"]
        for kind in ("client", "socks"):
            lines += [kind + " pass {", "from: 0.0.0.0/0 to: 0.0.0.0/0", "log: connect", "}"]
        return ["-f", self.write("conf", *lines), "-p", os.path.join(self.place, "pid")]

    def url(self, scheme="socks5h"):
        return f"{scheme}://127.0.0.1:{self.port}"

    def log(self):
        return [line for line in self._log().splitlines() if "pass(" in line]
