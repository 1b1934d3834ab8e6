"""What is installed for embedders can be built with, and is enough.

main.py BUILD_DIRECTORY COMPILER...
"""

import os
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import runner

BUILD, *COMPILER = sys.argv[1:]


def output_of(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{shlex.join(command)}:\n{done.stdout}"
    return done.stdout


def flags(root, *packages):
    """What pkg-config says, of what lies below another root than it was made for."""
    found = [
        os.path.join(directory, name)
        for directory, _, names in os.walk(root)
        for name in names
        if name.endswith(".pc")
    ]
    assert sorted(map(os.path.basename, found)) == ["webseed-testing.pc", "webseed.pc"], found
    directory = os.path.dirname(found[0])
    prefix = output_of(["pkg-config", "--variable=prefix", found[0]]).strip()
    command = ["pkg-config", f"--define-variable=prefix={root}{prefix}", "--cflags", "--libs", *packages]
    places = os.pathsep.join([directory, os.environ.get("PKG_CONFIG_PATH", "")])
    return shlex.split(output_of(command, env=os.environ | {"PKG_CONFIG_PATH": places}))


def test_embedder():
    """an embedder's test is built with the installed libraries and headers alone, and passes"""
    with tempfile.TemporaryDirectory(prefix="webseed-test-") as place:
        root = os.path.join(place, "root")
        output_of(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel", "--destdir", root])
        program = os.path.join(place, "embedder")
        source = os.path.join(HERE, "embedder.cpp")
        using = flags(root, "webseed-testing", "webseed")
        output_of([*COMPILER, "-std=c++20", source, "-o", program, *using], cwd=place)
        assert output_of([program, place], timeout=120) == "all is right\n"


if __name__ == "__main__":
    sys.exit(runner.run(runner.cases_of(sys.modules[__name__])))
