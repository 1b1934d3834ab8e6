"""Rules on the text of the sources, each with a sample that it must find."""

import collections
import os
import re
import sys

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "test", "support"))
import runner

LINES_MAX = 500

# Where a coroutine may be started that nobody awaits right there: each of these joins what it started.
CO_SPAWN_PLACES = (
    "app/running.hpp",
    "bench/",
    "examples/",
    "lib/engine/front.hpp",
    "lib/engine/errand.hpp",
    "lib/engine/maker.cpp",
    "lib/engine/session.cpp",
    "lib/engine/task_group.cpp",
    "test/",
)

# A line of a file whose path begins with one of `where` and with none of `but` must not match `pattern`, comments of
# C++ aside; `sample` does.
Rule = collections.namedtuple("Rule", "what where but pattern sample")
RULES = [
    Rule(
        "co_spawn stands in a few named places only",
        ("app/", "include/", "lib/"),
        CO_SPAWN_PLACES,
        r"\bco_spawn\b",
        "co_spawn(executor, task, token);",
    ),
    Rule(
        "every coroutine has an owner",
        ("app/", "bench/", "examples/", "include/", "lib/", "test/"),
        ("test/house/",),
        r"\bdetached\b",
        "co_spawn(executor, task, asio::detached);",
    ),
    Rule(
        "time and random numbers are arguments",
        ("include/", "lib/"),
        ("lib/net/",),
        r"\b(steady|system|high_resolution)_clock::now|\brandom_device\b|\bmt19937|\bs?rand\(|\btime\((0|NULL|nullptr)",
        "auto const now = std::chrono::steady_clock::now();",
    ),
    Rule(
        "nobody sleeps or blocks a thread",
        ("app/", "include/", "lib/", "test/"),
        ("test/house/", "test/program/", "test/support/runner.py"),
        r"this_thread::sleep_|\b(u|nano)sleep\(|::sleep\(",
        "std::this_thread::sleep_for(delay);",
    ),
    Rule(
        "Asio's operators on awaitables are not thread-safe",
        ("include/", "lib/"),
        (),
        r"awaitable_operators|parallel_group",
        "#include <boost/asio/experimental/awaitable_operators.hpp>",
    ),
    Rule(
        "the file system is reached through its seam alone",
        ("include/", "lib/"),
        ("lib/disk/file_calls.",),
        r"(?<![\w.>:])(::)?(openat|mkdirat|unlinkat|renameat2?|f?stat|fstatat|pread|pwrite|ftruncate|fsync|fdatasync|syncfs|"
        r"fopen|opendir|mmap)\(|(?<!\w)::(open|creat|read|write|close|mkdir|unlink|rename|truncate|access|stat)\(|"
        r"filesystem::(?!path\b)\w|#\s*include <fstream>",
        "auto const file = ::openat(parent, name, O_RDONLY);",
    ),
    Rule("no macros", ("app/", "examples/", "include/", "lib/"), (), r"^\s*#\s*define\b", "#define LIMIT 3"),
    Rule("no path of somebody's machine", ("",), (), r"/(home|root|work|Users)/\w", "cd /ho" "me/me"),
    Rule("nothing left to do", ("",), (), r"\b(TO[D]O|FIX[M]E)\b", "// TO" "DO: later"),
    Rule("no trailing white space", ("",), (), r"[ \t\r]+$", "int i; "),
    Rule("no tabs", ("",), (), r"\t", "\tint i;"),
]


def applies(rule, path):
    return path.startswith(rule.where) and not path.startswith(tuple(rule.but))


def without_comment(path, line):
    return re.sub(r"(^|\s)//.*", "", line) if path.endswith(sources.CPP) else line


def broken_lines(rule, path, text):
    is_about_code = rule.where != ("",)
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(rule.pattern, without_comment(path, line) if is_about_code else line):
            yield f"{path}:{number}: {line.strip()}"


def check(rule):
    path = (rule.where[-1] or "lib/") + "any.cpp"
    assert applies(rule, path) and any(broken_lines(rule, path, rule.sample)), "doesn't find its sample"
    wrong = [
        line
        for path in sources.paths()
        if applies(rule, path)
        for line in broken_lines(rule, path, sources.read(path))
    ]
    assert not wrong, "\n".join(wrong)


def length_is_bounded():
    wrong = []
    for path in sources.paths(endings=(".cpp", ".hpp", ".py")):
        count = sources.read(path).count("\n")
        if count > LINES_MAX:
            wrong.append(f"{path}: {count} lines")
    assert not wrong, "\n".join(wrong)


def headers_are_guarded():
    wrong = [path for path in sources.paths(endings=".hpp") if "#pragma once\n" not in sources.read(path)]
    assert not wrong, "\n".join(wrong)


def files_end_with_a_newline():
    texts = ((path, sources.read(path)) for path in sources.paths())
    wrong = [path for path, text in texts if text and (not text.endswith("\n") or text.endswith("\n\n"))]
    assert not wrong, "\n".join(wrong)


def cases():
    for rule in RULES:
        yield rule.what, lambda rule=rule: check(rule)
    yield f"no source has more than {LINES_MAX} lines", length_is_bounded
    yield "every header has its guard", headers_are_guarded
    yield "every file ends with one newline", files_end_with_a_newline


if __name__ == "__main__":
    sys.exit(runner.run(cases()))
