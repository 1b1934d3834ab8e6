"""Torrents of all shapes arrive byte for byte; `show` says what is in them."""

import json
import os

from support import LONG, MIB, Nginx, Torrent, get, info_hash, made, run, seeded, workspace

SCALE = 16 if LONG else 1


def fetch(torrent, place):
    """Downloads from one nginx; nothing may be fetched twice, and nothing may have failed."""
    out = os.path.join(place, "out")
    with Nginx(torrent.root) as server:
        done = get(torrent.make(server.url()), out).must(0).done()
    torrent.must_be_in(out)
    assert done["bytes_received"] == done["bytes_verified"] == done["bytes"] == torrent.size, done
    assert done["bytes_kept"] == done["bytes_wasted"] == 0 and done["pieces_verified"] == done["pieces"], done
    (seed,) = done["seeds"]
    assert seed["failures"] == seed["pieces_bad"] == 0 and seed["bytes_verified"] == torrent.size, done


def test_one_file():
    """one file in pieces of 1 MiB arrives byte for byte"""
    with workspace() as place:
        fetch(Torrent(place, SCALE * 64 * MIB + 12345), place)


def test_small_files():
    """many small files with pieces across files arrive byte for byte"""
    count = 20000 if LONG else 2000
    sizes = seeded(count)
    with workspace() as place:
        files = {f"{i // 100:03}/{i:05}.bin": sizes.randint(8 << 10, 24 << 10) for i in range(count)}
        fetch(Torrent(place, files, piece_length=1 << 18), place)


def test_small_pieces():
    """pieces of 16 KiB, from transmission-create, arrive byte for byte"""
    with workspace() as place:
        fetch(Torrent(place, SCALE * 8 * MIB + 1, piece_length=1 << 14), place)


def test_large_pieces():
    """pieces of 16 MiB arrive byte for byte"""
    with workspace() as place:
        fetch(Torrent(place, SCALE * 64 * MIB + 1, piece_length=16 * MIB), place)


ODD_NAMES = {
    "with space.txt": 70000,
    "50% off + #1?.txt": 65536,
    "ümläut/文字.txt": 12345,
    "a/b/c/deep.bin": 1,
    "empty": 0,
    "quote'\"&<>;=@,$!~.bin": 40000,
}


def test_odd_names():
    """names with what URLs would take for something else, and empty files, arrive"""
    with workspace() as place:
        out = os.path.join(place, "out")
        torrent = Torrent(place, ODD_NAMES, piece_length=1 << 15)
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), out).must(0)
        torrent.must_be_in(out)


def test_show():
    """show --json tells what an independent reading of the torrent tells"""
    for piece_length in (1 << 14, 1 << 18):
        for files in (3 * MIB + 5, {"b.bin": 300000, "a/c.bin": 70000, "empty": 0}):
            with workspace() as place:
                torrent = Torrent(place, files, piece_length)
                urls = ["http://127.0.0.1/one/", "http://example.org/two%20/"]
                shown = json.loads(run("show", "--json", torrent.make(*urls)).must(0).out)
                entries, _ = made.files_of(torrent.path)
                expected = {
                    "name": "content",
                    "infohash_v1": info_hash(torrent.path),
                    "infohash_v2": None,
                    "piece_length": piece_length,
                    "pieces": -(-torrent.size // piece_length),
                    "total_size": torrent.size,
                    "files": [{"path": path, "size": size, "pad": False} for path, size in entries],
                    "web_seeds": urls,
                }
                assert {key: shown[key] for key in expected} == expected, f"{shown}\ninstead of\n{expected}"


def test_show_text():
    """show without --json tells the same to people"""
    with workspace() as place:
        torrent = Torrent(place, 100000)
        out = run("show", torrent.make("http://127.0.0.1/")).must(0).out
        for expected in ("content", info_hash(torrent.path), "100000", "http://127.0.0.1/"):
            assert expected in out, out
