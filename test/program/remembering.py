"""What one run of get has verified, the next one trusts, unless somebody has been at the files."""

import os
import shutil
import signal

from support import MIB, Nginx, Torrent, change_byte, finish, get, run, start, stored_bytes, wait_for, workspace


def surroundings(place, **more):
    """An environment in which only what is given says where to keep things."""
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    return kept | {name: os.path.join(place, path) for name, path in more.items()}


def notes(*path):
    """The resume files in a directory."""
    directory = os.path.join(*path, "webseed")
    names = os.listdir(directory) if os.path.isdir(directory) else []
    return sorted(name for name in names if name.endswith(".resume"))


def change_secretly(path, offset):
    """As an edit that puts the time of the last one back."""
    before = os.stat(path)
    with open(path, "r+b") as file:
        change_byte(file, offset)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_second_get():
    """a second get of what is complete reads none of it, and leaves nothing beside it"""
    for files in (8 * MIB + 5, {"a": 3 * MIB, "d/b": 5, "d/c": MIB, "empty": 0}):
        with workspace() as place:
            torrent, out = Torrent(place, files), os.path.join(place, "out")
            env = surroundings(place, XDG_STATE_HOME="state")
            with Nginx(torrent.root) as server:
                done = get(torrent.make(server.url()), out, env=env).must(0).done()
                assert done["bytes_trusted"] == 0, done
                (note,) = notes(place, "state")
                state = os.path.join(place, "state", "webseed")
                assert os.stat(state).st_mode & 0o777 == 0o700, os.stat(state)
                assert os.stat(os.path.join(state, note)).st_mode & 0o777 == 0o600
                for _ in range(2):
                    result = get(torrent.path, out, env=env).must(0)
                    done = result.done()
                    assert done["bytes_trusted"] == done["bytes_kept"] == torrent.size, done
                    assert sum(seed["requests"] for seed in done["seeds"]) == 0, done
                    assert "as an earlier run had verified it" in result.err, result
            torrent.must_be_in(out)
            assert os.listdir(out) == ["content"] and notes(place, "state") == [note], os.listdir(out)


def test_changed_meanwhile():
    """what somebody has edited, replaced, cut or deleted isn't trusted, whatever its time says, and becomes right"""

    def replace(path):
        shutil.copy2(path, path + ".new")
        os.rename(path + ".new", path)

    changes = {
        "edited": lambda path: change_secretly(path, 100),
        "replaced": replace,
        "cut": lambda path: os.truncate(path, MIB),
        "longer": lambda path: os.truncate(path, 4 * MIB),
        "deleted": os.remove,
    }
    with workspace() as place:
        torrent, out = Torrent(place, {"a": 3 * MIB, "b": 2 * MIB}), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), out).must(0)
            for what, change in changes.items():
                change(os.path.join(out, "content", "a"))
                done = get(torrent.path, out).must(0).done()
                assert done["bytes_trusted"] == 2 * MIB, (what, done)
                assert (done["bytes_received"] == 0) == (what in ("replaced", "longer")), (what, done)
                torrent.must_be_in(out)
                done = get(torrent.path, out).must(0).done()
                assert done["bytes_trusted"] == torrent.size, (what, done)


def test_recheck():
    """--recheck hashes all, and leaves its note to the next run; --no-resume knows no notes; check neither"""
    with workspace() as place:
        torrent, out = Torrent(place, 4 * MIB), os.path.join(place, "out")
        env = surroundings(place, XDG_STATE_HOME="state")
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), out, "--no-resume", env=env).must(0)
            assert not os.path.exists(os.path.join(place, "state"))
            run("check", torrent.path, "-d", out, env=env).must(0)
            assert not os.path.exists(os.path.join(place, "state"))
            for options, trusted in ((["--recheck"], 0), ([], 4 * MIB), (["--no-resume"], 0), (["--recheck"], 0)):
                done = get(torrent.path, out, *options, env=env).must(0).done()
                assert done["bytes_trusted"] == trusted and done["bytes_kept"] == 4 * MIB, (options, done)
            assert len(notes(place, "state")) == 1
            get(torrent.path, out, "--recheck", "--no-resume").must(28)


