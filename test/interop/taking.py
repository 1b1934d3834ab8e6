"""Torrents that other programs make: we download what they are of."""

import filecmp
import os

import clients
import contents
from making import FORMATS, make
from support import Nginx, get, workspace

PIECE_LENGTH = 64 << 10


ALL = (contents.one_file, contents.lone_file, contents.odd_names)
# There a directory of one file at its top is nothing but that file.
ALL_OF_V2 = (contents.one_file, contents.odd_names)


def take_all(maker, several=ALL):
    """maker(content's path, torrent, URL, piece length)"""
    with workspace() as place:
        root = os.path.join(place, "root")
        with Nginx(root) as server:
            for number, content_of in enumerate(several):
                content = content_of(root)
                torrent, out = os.path.join(place, f"{number}.torrent"), os.path.join(place, str(number))
                maker(content.path, torrent, server.url(), PIECE_LENGTH)
                done = get(torrent, out).must(0).done()
                content.must_be_in(out)
                assert done["bytes_wasted"] == 0 and done["seeds"][0]["failures"] == 0, done


def test_mktorrent():
    """a torrent from mktorrent arrives"""
    take_all(clients.make_with_mktorrent)


def test_transmission_create():
    """a torrent from transmission-create arrives"""
    take_all(clients.make_with_transmission)


def test_libtorrent_v1():
    """a v1 torrent from libtorrent arrives"""
    take_all(clients.maker_with_libtorrent("v1"))


def test_libtorrent_hybrid():
    """a hybrid torrent from libtorrent arrives"""
    take_all(clients.maker_with_libtorrent("hybrid"))


def test_libtorrent_v2():
    """a v2 torrent from libtorrent arrives"""
    take_all(clients.maker_with_libtorrent("v2"), ALL_OF_V2)


def own(form):
    """A maker of our own torrents."""

    def made(path, torrent, url, piece_length):
        content = type("Content", (), {"path": path})
        make(content, torrent, form, "-w", url, "--piece-length", str(piece_length))

    return made


def test_own():
    """torrents from webseed make arrive, in every format"""
    for form in FORMATS:
        take_all(own(form), (*(ALL_OF_V2 if form == "v2" else ALL), contents.small_files))


def test_lone_file_in_v2():
    """in v2 a directory of one file is that file: it is asked for, and written, without the directory"""
    for maker in (clients.maker_with_libtorrent("v2"), own("v2")):
        with workspace() as place:
            root, torrent, out = (os.path.join(place, name) for name in ("root", "t.torrent", "out"))
            content = contents.lone_file(root)
            with Nginx(root) as server:
                maker(content.path, torrent, server.url() + "lone/", PIECE_LENGTH)
                get(torrent, out).must(0)
            (path,) = content.sizes
            assert os.listdir(out) == ["the only one"], os.listdir(out)
            assert filecmp.cmp(os.path.join(root, path), os.path.join(out, "the only one"), shallow=False)
