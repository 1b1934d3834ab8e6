"""Torrents with their content that other programs made, from the directory that WEBSEED_CORPUS names."""

import glob
import os
import shutil

from support import Nginx, Skip, get, made, workspace

CASES = ["alice", "folder", "numbers", "rain-sample", "torrentool-file"]


def test_corpus():
    """torrents that other programs made arrive byte for byte"""
    corpus = os.environ.get("WEBSEED_CORPUS")
    if not corpus:
        raise Skip("no WEBSEED_CORPUS")
    for case in CASES:
        directory = os.path.join(corpus, "with-content", case)
        (torrent,) = glob.glob(os.path.join(directory, "*.torrent"))
        content = os.path.join(directory, "content")
        with workspace() as place, Nginx(content) as server:
            source, out = os.path.join(place, "only.torrent"), os.path.join(place, "out")
            shutil.copy(torrent, source)
            # Seeds of their own may be out there: only the bytes of ours count.
            without_seeds(source)
            get(source, out, "--mirror", server.url()).must(0)
            difference = made.first_difference(made.Content(content, "", 0), source, out)
            assert difference is None, f"{case}: {difference}"


def without_seeds(path):
    """Renames the key, so that nobody finds it."""
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(data.replace(b"8:url-list", b"8:url-lisu"))
