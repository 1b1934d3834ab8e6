"""A web server that serves only so many connections at a time, the idle ones included."""

import http.server
import os
import re
import socket
import struct
import threading
import time

from loopback import LoopbackServer

CHUNK = 16 * 1024
SECONDS_A_CHUNK = 0.01


class CrowdedServer(LoopbackServer):
    """Serves ranges of the files below `root`, slowly, over `count_max` connections at a time.

    beyond  what becomes of another connection: "refused" with 503, "reset", "closed", or "left to wait" until there is room
    """

    def __init__(self, root, count_max, beyond):
        outer = self
        self.turned_away = 0
        self._root, self._count_max, self._beyond = root, count_max, beyond
        self._open = 0
        self._changed = threading.Condition()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle(self):
                self.is_refused = not outer._enter()
                if self.is_refused and outer._beyond == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                if self.is_refused and outer._beyond != "refused":
                    return
                try:
                    super().handle()
                except OSError:
                    pass  # the client has left
                finally:
                    if not self.is_refused:
                        outer._leave()

            def do_GET(self):
                if self.is_refused:
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.send_header("Connection", "close")
                    self.end_headers()
                    return
                outer._send(self)

        super().__init__(Handler)

    def _enter(self):
        with self._changed:
            is_full = self._open == self._count_max
            self.turned_away += is_full
            if is_full and self._beyond != "left to wait":
                return False
            self._changed.wait_for(lambda: self._open < self._count_max)
            self._open += 1
            return True

    def _leave(self):
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _send(self, request):
        path = os.path.join(self._root, request.path.lstrip("/"))
        size = os.path.getsize(path)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["Range"] or f"bytes=0-{size - 1}")
        first, last = int(asked[1]), min(int(asked[2]), size - 1)
        request.send_response(206 if request.headers["Range"] else 200)
        request.send_header("Content-Length", str(last - first + 1))
        request.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        request.end_headers()
        with open(path, "rb") as file:
            file.seek(first)
            for at in range(first, last + 1, CHUNK):
                request.wfile.write(file.read(min(CHUNK, last + 1 - at)))
                time.sleep(SECONDS_A_CHUNK)
