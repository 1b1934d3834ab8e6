"""Finds what g++ 12 compiles wrongly in coroutines, without a word: clang-query over every file that has any.

traps.py BUILD_DIRECTORY   checks the sources in the build's compile_commands.json, and itself with traps.cpp
"""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "test", "support"))
import runner

SAMPLE = os.path.join("test", "house", "traps.cpp")
OURS = f'isExpansionInFileMatching("^{re.escape(sources.ROOT)}/")'
CHOICE = 'anyOf(conditionalOperator(), binaryOperator(hasAnyOperatorName("&&", "||")))'
LAMBDA = "lambdaExpr(hasAnyCapture(lambdaCapture()))"

# An argument that awaits, but not in a coroutine of its own.
AWAITING = "expr(anyOf(coawaitExpr(), hasDescendant(coawaitExpr())), unless(lambdaExpr()), unless(hasDescendant(lambdaExpr())))"


def beside(what):
    return f"callExpr({OURS}, hasAnyArgument({AWAITING}), hasAnyArgument(anyOf({what}, hasDescendant({what}))))"


# name, what is wrong about it, matchers
CHECKS = [
    (
        "choice",
        "?:, && or || in a statement with co_await: both sides may be evaluated; use if",
        [f"coawaitExpr({OURS}, hasDescendant(expr({CHOICE})))", f"expr({OURS}, {CHOICE}, hasDescendant(coawaitExpr()))"],
    ),
    (
        "lambda",
        "a temporary lambda that captures, in an expression with co_await: destroyed twice; name it, move it in",
        [f"coawaitExpr({OURS}, hasDescendant({LAMBDA}))", beside(LAMBDA)],
    ),
    (
        "braces",
        "braces in an expression with co_await: their value is destroyed twice; name it first",
        [f"coawaitExpr({OURS}, hasDescendant(initListExpr()))", beside("initListExpr()")],
    ),
]
MACRO = ("macro", "co_await in an argument of a macro: may be evaluated twice; give it a statement of its own")
MACRO_CALL = re.compile(r"(?<![\w#])(?:[A-Z][A-Z0-9_]{2,}|assert)\s*\(")


def macro_traps(text):
    """Line numbers of co_await between the parentheses of what is spelled like a macro."""
    text = re.sub(r'"(\\.|[^"\\\n])*"|//[^\n]*', "", text)  # strings and comments
    for call in MACRO_CALL.finditer(text):
        if re.search(r"#\s*define\s+$", text[: call.start()]):
            continue
        depth, at = 1, call.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        for found in re.finditer(r"\bco_await\b", text[call.end() : at]):
            yield text.count("\n", 0, call.end() + found.start()) + 1


def query(path, flags):
    """(path, line, check) of each trap in a file and in our headers that it includes."""
    script = ["set output diag", "set bind-root false"]
    for name, _, matchers in CHECKS:
        script += [f'match {matcher}.bind("{name}")' for matcher in matchers]
    with tempfile.NamedTemporaryFile("w", suffix=".query") as file:
        file.write("\n".join(script) + "\n")
        file.flush()
        command = ["clang-query-14", "-f", file.name, path, "--", *flags]
        done = subprocess.run(command, cwd=sources.ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode or re.search(r"\berror: |^Error |:\d+: Error", done.stdout, re.MULTILINE):
        raise AssertionError(f"clang-query can't read {path}:\n{done.stdout[:3000]}")
    found = re.findall(r'^([^\s:]+):(\d+):\d+: note: "(\w+)" binds here', done.stdout, re.MULTILINE)
    return {(os.path.relpath(os.path.join(sources.ROOT, at), sources.ROOT), int(line), name) for at, line, name in found}


def flags_of(entry):
    """Those of a command that matter here, with absolute paths."""
    words = iter(shlex.split(entry["command"]))
    flags = ["-std=c++20", "-Wno-everything"]
    for word in words:
        if word in ("-I", "-isystem", "-D"):
            word += next(words)
        for option in ("-I", "-isystem"):
            if word.startswith(option):
                flags += [option, os.path.join(entry["directory"], word[len(option) :])]
        if word.startswith("-D"):
            flags.append(word)
    return flags


def coroutine_sources(build):
    """(path, flags) for each source in the compile database that has coroutines, in itself or in a header beside."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries:
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), sources.ROOT)
        if path.startswith("..") or path.startswith("subprojects"):
            continue
        if re.search(r"\bco_(await|return|yield)\b|awaitable", sources.read(path)):
            yield path, flags_of(entry)


def check_sources(build):
    files = list(dict(coroutine_sources(build)).items())
    assert files, "no coroutines are in the compile database"
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = set().union(*pool.map(lambda file: query(*file), files))
    found |= {
        (path, line, MACRO[0])
        for path in sources.paths(["app", "bench", "examples", "include", "lib", "test"], sources.CPP)
        if path != SAMPLE
        for line in macro_traps(sources.read(path))
    }
    explain = dict([(name, why) for name, why, _ in CHECKS] + [MACRO])
    lines = [f"{path}:{line}: {explain[name]}" for path, line, name in sorted(found)]
    assert not lines, "\n".join(lines)
    print(f"    {len(files)} sources with coroutines")


def check_sample():
    text = sources.read(SAMPLE)
    found = {(line, name) for path, line, name in query(SAMPLE, ["-std=c++20", "-Wno-everything"]) if path == SAMPLE}
    found |= {(line, MACRO[0]) for line in macro_traps(text)}
    expected = {
        (number, mark.group(1))
        for number, line in enumerate(text.split("\n"), 1)
        if (mark := re.search(r"// trap: (\w+)", line))
    }
    missed = [f"line {line}: {name} is not found" for line, name in sorted(expected - found)]
    extra = [f"line {line}: {name} is found, but it's right" for line, name in sorted(found - expected)]
    assert expected and not missed and not extra, "\n".join(missed + extra)


if __name__ == "__main__":
    sys.exit(
        runner.run(
            [
                ("each wrong pattern of the sample is found, and none of the right ones", check_sample),
                ("no coroutine has a pattern that g++ 12 compiles wrongly", lambda: check_sources(sys.argv[1])),
            ]
        )
    )
