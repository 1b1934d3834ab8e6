"""Torrents that other programs made, with their content, from the directory that WEBSEED_CORPUS names."""

import glob
import os
import shutil

from support import Nginx, Skip, get, made, workspace


def test_corpus():
    """torrents that other programs made arrive byte for byte"""
    corpus = os.environ.get("WEBSEED_CORPUS")
    if not corpus:
        raise Skip("no WEBSEED_CORPUS")
    for torrent in sorted(glob.glob(os.path.join(corpus, "with-content", "*", "*.torrent"))):
        directory = os.path.dirname(torrent)
        with workspace() as place:
            root, source, out = (os.path.join(place, name) for name in ("root", "only.torrent", "out"))
            if os.path.exists(os.path.join(directory, "content")):
                shutil.copytree(os.path.join(directory, "content"), root)
            without_seeds(torrent, source)
            for path, size in made.files_of(source)[0]:
                path = os.path.join(root, path)
                if not os.path.exists(path):  # files of zeros are not in the corpus
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "wb") as file:
                        file.truncate(size)
            with Nginx(root) as server:
                get(source, out, "--mirror", server.url()).must(0)
            difference = made.first_difference(made.Content(root, "", 0), source, out)
            assert difference is None, f"{torrent}: {difference}"


def without_seeds(path, copy):
    """A copy whose web seeds nobody finds: they may be out there, or not."""
    with open(path, "rb") as file:
        data = file.read()
    with open(copy, "wb") as file:
        file.write(data.replace(b"8:url-list", b"8:not-list"))
