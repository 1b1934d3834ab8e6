"""kill -9 at any moment, hundreds of times: what is on the disk may be anything, and is never taken for what it isn't."""

import collections
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import support
from resuming import harm
from support import LONG, Nginx, Torrent, finish, seeded, start, workspace

RESTARTS = 5000 if LONG else 500
SEED = int(os.environ.get("WEBSEED_TEST_SEED", "1"))
FILES = {
    "empty": 0, "one": 1, "a/b/c": 5000, "a/b/piece": 1 << 15, "a/d": 70000, "e": 200_000, "pieces": 3 << 15,
    "f": 600_000, "g": 1_000_000,
}
PIECE = 1 << 15
# What one connection gets, in small portions: all together takes some 60 ms.
RATE = {"limit_rate": 6 << 20, "extra": "sendfile_max_chunk 16k;"}

# A run as it was when it ended or was killed. `told`: its lines of JSON.
Run = collections.namedtuple("Run", "status told seconds")


class Victim:
    """One torrent that is downloaded into one directory, killed and begun again."""

    def __init__(self, place, server, random):
        self.torrent = Torrent(place, FILES, piece_length=PIECE)
        self.torrent.make(server.url())
        self.out = os.path.join(place, "out")
        self.random = random
        self.paths = [path for path, _ in support.made.files_of(self.torrent.path)[0]]
        self.files = []
        for path in self.paths:
            with open(os.path.join(self.torrent.root, path), "rb") as file:
                self.files.append(file.read())
        self.content = b"".join(self.files)
        # How long a run takes when nothing is there, and when all is.
        self.whole_run = statistics.median(self.timed(self.clear) for _ in range(3))
        self.idle_run = statistics.median(self.timed() for _ in range(3))

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)

    def timed(self, prepare=lambda: None):
        prepare()
        return self.run().seconds

    def stored(self):
        """The bytes of each file; none where it isn't there."""
        found = []
        for path in self.paths:
            try:
                with open(os.path.join(self.out, path), "rb") as file:
                    found.append(file.read())
            except FileNotFoundError:
                found.append(b"")
        return found

    def right_bytes(self, stored):
        """Of the pieces that are right."""
        held = bytearray()
        for wanted, found in zip(self.files, stored):
            missing = wanted[len(found) :]
            held += found[: len(wanted)] + bytes(byte ^ 0xFF for byte in missing)
        pieces = ((held[at : at + PIECE], self.content[at : at + PIECE]) for at in range(0, len(held), PIECE))
        return sum(len(wanted) for found, wanted in pieces if found == wanted)

    def run(self, seconds=None):
        """Runs the program, and kills it after so long."""
        since = time.monotonic()
        process = start("get", self.torrent.path, "-d", self.out, "--json", "-q")
        if seconds is None:
            result = finish(process, since)
            return Run(result.status, result.lines(), result.seconds)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, seconds - (time.monotonic() - since)))
        if self.random.random() < 0.3:  # which it may spend on remembering
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.random.uniform(0, 0.03))
        process.kill()
        out, err = process.communicate()
        seconds = time.monotonic() - since
        assert process.returncode in (0, 7, -9, -15), f"exit status {process.returncode}\n{err.decode()}"
        return Run(process.returncode, [json.loads(line) for line in out.splitlines()], seconds)

    def moment(self, right):
        """When to kill a run that finds so many right bytes: mostly anywhere in it, often near its end."""
        expected = self.idle_run + (self.whole_run - self.idle_run) * (1 - right / len(self.content))
        if self.random.random() < 0.3:
            return max(0, self.random.gauss(expected, 0.002 + expected / 20))
        return self.random.uniform(0, expected * 1.1)

    def told_files(self, run):
        return [line["path"] for line in run.told if line["ev"] == "file"]

    def check(self, run, before):
        """What must hold after every run; returns how far it had come."""
        after = self.stored()
        right, right_before = self.right_bytes(after), self.right_bytes(before)
        assert right >= right_before, f"{right_before} bytes were right before, {right} are right now"
        whole = {path for path, wanted, found in zip(self.paths, self.files, after) if wanted == found}
        told = self.told_files(run)
        for path in told:
            assert path in whole, f"{path} was told to be finished and isn't right"
        done = run.told[-1] if run.told and run.told[-1]["ev"] == "done" else None
        if done and done["exit"] != 7:  # which it may tell just before it is killed
            assert done["ok"] and right == len(self.content), done
            assert done["bytes_kept"] == right_before, f"{done}, but {right_before} bytes were right"
            self.torrent.must_be_in(self.out)
            return "finished"
        if not run.told:
            return "starting"
        if right == len(self.content):
            return "completing"
        if after != before:
            return "downloading"
        held = {path for path, wanted, found in zip(self.paths, self.files, before) if wanted and wanted == found}
        return "checking" if held - set(told) else "waiting"

    def change(self, phase):
        """Between two runs."""
        if phase == "finished" and self.random.random() < 0.5:
            return self.clear()
        harms = phase == "finished" or self.random.random() < 0.2
        there = [os.path.join(self.out, path) for path in self.paths]
        there = [path for path in there if os.path.exists(path)]
        if harms and there:
            harm(self.random.choice(there), self.random)
        return None


def test_killed_again_and_again():
    """kill -9 hundreds of times, in every phase: what is wrong is never kept, what is right never lost"""
    random = seeded(SEED)
    phases = collections.Counter()
    since = time.monotonic()
    with workspace() as place, contextlib.ExitStack() as stack:
        root = os.path.join(place, "root")
        os.makedirs(root)
        victim = Victim(place, stack.enter_context(Nginx(root, **RATE)), random)
        for number in range(RESTARTS):
            before = victim.stored()
            is_last = random.random() < 0.02 or number == RESTARTS - 1
            moment = None if is_last else victim.moment(victim.right_bytes(before))
            try:
                phase = victim.check(victim.run(moment), before)
                assert moment is not None or phase == "finished", phase
            except AssertionError as error:
                again = f"WEBSEED_TEST_SEED={SEED} python3 {sys.argv[0]} {support.PROGRAM} 'hundreds of times'"
                raise AssertionError(f"run {number}, killed after {moment} s, seed {SEED}: {error}\n{again}") from None
            phases[phase] += 1
            victim.change(phase)
    rate = RESTARTS / (time.monotonic() - since)
    print(f"    {rate:.0f} runs a second: {dict(phases)}")
    for phase in ("starting", "checking", "downloading", "completing", "finished"):
        assert phases[phase] >= RESTARTS // 200, f"not hit often enough: {phase}: {phases}"
