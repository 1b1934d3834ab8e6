"""What the unit tests cover of lib/, and whether that is what is promised.

coverage.py BUILD_DIRECTORY [--show]   the build has clang's source-based coverage; --show names what isn't covered
"""

import collections
import json
import os
import shutil
import subprocess
import sys

import sources

# What is promised: the least percentage of the branches or of the lines in files whose path begins with one of these.
Promise = collections.namedtuple("Promise", "what unit percent_min where")
PURE_HTTP = [
    "lib/http/" + name
    for name in (
        "body_sink.", "numeric_host.", "range_response.", "redirect.", "request_fields.", "seed_url.", "shown_url.",
        "text.", "times.", "url.", "validator.",
    )
]
PROMISES = [
    Promise("what is pure", "branches", 97, ["lib/torrent/", "lib/plan/", *PURE_HTTP]),
    Promise("the engine", "lines", 90, ["lib/engine/"]),
]
# Without a line of code of their own.
EMPTY = ["lib/http/boost_url.cpp"]

# Tests that are none of a unit, or take too long in a debug build.
OTHER_SUITES = {"house", "interop", "program", "slow"}
TIMEOUT_S = 600

# Each maps a place in the file to whether it is covered.
Coverage = collections.namedtuple("Coverage", "branches lines")


def run(command, **how):
    """What a command says, of which nothing is shown unless it fails."""
    try:
        return subprocess.run(command, text=True, capture_output=True, check=True, **how).stdout
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{error}\n{error.stdout[-3000:]}{error.stderr[-3000:]}") from None


def unit_tests(build):
    """The tests that meson knows, but for those of OTHER_SUITES and those that aren't built here."""
    run(["ninja", "-C", build, "--quiet", "build.ninja"])
    known = json.loads(run(["meson", "introspect", "--tests", build]))
    for test in known:
        suites = {suite.split(":")[-1] for suite in test["suite"]}
        if not suites & OTHER_SUITES and test["cmd"][0].startswith(os.path.abspath(build) + os.sep):
            yield test


def measure(build, tests):
    """Builds and runs the tests. Returns what `llvm-cov export` says of them."""
    programs = sorted({test["cmd"][0] for test in tests})
    targets = [os.path.relpath(program, build) for program in programs]
    run(["ninja", "-C", build, "--quiet", *targets])
    raw = os.path.join(os.path.abspath(build), "profiles")
    shutil.rmtree(raw, ignore_errors=True)
    for test in tests:
        name = f"{test['name'].replace('/', '-')}-%p.profraw"
        environment = {**os.environ, **test["env"], "LLVM_PROFILE_FILE": os.path.join(raw, name)}
        environment.pop("WEBSEED_CORPUS", None)  # what is promised holds without it
        place = test["workdir"] or build
        run(test["cmd"], cwd=place, env=environment, timeout=TIMEOUT_S)
    profile = os.path.join(raw, "all.profdata")
    found = [os.path.join(raw, name) for name in os.listdir(raw)]
    run(["llvm-profdata-19", "merge", "-sparse", *found, "-o", profile])
    objects = [word for program in programs[1:] for word in ("-object", program)]
    where = os.path.join(sources.ROOT, "lib")
    exported = run(["llvm-cov-19", "export", f"-instr-profile={profile}", programs[0], *objects, where])
    return json.loads(exported)["data"][0]["files"]


def branches_of(file, text):
    """{(line, column, side): covered}. A condition in a template or in several programs is one, whoever runs it.

    Not counted is that a switch without default meets none of its cases, because it has all values of an enum, as the
    compiler's warnings see to; nor what the compiler writes for a comparison that is `= default`."""
    found = collections.defaultdict(bool)
    for line, column, _, _, taken, not_taken, *_ in file["branches"]:
        if text[line - 1][: column - 1].endswith("switch (") or text[line - 1].endswith("= default;"):
            continue
        found[line, column, True] |= taken > 0
        found[line, column, False] |= not_taken > 0
    return found


def lines_of(file):
    """{line: covered}, of the lines with code. As `llvm-cov show` does: the most that ran of what begins in a line."""
    starts = collections.defaultdict(list)
    for segment in file["segments"]:
        starts[segment[0]].append(segment)
    found = {}
    around = None  # the segment that the line begins in
    for line in range(min(starts), max(starts) + 1) if starts else ():
        here = starts.get(line, [])
        entries = [count for _, _, count, counted, is_entry, is_gap in here if counted and is_entry and not is_gap]
        is_skipped = bool(here) and not here[0][3] and here[0][4]
        if entries or (around and around[3] and not is_skipped):
            before = around[2] if around and around[3] else 0
            found[line] = max([before, *entries]) > 0
        if here:
            around = here[-1]
    return found


def summary(files, unit):
    """(covered, all)"""
    values = [covered for file in files for covered in getattr(file, unit).values()]
    return sum(values), len(values)


def percent(covered, count):
    return f"{100 * covered / count:6.2f} %" if count else "       -"


def print_table(files):
    print(f"{'':32}{'branches':>20}{'lines':>20}")
    for path, file in sorted(files.items()):
        row = f"{path:32}"
        for unit in Coverage._fields:
            covered, count = summary([file], unit)
            row += f"{f'{covered}/{count}':>11} {percent(covered, count)}"
        print(row)


def print_missing(files):
    for path, file in sorted(files.items()):
        text = lines_in(path)
        missing = [(line, "never run") for line, covered in file.lines.items() if not covered]
        missing += [
            (line, f"never {str(side).lower()}, column {column}")
            for (line, column, side), covered in file.branches.items()
            if not covered
        ]
        for line, what in sorted(missing):
            print(f"{path}:{line}: {what}: {text[line - 1].strip()}")


def lines_in(path):
    return sources.read(path).split("\n")


def keeps(promise, files):
    """Says how a promise fares, and whether it is kept. A source that no test links breaks it."""
    is_meant = lambda path: path.startswith(tuple(promise.where))
    unknown = {path for path in sources.paths(["lib"], ".cpp") if is_meant(path)} - set(files) - set(EMPTY)
    covered, count = summary([file for path, file in files.items() if is_meant(path)], promise.unit)
    kept = not unknown and count > 0 and 100 * covered >= promise.percent_min * count
    print(
        f"{'ok' if kept else 'FAILED':6} {promise.what}: {covered} of {count} {promise.unit},{percent(covered, count)},"
        f" promised are {promise.percent_min} %"
    )
    for path in sorted(unknown):
        print(f"       {path} is in no test")
    return kept


def main(build, show=False):
    try:
        exported = measure(build, list(unit_tests(build)))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"{error}\n0 passed, {len(PROMISES)} failed")
        return 1
    files = {}
    for file in exported:
        path = os.path.relpath(file["filename"], sources.ROOT)
        files[path] = Coverage(branches_of(file, lines_in(path)), lines_of(file))
    print_table(files)
    if show:
        print()
        print_missing(files)
    print()
    kept = [keeps(promise, files) for promise in PROMISES]
    print(f"{kept.count(True)} passed, {kept.count(False)} failed")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--show" in sys.argv[2:]))
