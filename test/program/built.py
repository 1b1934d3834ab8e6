"""Torrents built by hand, with names and contradictions that no other program makes, and nginx that tells what it was
asked for."""

import hashlib
import os
import tempfile

from scripted import encoded
from support import Nginx, made

BLOCK = 16384


class LoggedNginx(Nginx):
    """nginx that remembers the paths it was asked for, as they stood in the requests."""

    def __init__(self, root, place, **options):
        handle, self._log = tempfile.mkstemp(".log", dir=place)
        os.close(handle)
        super().__init__(root, extra=f'access_log "{self._log}";', **options)

    def asked(self):
        """In order; once it has stopped. A path is there as often as it was asked for."""
        with open(self._log, encoding="utf-8") as log:
            return [line.split('"')[1].split(" ")[1].removeprefix("/") for line in log]


class Entry:
    """A file of at most a block. path: raw bytes, elements in a list."""

    def __init__(self, path, data, attr=None, keys=None):
        assert len(data) <= BLOCK
        self.path = path if isinstance(path, list) else path.split(b"/")
        self.data = data
        self.keys = {b"length": len(data)} | ({b"attr": attr} if attr else {}) | (keys or {})

    def in_tree(self):
        return {b"": self.keys | ({b"pieces root": hashlib.sha256(self.data).digest()} if self.data else {})}


def v1_info(entries, name=b"content"):
    """Of pieces of one block."""
    data = b"".join(entry.data for entry in entries)
    return {
        b"name": name,
        b"piece length": BLOCK,
        b"pieces": b"".join(hashlib.sha1(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK)),
        b"files": [entry.keys | {b"path": entry.path} for entry in entries],
    }


def v2_info(entries, name=b"content"):
    """A block is a piece, and the only one of its file: its hash is the root."""
    tree = {}
    for entry in entries:
        *directories, last = entry.path
        at = tree
        for directory in directories:
            at = at.setdefault(directory, {})
        at[last] = entry.in_tree()
    return {b"name": name, b"piece length": BLOCK, b"meta version": 2, b"file tree": tree}


def write(path, info, urls=(), **others):
    """`urls`: the value of url-list, or a list of texts."""
    if not isinstance(urls, bytes):
        urls = [url.encode() if isinstance(url, str) else url for url in urls]
    whole = {b"info": info, b"url-list": urls} | {key.replace("_", " ").encode(): others[key] for key in others}
    with open(path, "wb") as file:
        file.write(encoded(whole))
    return path


def read(path):
    with open(path, "rb") as file:
        return made.decode(file.read())[0]


def put(root, files):
    """Files below a directory: {path of bytes: bytes}."""
    for path, data in files.items():
        whole = os.path.join(os.fsencode(root), path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(data)


def found_in(directory):
    """What `put` would have to be given."""
    found = {}
    top = os.fsencode(directory)
    for at, _, names in os.walk(top):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, top)] = file.read()
    return found
