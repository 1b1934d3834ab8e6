"""A BEP 17 script's server, and a plain file server that takes the same URL for a file's."""

import hashlib
import http.server
import urllib.parse

from loopback import LoopbackServer


class Torrent17:
    """Files and padding, a torrent of them with httpseeds, and their bytes as the pieces cut them.

    files  [(name, size)], the name None for padding
    """

    def __init__(self, files, piece_length, random, name="content"):
        self.name, self.piece_length = name, piece_length
        self.files = [(path, bytes(size) if path is None else random.randbytes(size)) for path, size in files]
        self.bytes = b"".join(data for _, data in self.files)
        pieces = [self.bytes[at : at + piece_length] for at in range(0, len(self.bytes), piece_length)]
        info = {
            b"files": [self._entry(path, data) for path, data in self.files],
            b"name": name.encode(),
            b"piece length": piece_length,
            b"pieces": b"".join(hashlib.sha1(piece).digest() for piece in pieces),
        }
        if [path for path, _ in self.files] == [name]:
            del info[b"files"]
            info[b"length"] = len(self.bytes)
        self._info = info
        self.info_hash = hashlib.sha1(encoded(info)).digest()
        self.piece_count = len(pieces)

    @staticmethod
    def _entry(path, data):
        if path is None:
            return {b"attr": b"p", b"length": len(data), b"path": [b".pad", str(len(data)).encode()]}
        return {b"length": len(data), b"path": [part.encode() for part in path.split("/")]}

    def write(self, path, *urls):
        with open(path, "wb") as file:
            file.write(encoded({b"httpseeds": [url.encode() for url in urls], b"info": self._info}))
        return path

    def content(self):
        """{path below the target directory: bytes}"""
        prefix = "" if b"length" in self._info else self.name + "/"
        return {prefix + path: data for path, data in self.files if path is not None}


def encoded(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encoded, value)) + b"e"
    return b"d" + b"".join(encoded(key) + encoded(value[key]) for key in sorted(value)) + b"e"


class Server17(LoopbackServer):
    """Answers what `answer(query, range)` returns: (status, headers, body).

    query  what stands behind the '?', escaped; None without one
    range  (first, last) or None
    """

    def __init__(self, answer):
        self.requests = []  # (query, range)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                path, _, query = self.path.partition("?")
                asked = self.headers["Range"]
                asked = asked and tuple(map(int, asked.removeprefix("bytes=").split("-")))
                outer.requests.append((query or None, asked))
                status, headers, body = answer(query or None, asked, urllib.parse.unquote(path))
                self.send_response(status)
                for name, value in ({"Content-Length": len(body)} | headers).items():
                    if value is not None:
                        self.send_header(name, str(value))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the client has seen enough

        super().__init__(Handler)

    def url(self, path="seed.php"):
        return super().url(path)

    def scripted(self):
        return [query for query, _ in self.requests if query and "info_hash" in query]


def script(torrent, query):
    """What a script answers; the piece's bytes, padding too, or as many of them as `ranges` says."""
    fields = dict(urllib.parse.parse_qsl(query or "", encoding="latin-1"))
    if fields.get("info_hash", "").encode("latin-1") != torrent.info_hash:
        return 400, {}, b"which torrent?"
    at = int(fields["piece"]) * torrent.piece_length
    piece = torrent.bytes[at : at + torrent.piece_length]
    if "ranges" not in fields:
        return 200, {}, piece
    spans = [tuple(map(int, span.split("-"))) for span in fields["ranges"].split(",")]
    assert all(0 <= first <= last < len(piece) for first, last in spans), spans
    return 200, {}, b"".join(piece[first : last + 1] for first, last in spans)


def script_without_ranges(torrent, query):
    """What a script answers that knows none: the whole piece, whatever part is asked for."""
    return script(torrent, (query or "").partition("&ranges=")[0])


def plain(torrent, asked, path):
    """What a file server answers, which knows no queries."""
    files = {"/" + name: data for name, data in torrent.content().items()}
    if path not in files:
        return 404, {}, b"no such file"
    data = files[path]
    if not asked:
        return 200, {}, data
    first, last = asked[0], min(asked[1], len(data) - 1)
    return 206, {"Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1]
