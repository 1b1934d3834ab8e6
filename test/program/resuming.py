"""Downloads that end too early and go on later."""

import contextlib
import os
import signal
import subprocess

from support import (
    LONG, MIB, Nginx, SilentServer, Skip, Torrent, change_byte, finish, get, seeded, start, stored_bytes, wait_for,
    workspace,
)


def test_part_is_there():
    """only what is missing or wrong is fetched, and asked for"""
    with workspace() as place:
        torrent, out = Torrent(place, 16 * MIB), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), out).must(0)
            with open(os.path.join(out, "content"), "r+b") as file:
                change_byte(file, 3 * MIB)
                change_byte(file, 8 * MIB - 1)
                file.truncate(15 * MIB)
            done = get(torrent.path, out).must(0).done()
            torrent.must_be_in(out)
            assert done["bytes_kept"] == 13 * MIB and done["bytes_received"] == 3 * MIB, done
            done = get(torrent.path, out).must(0).done()
            assert done["bytes_kept"] == 16 * MIB and done["bytes_received"] == 0, done
            assert sum(seed["requests"] for seed in done["seeds"]) == 0, done


def test_all_is_there_and_nobody_serves():
    """what is complete needs no mirror"""
    with workspace() as place:
        torrent = Torrent(place, {"a": 3 * MIB, "b": 5, "empty": 0})
        done = get(torrent.make("http://127.0.0.1:9/"), torrent.root).must(0).done()
        assert done["bytes_kept"] == torrent.size, done


def test_too_long_a_file():
    """a file that is longer than it should be becomes right"""
    with workspace() as place:
        torrent, out = Torrent(place, 2 * MIB), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), out).must(0)
            with open(os.path.join(out, "content"), "ab") as file:
                file.write(b"more")
            get(torrent.path, out).must(0)
        torrent.must_be_in(out)


def interrupted(torrent, out, number):
    """Starts a download and sends it a signal in its middle."""
    process = start("get", torrent.path, "-d", out, "--json")
    before = stored_bytes(out)
    wait_for(lambda: stored_bytes(out) > before + 2 * MIB, process)
    process.send_signal(number)
    return finish(process)


def test_interrupted():
    """Ctrl-C in the middle: 7, and the next run keeps what was verified"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB, piece_length=1 << 18), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB // 4) as slow:
            torrent.make(slow.url())
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                result = interrupted(torrent, out, number).must(7)
                assert "goes on from there" in result.err, result
                verified = result.done()["bytes_verified"]
                assert MIB < verified < torrent.size, result
        with Nginx(torrent.root) as server:
            done = get(torrent.make(server.url()), out).must(0).done()
        torrent.must_be_in(out)
        assert done["bytes_kept"] >= verified, done
        assert done["bytes_kept"] + done["bytes_received"] == torrent.size, done


def test_interrupted_between():
    """Ctrl-C as the first of two torrents ends: 7, for the second one isn't there"""
    with workspace() as place:
        first, second = Torrent(place, MIB, name="first"), Torrent(place, MIB, name="second")
        told = os.path.join(place, "told")
        with Nginx(first.root) as server, SilentServer() as silent, open(told, "wb") as file:
            sources = first.make(server.url()), second.make(silent.url())
            process = start("get", *sources, "-d", os.path.join(place, "out"), "--json", stdout=file)
            wait_for(lambda: '"ev":"file"' in read_text(told), process)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        assert process.returncode == 7, (process.returncode, errors)
        assert '"ok":false' in read_text(told).splitlines()[-1], read_text(told)


def test_interrupted_after_failure():
    """Ctrl-C in the second of two torrents, of which the first isn't there: 7, for the rest of the second isn't, either"""
    with workspace() as place:
        torrent, out = Torrent(place, 8 * MIB, piece_length=1 << 16), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB // 4) as slow:
            sources = os.path.join(place, "absent"), torrent.make(slow.url())
            process = start("get", *sources, "-d", out)
            wait_for(lambda: stored_bytes(out), process)
            process.send_signal(signal.SIGINT)
            finish(process).must(7)


def test_hangup_ignored():
    """what nohup has started goes on when the terminal goes away"""
    with workspace() as place:
        torrent, out = Torrent(place, 2 * MIB, piece_length=1 << 16), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB // 2) as slow:
            ignoring = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
            process = start("get", torrent.make(slow.url()), "-d", out, "-x", 1, preexec_fn=ignoring)
            wait_for(lambda: stored_bytes(out), process)
            assert process.poll() is None
            process.send_signal(signal.SIGHUP)
            finish(process).must(0)
        torrent.must_be_in(out)


