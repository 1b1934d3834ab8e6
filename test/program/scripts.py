"""Seeds under httpseeds: scripts (BEP 17), and files where scripts should be."""

import os
import time

from scripted import Server17, Torrent17, plain, script, script_without_ranges
from support import get, seeded, workspace

KIB = 1024


def several(number=1):
    """Files and padding, so that pieces hold bytes of several and end in padding."""
    files = [("a", 300_000), (None, 27_680), ("d/b", 5), ("d/c c", 100_000), (None, 200_000), ("last", 70_001)]
    return Torrent17(files, 64 * KIB, seeded(number))


def single(size=1_000_000):
    return Torrent17([("content", size)], 64 * KIB, seeded(2))


def must_be_in(torrent, directory):
    for path, data in torrent.content().items():
        with open(os.path.join(directory, path), "rb") as file:
            assert file.read() == data, f"{path} has other bytes"


def fetch(torrent, server, place, *arguments, path="seed.php", status=0):
    out = os.path.join(place, "out")
    source = torrent.write(os.path.join(place, "t.torrent"), server.url(path))
    result = get(source, out, "--allow-private", *arguments).must(status)
    if status == 0:
        must_be_in(torrent, out)
    return result.done()


def test_script():
    """a script's pieces are mapped over files and padding; each is asked for once"""
    for torrent in (several(), single()):
        with workspace() as place, Server17(lambda query, *_: script(torrent, query)) as server:
            done = fetch(torrent, server, place)
            pieces = [int(query.rpartition("piece=")[2]) for query in server.scripted()]
            assert len(server.requests) == len(pieces) and len(set(pieces)) == len(pieces), server.requests
            assert done["seeds"][0]["failures"] == 0, done


def test_script_behind_a_query():
    """a script's URL may have a query of its own"""
    torrent = several(3)
    with workspace() as place, Server17(lambda query, *_: script(torrent, query)) as server:
        fetch(torrent, server, place, path="seed.php?who=me")
        assert all(query.startswith("who=me&info_hash=") for query in server.scripted()), server.requests


def test_script_breaks_off():
    """a script that breaks off is asked for the rest of the piece alone"""
    torrent = single()

    def answer(query, *_):
        status, headers, body = script(torrent, query)
        if query.endswith("piece=5"):
            return status, {"Content-Length": len(body), "Connection": "close"}, body[:40_000]
        return status, headers, body

    with workspace() as place, Server17(answer) as server:
        fetch(torrent, server, place, "-x", 1)
        rests = [query.partition("&piece=")[2] for query in server.scripted() if "ranges" in query]
        assert rests == ["5&ranges=40000-65535"], server.requests


def test_script_without_ranges():
    """a script that sends whole pieces, whatever part it is asked for: nothing fails, and it is asked so once"""
    torrent = single()

    def answer(query, *_):
        status, headers, body = script_without_ranges(torrent, query)
        if query.endswith(("piece=5", "piece=9")) and query not in broken:
            broken.append(query)
            return status, {"Content-Length": len(body), "Connection": "close"}, body[:40_000]
        return status, headers, body

    broken = []
    with workspace() as place, Server17(answer) as server:
        done = fetch(torrent, server, place, "-x", 1)
        assert len(broken) == 2 and len([query for query in server.scripted() if "ranges" in query]) == 1, server.requests
        seed = done["seeds"][0]
        assert seed["failures"] == 0 and seed["pieces_bad"] == 0 and done["bytes_wasted"] == 0, done
        assert done["bytes_received"] == 1_000_000 + 2 * 40_000, done


def test_script_is_busy():
    """a 503 with a number of seconds in its body is waited for, and asked again no earlier"""
    torrent, times = single(), []

    def answer(query, *_):
        times.append(time.monotonic())
        return (503, {}, b"2\n") if len(times) == 3 else script(torrent, query)

    with workspace() as place, Server17(answer) as server:
        done = fetch(torrent, server, place, "-x", 1)
        assert 1.9 <= times[3] - times[2] < 6, times
        assert done["seeds"][0]["failures"] == 0, done


def test_script_sends_another_length():
    """a script that once sends another length is asked again"""
    torrent, wrong = single(), []

    def answer(query, *_):
        status, headers, body = script(torrent, query)
        if query and query.endswith("piece=7") and not wrong:
            wrong.append(query)
            body += b"and more"
        return status, headers, body

    with workspace() as place, Server17(answer) as server:
        fetch(torrent, server, place)
        assert wrong, server.requests


def test_script_lies():
    """a script that sends wrong bytes: 32, with the piece"""
    torrent = several()

    def answer(query, *_):
        status, headers, body = script(torrent, query)
        return status, headers, bytes(len(body)) if query.endswith("piece=2") else body

    with workspace() as place, Server17(answer) as server:
        done = fetch(torrent, server, place, status=32)
        assert done["piece"] == 2 and done["pieces_verified"] == torrent.piece_count - 1, done


def test_file_named_as_script():
    """a file's URL under httpseeds, whose server ignores the query: all arrives, and nothing failed"""
    torrent = single(5_000_000)
    with workspace() as place, Server17(lambda _, asked, path: plain(torrent, asked, path)) as server:
        done = fetch(torrent, server, place, path="content")
        assert 1 <= len(server.scripted()) <= 4, server.requests
        assert done["seeds"][0]["failures"] == 0 and done["bytes_received"] == 5_000_000, done


def test_files_named_as_script():
    """the base of several files under httpseeds: all arrives, and nothing failed"""
    torrent = several()
    with workspace() as place, Server17(lambda _, asked, path: plain(torrent, asked, path)) as server:
        done = fetch(torrent, server, place, path="")
        assert 1 <= len(server.scripted()) <= 4, server.requests
        assert done["seeds"][0]["failures"] == 0, done
