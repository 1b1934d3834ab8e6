"""What mirrors do wrong, and what becomes of it."""

import os
import signal
import time

from faulty import FaultyServer
from support import (
    MIB, Nginx, SilentServer, Torrent, finish, free_ports, get, start, wait_for, workspace,
)


def test_liar_alone():
    """a mirror with one wrong piece: 32; the piece, file and URL are named, all other pieces are right"""
    with workspace() as place:
        torrent, out = Torrent(place, 16 * MIB + 77), os.path.join(place, "out")
        with Nginx(torrent.changed_copy(place, 5 * MIB + 3)) as server:
            result = get(torrent.make(server.url()), out).must(32)
        done = result.done()
        assert (done["piece"], done["path"]) == (5, "content") and done["url"].startswith(server.url()), done
        last = result.err.splitlines()[-1]
        assert all(word in last for word in ("piece 5", "content", server.url())), result.err
        assert torrent.right_pieces(out) == [piece != 5 for piece in range(17)]
        assert done["pieces_verified"] == 16, done


def test_liar_beside_a_good_one():
    """a mirror with one wrong piece beside a good one: all is right, and the liar is named"""
    with workspace() as place:
        torrent, out = Torrent(place, 16 * MIB), os.path.join(place, "out")
        offsets = range(0, 16 * MIB, MIB)  # in every piece, so that it is asked for one
        with Nginx(torrent.changed_copy(place, *offsets)) as liar, Nginx(torrent.root, limit_rate=8 * MIB) as good:
            done = get(torrent.make(liar.url()), out, "--mirror", good.url()).must(0).done()
        torrent.must_be_in(out)
        bad = {seed["url"]: seed["pieces_bad"] for seed in done["seeds"]}
        assert bad[liar.url()] > 0 and bad[good.url()] == 0, done


def test_refused():
    """nobody listens: 6, with the URL, within seconds"""
    with workspace() as place:
        url = f"http://127.0.0.1:{free_ports()[0]}/"
        result = get(Torrent(place, MIB).make(url), place).must(6)
        assert url in result.err and result.done()["url"].startswith(url), result
        assert result.seconds < 60, result


def test_dies():
    """a server that dies midway: 6, with the URL, and what came is kept"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB), os.path.join(place, "out")
        hook = lambda *_: "die" if server.bytes_asked() > 16 * MIB else None
        with FaultyServer(torrent.root, hook) as server:
            result = get(torrent.make(server.url()), out, "-x", 2).must(6)
            assert server.url() in result.err, result
        kept = result.done()["bytes_verified"]
        assert kept > 0 and sum(torrent.right_pieces(out)) * MIB == kept, result
        with Nginx(torrent.root) as good:
            done = get(torrent.make(good.url()), out).must(0).done()
        assert done["bytes_kept"] == kept and done["bytes_received"] == torrent.size - kept, done
        torrent.must_be_in(out)


def test_dies_beside_a_good_one():
    """a server that dies midway beside a good one: all arrives"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB), os.path.join(place, "out")
        hook = lambda *_: "die" if server.bytes_asked() > 8 * MIB else None
        with FaultyServer(torrent.root, hook) as server, Nginx(torrent.root, limit_rate=4 * MIB) as good:
            get(torrent.make(server.url(), good.url()), out).must(0)
        torrent.must_be_in(out)


def test_breaks_off():
    """a server that breaks off every third response: all arrives, no byte of it twice"""
    with workspace() as place:
        torrent, out = Torrent(place, 16 * MIB), os.path.join(place, "out")
        hook = lambda _, __, count: count // 2 if len(server.requests) % 3 == 0 else None
        with FaultyServer(torrent.root, hook) as server:
            done = get(torrent.make(server.url()), out).must(0).done()
        torrent.must_be_in(out)
        assert done["bytes_received"] == torrent.size, done


def test_nobody_has_it():
    """404 from everybody: 3, with the URL and the status"""
    with workspace() as place:
        empty = os.path.join(place, "empty")
        os.mkdir(empty)
        with Nginx(empty, ports=2) as server:
            result = get(Torrent(place, MIB).make(*server.urls()), os.path.join(place, "out")).must(3)
        assert "404" in result.err and "http://127.0.0.1:" in result.err.splitlines()[-1], result
        missing = [line for line in result.lines() if line["ev"] == "missing"]
        assert [(line["piece"], line["count"], line["state"]) for line in missing] == [(0, 1, "missing")], missing
        assert [seed["why"] for seed in missing[0]["seeds"]] == ["lacks_file"] * 2, missing
        assert all(seed["status"] == 404 for seed in missing[0]["seeds"]), missing


