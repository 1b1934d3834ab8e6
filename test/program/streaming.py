"""webseed cat: one file on standard output, verified, and nothing on the disk."""

import hashlib
import os
import re
import tempfile
import time

import support
from faulty import FaultyServer
from hostile import is_sanitized
from support import KIB, MIB, Nginx, Torrent, start, wait_for, workspace


def cat(torrent, *arguments, check=0):
    """(bytes, standard error, peak memory in KiB); the exit status is checked."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, workspace() as empty:
        process = start("cat", torrent, *arguments, stdout=out, stderr=err, cwd=empty)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_of(process))
            time.sleep(0.01)
        assert not os.listdir(empty), os.listdir(empty)
        out.seek(0), err.seek(0)
        text = err.read().decode()
        assert process.returncode == check, (process.returncode, text)
        return out.read(), text, peak


def peak_of(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        found = re.search(r"VmHWM:\s+(\d+)", status.read())
    return int(found[1]) if found else 0


def content_of(torrent, path=""):
    with open(os.path.join(torrent.root, torrent.name, path).rstrip("/"), "rb") as file:
        return file.read()


def test_whole():
    """a torrent of one file is written to standard output, byte for byte; nothing else is said"""
    with workspace() as place:
        torrent = Torrent(place, 40 * MIB + 5)
        with Nginx(torrent.root) as server:
            out, err, _ = cat(torrent.make(), "--mirror", server.url())
        assert out == content_of(torrent)
        assert err == "", err


def test_one_of_several():
    """of several files one has to be chosen, and no other is fetched"""
    with workspace() as place:
        torrent = Torrent(place, {"a": 3 * MIB, "b": 2 * MIB + 7, "c": 300 * KIB}, piece_length=256 * KIB)
        with FaultyServer(torrent.root) as server:
            _, err, _ = cat(torrent.make(), "--mirror", server.url(), check=28)
            assert "3 files are selected" in err, err
            assert not server.requests
            out, _, _ = cat(torrent.path, "--mirror", server.url(), "-s", "b")
            assert out == content_of(torrent, "b")
            assert server.bytes_asked() <= 2 * MIB + 7 + 512 * KIB, server.requests
        with Nginx(torrent.root) as server:
            out, _, _ = cat(torrent.path, "--mirror", server.url(), "-s", "2")
            assert out == content_of(torrent, "c")


def test_ranges():
    """a range is written alone, and little more than its pieces is fetched"""
    with workspace() as place:
        torrent = Torrent(place, 20 * MIB, piece_length=256 * KIB)
        whole = content_of(torrent)
        size = len(whole)
        cases = {
            "5000000-5000999": whole[5000000:5001000],
            f"{size - 3}-": whole[-3:],
            "-1000": whole[-1000:],
            "0-0": whole[:1],
            f"{size - 2}-99999999999999999999999": whole[-2:],
            f"{size}-": b"",
            "-0": b"",
            "1000000-3999999": whole[1000000:4000000],
        }
        with FaultyServer(torrent.root) as server:
            torrent.make(server.url())
            for wanted, expected in cases.items():
                server.requests.clear()
                out, _, _ = cat(torrent.path, f"--range={wanted}")
                assert out == expected, wanted
                assert server.bytes_asked() <= len(expected) + 512 * KIB, (wanted, server.requests)
            for wrong in ("x", "5", "-", "9-3", "1-2-3", "0x1-"):
                cat(torrent.path, f"--range={wrong}", check=28)


def test_closed_pipe():
    """who reads no more ends it, without an error, and little more than what is read ahead was fetched"""
    with workspace() as place:
        torrent = Torrent(place, 100 * MIB, piece_length=256 * KIB)
        with FaultyServer(torrent.root) as server:
            process = start("cat", torrent.make(), "--mirror", server.url())
            first = process.stdout.read(MIB)
            process.stdout.close()
            since = time.monotonic()
            err = process.stderr.read().decode()
            assert process.wait(support.PATIENCE) == 0, err
            assert time.monotonic() - since < 10
            assert err == "", err
            assert server.bytes_asked() < 16 * MIB, server.bytes_asked()
        assert first == content_of(torrent)[:MIB]


def test_closed_pipe_without_data():
    """a pipe that is closed while nothing comes ends it, too"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with support.SilentServer() as server:
            process = start("cat", torrent.make(), "--mirror", server.url())
            wait_for(lambda: server.connection_count > 0, process)
            process.stdout.close()
            assert process.wait(support.PATIENCE) == 0


def test_stalled_pipe():
    """nobody reads: it fetches no more than is read ahead, and a signal ends it"""
    with workspace() as place:
        torrent = Torrent(place, 100 * MIB, piece_length=256 * KIB)
        with FaultyServer(torrent.root) as server:
            process = start("cat", torrent.make(), "--mirror", server.url())
            wait_for(lambda: len(server.requests) > 2, process)
            time.sleep(1)
            assert server.bytes_asked() < 16 * MIB, server.bytes_asked()
            process.terminate()
            assert process.wait(support.PATIENCE) == 7
            process.stdout.close()


def test_bounded_memory():
    """a large file takes no more memory than is kept of it"""
    with workspace() as place:
        torrent = Torrent(place, 300 * MIB)
        with Nginx(torrent.root) as server:
            out, _, peak = cat(torrent.make(), "--mirror", server.url())
        assert hashlib.sha1(out).digest() == hashlib.sha1(content_of(torrent)).digest()
        print(f"    peak {peak // 1024} MiB")
        assert is_sanitized() or peak < 128 * KIB, peak


def test_wrong_bytes():
    """what is wrong is never written: it is fetched from elsewhere, or that is the end"""
    with workspace() as place:
        torrent = Torrent(place, 8 * MIB)
        changed = torrent.changed_copy(place, 5 * MIB + 3)
        with Nginx(torrent.root) as good, Nginx(changed) as bad:
            out, _, _ = cat(torrent.make(), "--mirror", bad.url(), "--mirror", good.url())
            assert out == content_of(torrent)
            out, err, _ = cat(torrent.path, "--mirror", bad.url(), check=32)
            assert content_of(torrent).startswith(out) and len(out) <= 5 * MIB
            assert "piece 5" in err, err


def test_failures():
    """the exit status tells what went wrong, as that of get"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        torrent.make()
        os.mkdir(os.path.join(place, "empty"))
        with Nginx(os.path.join(place, "empty")) as server:
            _, err, _ = cat(torrent.path, "--mirror", server.url(), check=3)
            assert "404" in err, err
            with open("/dev/full", "wb") as full, Nginx(torrent.root) as good:
                process = start("cat", torrent.path, "--mirror", good.url(), stdout=full)
                _, err = process.communicate(timeout=support.PATIENCE)
                assert process.returncode in (9, 17), (process.returncode, err)
                assert b"standard output" in err, err
