"""A web server that does the wrong things."""

import http.server
import os
import re
import socket
import threading
import urllib.parse


class FaultyServer:
    """Serves ranges of the files below `root`, until something goes wrong.

    hook(path, first, count)  called for each request; what it returns is what happens instead:
        None                    nothing wrong
        (status, headers)       that answer, without a body
        a number                so many bytes of the body, then the connection is closed
        "die"                   every connection is closed, and nobody listens any more
    """

    def __init__(self, root, hook=lambda *_: None):
        self.requests = []  # (path, offset, size)
        self._root = root
        self._hook = hook
        self._connections = set()
        self._lock = threading.Lock()

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.die()
        self._thread.join()
        self._listener.close()

    def url(self):
        return f"http://127.0.0.1:{self._address[1]}/"

    def bytes_asked(self):
        return sum(size for _, _, size in self.requests)

    def die(self):
        """Also from within a hook."""
        with self._lock:
            for connection in [self._listener, *self._connections]:
                try:
                    connection.shutdown(socket.SHUT_RDWR)  # which ends its thread
                except OSError:
                    pass  # it has ended

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return  # dead
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer._answer(self)

        with connection:
            with self._lock:
                self._connections.add(connection)
            try:
                Handler(connection, self._address, self)
            except OSError:
                pass  # the client has left, or we are dead
            with self._lock:
                self._connections.discard(connection)

    def _answer(self, handler):
        path = urllib.parse.unquote(handler.path).lstrip("/")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        if asked:
            first, last = map(int, asked.groups())
        else:  # all of it
            first, last = 0, os.path.getsize(os.path.join(self._root, path)) - 1
        count = last - first + 1
        self.requests.append((path, first, count))
        fault = self._hook(path, first, count)
        if fault == "die":
            self.die()
        elif isinstance(fault, tuple):
            status, headers = fault
            self._head(handler, status, {"Content-Length": 0} | headers)
        else:
            with open(os.path.join(self._root, path), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(first)
                part = {"Content-Range": f"bytes {first}-{last}/{size}"} if asked else {}
                self._head(handler, 206 if asked else 200, {"Content-Length": count} | part)
                left = count if fault is None else min(fault, count)
                while left:
                    sent = file.read(min(left, 1 << 16))
                    handler.wfile.write(sent)
                    left -= len(sent)
            handler.close_connection = fault is not None

    @staticmethod
    def _head(handler, status, headers):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, str(value))
        handler.end_headers()
