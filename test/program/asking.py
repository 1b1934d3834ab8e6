"""A server that remembers what it was asked with, and answers as it is told."""

import http.server
import os
import re
import urllib.parse

from loopback import LoopbackServer


class AskedServer(LoopbackServer):
    """Serves files below `root`, whole or by range.

    answer(path, headers)  called for each request, the path with its query; what it returns is sent instead, unless
                           None: (status, headers)
    """

    def __init__(self, root, answer=lambda *_: None):
        self.requests = []  # (path with query, headers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                told = answer(self.path, self.headers)
                if told is None:
                    outer._serve(self, os.path.join(root, urllib.parse.unquote(self.path.partition("?")[0].lstrip("/"))))
                else:
                    self._head(told[0], {"Content-Length": 0} | told[1])

            def _head(self, status, headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, str(value))
                self.end_headers()

        super().__init__(Handler)

    @staticmethod
    def _serve(handler, path):
        if not os.path.isfile(path):
            handler._head(404, {"Content-Length": 0})
            return
        with open(path, "rb") as file:
            data = file.read()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        if not asked:
            handler._head(200, {"Content-Length": len(data)})
        else:
            first, last = int(asked[1]), min(int(asked[2]), len(data) - 1)
            handler._head(
                206, {"Content-Length": last - first + 1, "Content-Range": f"bytes {first}-{last}/{len(data)}"}
            )
            data = data[first : last + 1]
        handler.wfile.write(data)

    def url(self, userinfo="", host="127.0.0.1"):
        return f"http://{userinfo}{host}:{self.port}/"

    def values(self, name):
        """What requests had in that field; None where they hadn't it."""
        return {headers.get(name) for _, headers in self.requests}
