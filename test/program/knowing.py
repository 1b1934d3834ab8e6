"""What a run finds out of servers, the next one begins with: origins and figures, and nothing else."""

import concurrent.futures
import json
import os
import subprocess
import threading
import time

from faulty import FaultyServer
from support import MIB, PATIENCE, Nginx, Torrent, free_ports, get, run, start, workspace

FIRST_CLAIM = 4 * MIB


class State:
    """A place of its own for what the program keeps."""

    def __init__(self, place):
        self.home = os.path.join(place, "state")
        self.path = os.path.join(self.home, "webseed", "servers.json")
        self.env = os.environ | {"XDG_STATE_HOME": self.home}

    def servers(self):
        with open(self.path, encoding="utf-8") as file:
            kept = json.load(file)
        assert kept["version"] == 1, kept
        return {server["origin"]: server for server in kept["servers"]}

    def put(self, content):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "wb") as file:
            file.write(content if isinstance(content, bytes) else json.dumps(content).encode())


def origin(server):
    return server.url().rstrip("/")


def note(server, **figures):
    """A file that knows one server."""
    return {"version": 1, "servers": [{"origin": server, "seen_at": int(time.time()) - 60} | figures]}


def first_sizes(server):
    """How much was asked for first by each run so far, as runs begin at the start of the file."""
    return [size for _, offset, size in server.requests if offset == 0]


def cat_away(*arguments, **options):
    process = start("cat", *arguments, stdout=subprocess.DEVNULL, **options)
    err = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0, err


def test_second_run():
    """a second get asks for as much at once as the first has found to be right, and a cat knows it, too"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, 32 * MIB)
        with FaultyServer(torrent.root) as server:
            torrent.make(server.url())
            get(torrent.path, os.path.join(place, "out"), "-x", 1, env=state.env).must(0)
            (known,) = state.servers().values()
            assert known["origin"] == origin(server) and known["rate"] > 0, known
            assert abs(known["seen_at"] - time.time()) < 3600 and "was_dead" not in known, known
            assert os.stat(state.path).st_mode & 0o777 == 0o600
            assert os.stat(os.path.dirname(state.path)).st_mode & 0o777 == 0o700
            known["rate"] = 10**9  # whatever this machine does at the moment
            state.put({"version": 1, "servers": [known]})
            get(torrent.path, os.path.join(place, "again"), "-x", 1, env=state.env).must(0)
            torrent.must_be_in(os.path.join(place, "again"))
            first, second = first_sizes(server)
            assert first == FIRST_CLAIM and second == 16 * MIB, (first, second)
            state.put(note(origin(server), was_dead=True))
            cat_away(torrent.path, env=state.env)
            after = state.servers()
            assert list(after) == [origin(server)] and "was_dead" not in after[origin(server)], after
            names = os.listdir(os.path.dirname(state.path))
            assert all(name.endswith(".resume") or name == "servers.json" for name in names), names


class Gathering:
    """A hook that answers nobody before so many have come."""

    def __init__(self, count):
        self._barrier = threading.Barrier(count)
        self._lock = threading.Lock()
        self._left = count
        self._inside = 0
        self.most = 0

    def __call__(self, *_):
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            is_early = self._left > 0
            self._left -= 1
        if is_early:
            self._barrier.wait(PATIENCE / 2)
        with self._lock:
            self._inside -= 1


def test_known_connections():
    """as many connections as went well earlier are made at once, but no more than are allowed"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, 16 * MIB)
        for allowed in (8, 2):
            gathering = Gathering(allowed)
            with FaultyServer(torrent.root, gathering) as server:
                state.put(note(origin(server), connections=1_000_000))
                result = get(torrent.make(server.url()), os.path.join(place, f"out{allowed}"), "-x", allowed, env=state.env)
            (seed,) = result.must(0).done()["seeds"]
            assert seed["connections"] == gathering.most == allowed and seed["failures"] == 0, (gathering.most, seed)


def test_dead_mirror():
    """a mirror that is dead is noted, and that it isn't any more"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, 8 * MIB)
        was_asked = threading.Event()
        dying = FaultyServer(torrent.root, lambda *_: was_asked.set() or "die")
        waiting = FaultyServer(torrent.root, lambda *_: None if was_asked.wait(PATIENCE) else "die")
        with dying as dead, waiting as server:
            torrent.make(server.url())
            for number in range(2):
                out = os.path.join(place, f"out{number}")
                get(torrent.path, out, "--mirror", dead.url(), env=state.env).must(0)
                torrent.must_be_in(out)
                servers = state.servers()
                assert servers[origin(dead)]["was_dead"] and "was_dead" not in servers[origin(server)], servers
            state.put(note(origin(server), was_dead=True, rate=1))
            get(torrent.path, os.path.join(place, "out"), env=state.env).must(0)
            known = state.servers()[origin(server)]
            assert "was_dead" not in known and known["rate"] > 1, known


def test_damaged_file():
    """a file that is damaged, foreign or hostile is as good as none, and replaced"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, MIB)
        with FaultyServer(torrent.root) as server:
            torrent.make(server.url())
            whole = json.dumps(note(origin(server), rate=1e9, connections=8)).encode()
            right = {"origin": origin(server), "seen_at": int(time.time())}
            contents = [
                *(whole[:size] for size in range(0, len(whole), 17)),
                *(whole[:size] + b"\xff\x00" + whole[size:] for size in range(0, len(whole), 23)),
                b"[" * 500_000,
                b'{"version": 1, "servers": ' + b"[" * 1000 + b"]" * 1000 + b"}",
                whole + b" " * 2 * MIB,
                os.urandom(5000),
                *({"version": version, "servers": [right]} for version in (0, 2, 1.5, "1", None, [1])),
                *({"version": 1, "servers": servers} for servers in (None, 3, {}, [[]], [3, None, "x"], [right] * 9999)),
                *(note(where) for where in (3, None, [], "", "x" * 5000, "http://", "file:///etc/passwd", "\0")),
                *(
                    {"version": 1, "servers": [right | {name: value}]}
                    for name in ("rate", "connections", "seen_at", "was_dead", "mishandles_pipelining")
                    for value in (-1, 1e308, 2**63, "1", None, [], {}, True)
                ),
            ]
            for number, content in enumerate(contents):
                state.put(content)
                out = os.path.join(place, f"out{number}")
                result = get(torrent.path, out, env=state.env).must(0)
                assert result.done()["bytes_verified"] == torrent.size, (content, result)
                assert origin(server) in state.servers(), content


