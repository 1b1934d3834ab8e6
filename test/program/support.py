"""What the tests of the program share: content, torrents, running it, looking at what it left."""

import atexit
import contextlib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "..", "bench")]

import content as made  # noqa: E402
from runner import Skip  # noqa: E402,F401
from server import Nginx, SilentServer, free_ports  # noqa: E402,F401

PROGRAM = ""  # set by main.py
LONG = os.environ.get("WEBSEED_TEST_LONG", "") not in ("", "0")
KIB, MIB = 1 << 10, 1 << 20
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]  # nobody between us and our servers but those that a test puts there

# What the program remembers is nobody else's, and gone when we are.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="webseed-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# No file that we serve or fetch is larger; a test that waits for something waits no longer.
PATIENCE = 300 if LONG else 120


@contextlib.contextmanager
def workspace():
    """A directory that is gone afterwards."""
    path = tempfile.mkdtemp(prefix="webseed-test-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Result:
    """What a run of the program left."""

    def __init__(self, status, out, err, seconds):
        self.status = status
        self.out = out
        self.err = err
        self.seconds = seconds

    def lines(self):
        """The JSON lines of standard output, each checked for what all of them have."""
        found = [json.loads(line) for line in self.out.splitlines()]
        assert all(line["v"] == 1 and line["ev"] for line in found), self
        assert [line["ev"] for line in found].count("done") == 1 and found[-1]["ev"] == "done", self
        assert found[-1]["ok"] == (self.status == 0) and found[-1]["exit"] == self.status, self
        return found

    def done(self):
        return self.lines()[-1]

    def must(self, status):
        assert self.status == status, f"exit status {self.status} instead of {status}\n{self}"
        return self

    def __str__(self):
        return f"exit status {self.status} after {self.seconds:.1f} s\n{self.out[-3000:]}\n{self.err[-3000:]}"


def start(*arguments, **options):
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen([PROGRAM, *map(str, arguments)], **options)


def finish(process, since=None, given=None):
    """Waits for the end. It fails when a sanitizer or an assertion has spoken."""
    try:
        out, err = process.communicate(given, PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end within {PATIENCE} s\n{out[-3000:]}\n{err[-3000:]}") from None
    seconds = time.monotonic() - since if since else 0
    result = Result(process.returncode, (out or b"").decode(), err.decode(), seconds)
    assert "Sanitizer" not in result.err and "runtime error" not in result.err, result.err
    assert "unexpected:" not in result.err and result.status != -6, result
    return result


def run(*arguments, given=None, **options):
    since = time.monotonic()
    if given is not None:
        options["stdin"] = subprocess.PIPE
    return finish(start(*arguments, **options), since, given)


def get(torrent, directory, *arguments, **options):
    return run("get", torrent, "-d", directory, "--json", *arguments, **options)


class Torrent:
    """Content below `root`, and the torrent of it. Every piece has other bytes than every other.

    files  {path below the torrent's directory: size}, or the size of the one file
    """

    def __init__(self, place, files, piece_length=MIB, name="content", seed=1):
        self.root = os.path.join(place, "root")
        self.path = os.path.join(place, name + ".torrent")
        self.name = name
        os.makedirs(self.root, exist_ok=True)
        paths = {name: files} if isinstance(files, int) else {os.path.join(name, at): files[at] for at in files}
        for number, (path, size) in enumerate(paths.items()):
            whole = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            made.make_file(whole, size, seed=seed * 1000003 + number)
        self.content = made.Content(self.root, name, piece_length)
        self.make()

    def make(self, *urls):
        made.make_torrent(self.content, urls, self.path)
        return self.path

    @property
    def size(self):
        return sum(size for _, size in made.files_of(self.path)[0])

    def hashes(self):
        pieces = made.files_of(self.path)[1][b"pieces"]
        return [pieces[i : i + 20] for i in range(0, len(pieces), 20)]

    def changed_copy(self, place, *offsets):
        """Another root, with one byte changed at each of the offsets of the one file."""
        root = os.path.join(place, "changed")
        shutil.copytree(self.root, root)
        with open(os.path.join(root, self.name), "r+b") as file:
            for offset in offsets:
                change_byte(file, offset)
        return root

    def must_be_in(self, directory):
        difference = made.first_difference(self.content, self.path, directory)
        assert difference is None, difference

    def right_pieces(self, directory):
        """Which pieces of the one file are right below a directory."""
        with open(os.path.join(directory, self.name), "rb") as file:
            return [hashlib.sha1(file.read(self.content.piece_length)).digest() == wanted for wanted in self.hashes()]


def change_byte(file, offset):
    file.seek(offset)
    value = file.read(1)[0]
    file.seek(offset)
    file.write(bytes([value ^ 0xFF]))


def info_hash(path):
    """The SHA-1 of the bytes of the info dictionary, as they stand in the torrent."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.index(b"4:info") + 6
    return hashlib.sha1(data[at : made.decode(data, at)[1]]).hexdigest()


def wait_for(condition, process=None):
    """Until `condition()` is true; fails when the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, f"ended too early\n{finish(process)}"
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.005)


def stored_bytes(directory):
    """How much of the disk the files below a directory take."""
    total = 0
    for at, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(os.path.join(at, name)).st_blocks * 512
    return total


def seeded(number):
    return random.Random(number)
