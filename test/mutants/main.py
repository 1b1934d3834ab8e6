"""Breaks the library in small ways, one at a time, and looks whether a test notices.

main.py [-j JOBS] [N...]   N: only these mutants, by their numbers in list.txt, counted from 1

In JOBS copies of the tracked files below build-mutants/, each with a build of its own. Per mutant the unit test
programs are rebuilt and run until one fails: those of meson's tests that are in no suite and can notice, the mutated
room's own first, then the quick ones. Ends with the line `N passed, N failed`; survivors are failures.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, "build-mutants")
OPTIONS = (
    "-Ddefault_library=shared -Dbuildtype=debug -Ddebug=false -Doptimization=0 -Db_ndebug=false -Dwerror=false "
    "-Dwarning_level=0 -Dexamples=false -Dbenchmarks=false --wrap-mode=nofallback"
).split()
# The copies of one file are the same file for a compiler's cache.
ENVIRONMENT = os.environ | {"CCACHE_NOHASHDIR": "1"}

# Tests with these names are of that room alone and what is below it, which is torrent.
ROOMS = ("disk", "http", "net", "plan", "torrent")

# A test hangs if it uses no processor time for so long, or far more than unmutated: other load must not look like one.
IDLE_SECONDS_MAX = 20

Mutant = collections.namedtuple("Mutant", "number path what old new")
Test = collections.namedtuple("Test", "name command seconds")  # of processor time


class BadList(Exception):
    """A mutant can't be made."""


def read_list(path):
    """Entries are separated by empty lines: the file, what is broken, and the text, as the lines of a difference."""
    with open(path, encoding="utf-8") as file:
        entries = re.split(r"\n\n+", "".join(line for line in file if not line.startswith("#")).strip("\n"))
    for number, entry in enumerate(entries, 1):
        where, what, *lines = entry.split("\n")
        old = "\n".join(line[1:] for line in lines if line[0] == "-")
        new = "\n".join(line[1:] for line in lines if line[0] == "+")
        if not old or any(line[0] not in "-+" for line in lines):
            raise BadList(f"{number} ({what}): is no difference")
        yield Mutant(number, where, what, old, new)


def mutated(mutant, text):
    if text.count(mutant.old) != 1:
        raise BadList(f"{mutant.number} ({mutant.what}): {text.count(mutant.old)} times in {mutant.path}")
    return text.replace(mutant.old, mutant.new)


def used_seconds(process):
    """Of the processor."""
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(process, seconds_max):
    """Returns what went wrong, nothing if it passed; and the processor time that it took."""
    used, busy_at = 0, time.monotonic()
    while process.poll() is None:
        now = used_seconds(process)
        if now > used:
            used, busy_at = now, time.monotonic()
        if used > seconds_max or time.monotonic() - busy_at > IDLE_SECONDS_MAX:
            process.kill()
            process.wait()
            return f"hangs after {used:.0f} s", used
        time.sleep(0.02)
    return f"exit status {process.returncode}" if process.returncode else "", used