def test_no_file():
    """what isn't a file isn't read and isn't replaced, and keeps nobody waiting"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, MIB)
        other = os.path.join(place, "other")
        with open(other, "w", encoding="utf-8") as file:
            file.write("somebody's")
        makers = {"pipe": os.mkfifo, "directory": os.makedirs, "link": lambda path: os.symlink(other, path)}
        os.makedirs(os.path.dirname(state.path))
        with Nginx(torrent.root) as server:
            torrent.make(server.url())
            for what, make in makers.items():
                make(state.path)
                get(torrent.path, os.path.join(place, what), env=state.env).must(0)
                kind = (os.path.islink(state.path), os.path.isdir(state.path), os.path.isfile(state.path))
                assert kind == (what == "link", what == "directory", what == "link"), (what, kind)
                (os.rmdir if what == "directory" else os.remove)(state.path)
        with open(other, encoding="utf-8") as file:
            assert file.read() == "somebody's"


def test_secrets():
    """no name, password, token, header or path is in it"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, 2 * MIB)
        with Nginx(torrent.root) as server:
            url = server.url().replace("//", "//hidden1:hidden2@") + "content?hidden3=hidden4"
            options = ("--mirror", url, "--header", "X-Token: hidden5")
            get(torrent.make(), os.path.join(place, "out"), *options, env=state.env).must(0)
        with open(state.path, encoding="utf-8") as file:
            text = file.read()
        assert list(state.servers()) == [origin(server)], text
        assert "hidden" not in text and "content" not in text and "?" not in text and "@" not in text, text


def test_not_wanted():
    """--no-server-notes and --no-resume neither read nor write it; what only looks doesn't either"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, 32 * MIB)
        with FaultyServer(torrent.root) as server:
            torrent.make(server.url())
            out = os.path.join(place, "out")
            commands = [
                ("get", torrent.path, "-d", out, "-x", 1, "--no-resume", "-q"),
                ("check", torrent.path, "-d", out),
                ("probe", torrent.path),
                ("show", torrent.path),
            ]
            for command in commands:
                run(*command, env=state.env).must(0)
                assert not os.path.exists(state.home), command
            cat_away(torrent.path, "--no-server-notes", env=state.env)
            assert not os.path.exists(state.home)
            state.put(note(origin(server), rate=1e9))
            with open(state.path, "rb") as file:
                before = file.read()
            server.requests.clear()
            for number, option in enumerate(("--no-server-notes", "--no-resume")):
                get(torrent.path, os.path.join(place, f"out{number}"), "-x", 1, option, env=state.env).must(0)
                with open(state.path, "rb") as file:
                    assert file.read() == before, option
            assert first_sizes(server) == [FIRST_CLAIM] * 2, server.requests
            assert any(name.endswith(".resume") for name in os.listdir(os.path.dirname(state.path)))


def test_old_notes():
    """what others know stays, but for what is old, or comes from the future"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, MIB)
        now, day = int(time.time()), 86400
        times = {"http://a:80": now - 6 * day, "http://b:80": now - 8 * day, "http://c:80": now + day, "http://d:80": 0}
        state.put({"version": 1, "servers": [{"origin": where, "seen_at": when} for where, when in times.items()]})
        with Nginx(torrent.root) as server:
            get(torrent.make(server.url()), os.path.join(place, "out"), env=state.env).must(0)
            assert list(state.servers()) == [origin(server), "http://a:80"], state.servers()


def test_at_once():
    """many programs at once never tear the file"""
    with workspace() as place:
        state, torrent = State(place), Torrent(place, MIB)
        with Nginx(torrent.root, ports=8) as server:
            torrent.make()

            def get_one(number):
                mirror = server.url(number % 8)
                out = os.path.join(place, f"out{number}")
                result = get(torrent.path, out, "--mirror", mirror, env=state.env)
                return result, mirror.rstrip("/"), state.servers()

            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                for result, _, servers in threads.map(get_one, range(40)):
                    result.must(0)
                    assert servers, servers
            result, mirror, servers = get_one(40)
            assert mirror in servers, servers
            names = os.listdir(os.path.dirname(state.path))
            assert all(name.endswith(".resume") or name == "servers.json" for name in names), names