def test_one_file_missing():
    """404 for one of several files: it comes from the mirror that has it"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": 3 * MIB, "b": 2 * MIB, "c": 3 * MIB}), os.path.join(place, "out")
        missing = lambda path, *_: (404, {}) if path.endswith("/b") else None
        with FaultyServer(torrent.root, missing) as part, FaultyServer(torrent.root) as whole:
            get(torrent.make(part.url(), whole.url()), out).must(0)
            assert any(path.endswith("/b") for path, _, _ in whole.requests)
        torrent.must_be_in(out)


def test_one_file_missing_everywhere():
    """404 for one of several files, from everybody: 3 with its name, and the others are there"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": 3 * MIB, "b": 2 * MIB, "c": 3 * MIB}), os.path.join(place, "out")
        missing = lambda path, *_: (404, {}) if path.endswith("/b") else None
        with FaultyServer(torrent.root, missing) as server:
            result = get(torrent.make(server.url()), out, "-v").must(3)
        assert "content/b" in result.err.splitlines()[-1], result
        told = [line for line in result.err.splitlines() if line.startswith("missing: ")]
        assert len(told) == 1 and "pieces 3-4 (content/b)" in told[0] and "doesn't send the file" in told[0], result
        assert result.done()["bytes_verified"] >= 6 * MIB, result


def test_files_fail():
    """500 for some of several files, from everybody: 22 with a name, and the others are there"""
    with workspace() as place:
        torrent, out = Torrent(place, {name: 2 * MIB for name in "abcdef"}), os.path.join(place, "out")
        for bad, count in (("b", 1), ("ab", 16)):
            failing = lambda path, *_: (500, {}) if path[-1] in bad else None
            with FaultyServer(torrent.root, failing) as server:
                result = get(torrent.make(server.url()), out + bad, "-x", count).must(22)
            assert any(f"content/{name}" in result.err.splitlines()[-1] for name in bad), result
            assert result.done()["bytes_verified"] == (6 - len(bad)) * 2 * MIB, result


def test_busy():
    """503 with Retry-After is waited for, and asked again no earlier"""
    with workspace() as place:
        torrent, out = Torrent(place, 2 * MIB), os.path.join(place, "out")
        times = []

        def hook(*_):
            times.append(time.monotonic())
            return (503, {"Retry-After": "2"}) if len(times) == 1 else None

        with FaultyServer(torrent.root, hook) as server:
            result = get(torrent.make(server.url()), out, "-x", 1, "-v").must(0)
        torrent.must_be_in(out)
        assert 1.9 <= times[1] - times[0] < 6, times
        told = [line for line in result.err.splitlines() if line.startswith(f"  {server.url()}: ")]
        assert any(": asked for patience" in line and "503" in line for line in told), result
        assert told[0].endswith(": fetching"), result
        changes = [line for line in result.lines() if line["ev"] == "seed_changed"]
        doings = [line["doing"] for line in changes]
        assert doings[:3] == ["fetching", "asked_to_wait", "fetching"], changes
        assert changes[1]["status"] == 503 and changes[1].get("wait_ms", 0) <= 2000, changes


def test_still():
    """when nothing gets on, -v tells which piece is missing, and why no mirror is asked for it"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": MIB, "b": 2 * MIB}), os.path.join(place, "out")
        missing = lambda path, *_: (404, {}) if path.endswith("/b") else None
        busy = lambda *_: (503, {"Retry-After": "300"})
        with FaultyServer(torrent.root, missing) as part, FaultyServer(torrent.root, busy) as other:
            process = start("get", torrent.make(part.url(), other.url()), "-d", out, "--json", "-v", "-x", 1)
            told = next(line.decode() for line in process.stderr if line.startswith(b"missing: "))
            process.send_signal(signal.SIGINT)
            finish(process).must(7)
        assert "pieces 1-2 (content/b): nobody is at it" in told, told
        assert f"; {part.url()}: doesn't send the file" in told and f"; {other.url()}: asked for patience" in told, told


def test_silent():
    """a server that never answers costs no time of the processor, and Ctrl-C ends at once"""
    with workspace() as place, SilentServer() as server:
        process = start("get", Torrent(place, 32 * MIB).make(server.url()), "-d", place, "--json", "-x", 16)
        wait_for(lambda: server.connection_count > 1, process)
        time.sleep(0.5)  # what it did to get there is not counted
        woken, used = times_woken(process.pid), processor_seconds(process.pid)
        time.sleep(3)
        woken, used = times_woken(process.pid) - woken, processor_seconds(process.pid) - used
        process.send_signal(signal.SIGINT)
        result = finish(process, since=time.monotonic()).must(7)
        assert woken <= 30, f"{woken} times in 3 s"  # to show its progress, and for its timers
        assert used < 0.5, f"{used} s"  # nothing turns without sleeping either
        assert result.seconds < 2, result


def times_woken(process):
    """How often its threads went to sleep: what it costs to wait, on any machine and with any sanitizer."""
    tasks = f"/proc/{process}/task"
    count = 0
    for thread in os.listdir(tasks):
        with open(f"{tasks}/{thread}/status", encoding="utf-8") as file:
            count += next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
    return count


def processor_seconds(process):
    """User and system time; the kernel counts in hundredths."""
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