def test_signals_together():
    """signals that come together are one: 7, and the next run goes on from there"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB, piece_length=1 << 18), os.path.join(place, "out")
        for first, second in ((signal.SIGHUP, signal.SIGHUP), (signal.SIGTERM, signal.SIGHUP), (signal.SIGTERM,) * 2):
            with Nginx(torrent.root, limit_rate=MIB // 4) as slow:
                process = start("get", torrent.make(slow.url()), "-d", out)
                before = stored_bytes(out)
                wait_for(lambda: stored_bytes(out) > before + MIB, process)
                process.send_signal(first)
                process.send_signal(second)
                result = finish(process).must(7)
                assert "goes on from there" in result.err, result


def test_output_full():
    """--json to a full disk: 17, though all is there; to somebody who leaves: 0"""
    with workspace() as place:
        torrent = Torrent(place, {f"{i:0200}": 2000 for i in range(500)})  # the first line is longer than any buffer
        with Nginx(torrent.root) as server, open("/dev/full", "wb") as full:
            out = os.path.join(place, "out")
            result = get(torrent.make(server.url()), out, stdout=full)
            torrent.must_be_in(out)
            process = start("get", torrent.make(server.url()), "-d", os.path.join(place, "other"), "--json")
            process.stdout.close()
            _, errors = process.communicate()
        assert result.status == 17 and "standard output" in result.err, result
        assert process.returncode == 0, errors


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def harm(path, random):
    """Changes a file as a crash of the machine or a bad disk may."""
    size = os.path.getsize(path)
    what = random.randrange(4)
    with open(path, "r+b") as file:
        if what == 0 and size:
            for _ in range(random.randint(1, 20)):
                change_byte(file, random.randrange(size))
        elif what == 1:
            file.truncate(random.randint(0, size))
        elif what == 2 and size:
            at = random.randrange(size)
            file.seek(at)
            file.write(bytes(min(random.randint(1, 1 << 17), size - at)))


def test_killed():
    """kill -9 at any moment and bytes changed meanwhile: the last run makes everything right"""
    for seed in range(20 if LONG else 4):
        random = seeded(seed)
        files = {f"{i}.bin": random.choice([0, 1, 70000, 3 * MIB, 9 * MIB]) for i in range(12)}
        with workspace() as place:
            torrent, out = Torrent(place, files, piece_length=1 << 17, seed=seed), os.path.join(place, "out")
            with Nginx(torrent.root, limit_rate=MIB // 4) as slow, Nginx(torrent.root) as quick:
                torrent.make(slow.url())
                for _ in range(8):
                    process = start("get", torrent.path, "-d", out, "-q")
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(random.uniform(0, 0.6))
                    process.kill()
                    assert process.wait() in (0, -9), f"seed {seed}: {finish(process)}"
                    process.communicate()
                    there = [os.path.join(at, name) for at, _, names in os.walk(out) for name in sorted(names)]
                    if there:
                        harm(random.choice(sorted(there)), random)
                done = get(torrent.make(quick.url()), out).must(0).done()
            torrent.must_be_in(out)
            assert done["bytes_kept"] + done["bytes_received"] == torrent.size, f"seed {seed}: {done}"


@contextlib.contextmanager
def small_disk(path, size):
    os.mkdir(path)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path]
    if os.geteuid() != 0 or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        raise Skip("may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def test_full_disk():
    """a full disk: 9, and with room the next run fetches only what wasn't verified"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB), os.path.join(place, "out")
        with Nginx(torrent.root) as server, small_disk(out, 10 * MIB):
            result = get(torrent.make(server.url()), out, "-x", 2).must(9)
            assert "content" in result.err.splitlines()[-1], result
            verified = result.done()["bytes_verified"]
            assert 4 * MIB <= verified <= 10 * MIB, result
            subprocess.run(["mount", "-o", f"remount,size={64 * MIB}", out], check=True)
            done = get(torrent.path, out).must(0).done()
            torrent.must_be_in(out)
            assert done["bytes_kept"] >= verified, done
            assert done["bytes_kept"] + done["bytes_resumed"] + done["bytes_received"] == torrent.size, done