def test_where_notes_are():
    """the note is in the user's directory for such things, one for each directory; without it, everything is hashed"""
    with workspace() as place:
        torrent, out = Torrent(place, 2 * MIB), os.path.join(place, "out")
        os.makedirs(os.path.join(place, "home"))
        with open(os.path.join(place, "file"), "w", encoding="utf-8") as file:
            file.write("no directory")
        home = os.path.join(place, "home", ".local", "state")
        with Nginx(torrent.root) as server:
            torrent.make(server.url())
            nowhere = surroundings(place, XDG_STATE_HOME="file/state")
            for env in (surroundings(place), nowhere):
                for _ in range(2):
                    done = get(torrent.path, out, env=env).must(0).done()
                    assert done["bytes_trusted"] == 0, done
            env = surroundings(place, HOME="home") | {"XDG_STATE_HOME": "relative"}
            get(torrent.path, out, env=env).must(0)
            (note,) = notes(home)
            os.symlink(out, os.path.join(place, "link"))
            os.makedirs(os.path.join(place, "other"))
            for same in (out + "/", os.path.join(place, "other", "..", "out"), os.path.join(place, "link"), "out"):
                done = get(torrent.path, same, env=env, cwd=place).must(0).done()
                assert done["bytes_trusted"] == torrent.size, (same, done)
            done = get(torrent.path, os.path.join(place, "other"), env=env).must(0).done()
            assert done["bytes_kept"] == 0 and len(notes(home)) == 2, done
            with open(os.path.join(home, "webseed", note), "r+b") as file:
                change_byte(file, 90)
            assert get(torrent.path, out, env=env).must(0).done()["bytes_trusted"] == 0
            assert get(torrent.path, out, env=env).must(0).done()["bytes_trusted"] == torrent.size


def test_interrupted_and_killed():
    """Ctrl-C keeps what is verified; kill -9 later makes nothing of it wrong"""
    with workspace() as place:
        torrent, out = Torrent(place, 32 * MIB, piece_length=1 << 18), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB // 2) as slow, Nginx(torrent.root) as quick:
            torrent.make(slow.url())
            trusted = 0
            for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
                process = start("get", torrent.path, "-d", out, "--json")
                before = stored_bytes(out)
                wait_for(lambda: stored_bytes(out) > before + 2 * MIB, process)
                process.send_signal(number)
                result = finish(process)
                if number != signal.SIGKILL:
                    done = result.must(7).done()
                    assert done["bytes_trusted"] == trusted, (trusted, done)
                    trusted = done["bytes_verified"]
                    assert trusted > MIB, done
            done = get(torrent.make(quick.url()), out).must(0).done()
            assert done["bytes_trusted"] == 0 and done["bytes_kept"] >= trusted, done
            torrent.must_be_in(out)


def test_selected_again():
    """what is shared with a file that isn't wanted is fetched once, and not again by the same selection"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": MIB + 5, "b": MIB}), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            torrent.make(server.url())
            get(torrent.path, out, "-s", "0").must(0)
            done = get(torrent.path, out, "-s", "0").must(0).done()
            assert done["bytes_received"] == 0 and done["bytes_trusted"] == done["bytes"], done
            done = get(torrent.path, out).must(0).done()
            assert done["bytes_trusted"] == MIB, done
            torrent.must_be_in(out)


def test_begun_pieces():
    """Ctrl-C in mid-piece: what has come of large pieces isn't fetched again, unless somebody has been at it"""
    for change in (None, change_secretly):
        with workspace() as place:
            torrent, out = Torrent(place, 48 * MIB, piece_length=16 * MIB), os.path.join(place, "out")
            with Nginx(torrent.root, limit_rate=MIB) as slow, Nginx(torrent.root) as quick:
                process = start("get", torrent.make(slow.url()), "-d", out, "--json")
                wait_for(lambda: stored_bytes(out) > 10 * MIB, process)
                process.send_signal(signal.SIGINT)
                first = finish(process).must(7).done()
                assert first["bytes_resumed"] == 0, first
                if change:
                    change(os.path.join(out, "content"), 100)
                result = get(torrent.make(quick.url()), out).must(0)
                torrent.must_be_in(out)
                done = result.done()
                if change:
                    assert done["bytes_resumed"] == 0 and "unfinished" not in result.err, result
                    continue
                # Of each connection a part of 256 KiB, and what it had read and not yet told.
                both = first["bytes_received"] + done["bytes_received"]
                assert both <= torrent.size + 3 * MIB, (first, done)
                assert done["bytes_resumed"] >= 7 * MIB - first["bytes_verified"], (first, done)
                assert "of unfinished pieces was there before" in result.err, result
                assert get(torrent.path, out).must(0).done()["bytes_resumed"] == 0