class Copy:
    """A copy of the tracked files, and a build of it."""

    def __init__(self, number):
        self.tree = os.path.join(WORK, str(number), "tree")
        self.build = os.path.join(WORK, str(number), "build")
        self.tests = []

    def path(self, name):
        return os.path.join(self.tree, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def update(self):
        """Files that haven't changed keep their times, so that they aren't compiled again."""
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        names = {name for name in listed.split("\0") if name and os.path.exists(os.path.join(ROOT, name))}
        for at, _, files in os.walk(self.tree):
            for file in files:
                if os.path.relpath(os.path.join(at, file), self.tree) not in names:
                    os.remove(os.path.join(at, file))
        for name in names:
            source, target = os.path.join(ROOT, name), self.path(name)
            with open(source, "rb") as file:
                wanted = file.read()
            if os.path.exists(target):
                with open(target, "rb") as file:
                    if file.read() == wanted:
                        continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)

    def prepare(self, jobs):
        self.update()
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            shutil.rmtree(self.build, ignore_errors=True)
            self.must(["meson", "setup", *OPTIONS, self.build, self.tree])
        self.must(["ninja", "-C", self.build, "build.ninja"])
        listed = subprocess.run(
            ["meson", "introspect", self.build, "--tests"], check=True, capture_output=True, text=True
        ).stdout
        self.tests = [
            Test(test["name"], test["cmd"], 0)
            for test in json.loads(listed)
            if not any(suite.partition(":")[2] for suite in test["suite"])
        ]
        output = self.make(jobs)
        if output:
            raise BadList(f"doesn't build unmutated:\n{output}")

    def must(self, command):
        done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise BadList(f"{' '.join(command)}:\n{done.stdout}")

    def make(self, jobs):
        """Returns what went wrong; nothing if all was built."""
        targets = [os.path.relpath(test.command[0], self.build) for test in self.tests]
        command = ["ninja", "-C", self.build, "-j", str(jobs), *targets]
        done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout[-3000:] if done.returncode else ""

    def run(self, test):
        """Returns what went wrong, nothing if it passed; and the processor time that it took."""
        log = os.path.join(self.build, test.name + ".log")
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(test.command, cwd=self.build, stdout=file, stderr=subprocess.STDOUT)
            fault, seconds = watch(process, 10 + 5 * test.seconds)
        if not fault:
            return "", seconds
        with open(log, encoding="utf-8", errors="replace") as file:
            told, error, _ = file.read().partition(" ERROR: ")
        cases = re.findall(r"^TEST CASE: +(.*)", told, re.MULTILINE) if error else []
        return f"{test.name}: {cases[-1] if cases else fault}", seconds

    def try_all(self, tests):
        for test in tests:
            fault, _ = self.run(test)
            if fault:
                return fault
        return ""

    def measure(self):
        """All must pass unmutated; sorts them by how long they take."""
        timed = []
        for test in self.tests:
            fault, seconds = self.run(test._replace(seconds=60))
            if fault:
                raise BadList(f"fails unmutated: {fault}")
            timed.append(test._replace(seconds=seconds))
        self.tests = sorted(timed, key=lambda test: test.seconds)

    def judge(self, mutant):
        """Who catches it; nothing if nobody does."""
        text = self.read(mutant.path)
        self.write(mutant.path, mutated(mutant, text))
        try:
            output = self.make(1)
            if output:
                raise BadList(f"{mutant.number} ({mutant.what}): doesn't compile\n{output}")
            room = mutant.path.split("/")[1]
            tests = [test for test in self.tests if room in ("torrent", test.name) or test.name not in ROOMS]
            return self.try_all(sorted(tests, key=lambda test: test.name != room))
        finally:
            self.write(mutant.path, text)


def prepare(jobs):
    copies = [Copy(number) for number in range(jobs)]
    for copy in copies:
        copy.prepare(jobs)
    copies[0].measure()
    seconds = {test.name: test.seconds for test in copies[0].tests}
    for copy in copies:
        copy.tests = sorted((t._replace(seconds=seconds[t.name]) for t in copy.tests), key=lambda t: t.seconds)
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in seconds.items())
    print(f"all pass unmutated: {times}", flush=True)
    return copies


def run(mutants, jobs):
    """Returns how many were caught and how many not."""
    idle = queue.SimpleQueue()
    for copy in prepare(jobs):
        idle.put(copy)

    def judge(mutant):
        copy = idle.get()
        since = time.monotonic()
        try:
            caught = copy.judge(mutant)
            verdict = f"caught by {caught}" if caught else "SURVIVED"
        except BadList as error:
            caught, verdict = "", f"BAD: {error}"
        finally:
            idle.put(copy)
        seconds = time.monotonic() - since
        sys.stdout.write(f"{mutant.number:3} {seconds:5.1f} s  {mutant.path}: {mutant.what}\n             {verdict}\n")
        sys.stdout.flush()
        return bool(caught)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        caught = list(pool.map(judge, mutants))
    return caught.count(True), caught.count(False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("numbers", type=int, nargs="*", metavar="N")
    options = parser.parse_args()
    since = time.monotonic()
    try:
        mutants = [
            mutant
            for mutant in read_list(os.path.join(HERE, "list.txt"))
            if not options.numbers or mutant.number in options.numbers
        ]
        passed, failed = run(mutants, options.jobs)
    except BadList as error:
        print(error)
        passed, failed = 0, 1
    print(f"{time.monotonic() - since:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
