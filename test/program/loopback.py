"""A web server on loopback, in a thread of its own."""

import http.server
import threading


class LoopbackServer:
    """Answers by a class of http.server's handlers, each connection in a thread."""

    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # the client has left

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self):
        return self._server.server_address[1]

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"
