"""What scripts/quickstart shows, after the build. Takes the path of the program."""

import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "test", "program")]

import content as made  # noqa: E402
from faulty import FaultyServer  # noqa: E402
from server import Nginx  # noqa: E402

MIB = 1 << 20
SIZES = {
    "film, part 1 (50% + #2).bin": 48 * MIB,
    "übung/größe=ä&ö.bin": 20 * MIB + 4321,
    "data/a.bin": 9 * MIB,
    "data/b.bin": 123456,
    "data/empty": 0,
}
LICENCES = "/usr/share/common-licenses"


def make_content(root):
    directory = os.path.join(root, "content")
    os.makedirs(directory)
    if os.path.isdir(LICENCES):
        shutil.copytree(LICENCES, os.path.join(directory, "licences"))
    for seed, (name, size) in enumerate(SIZES.items()):
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        made.make_file(path, size, seed)
    return made.Content(root, "content", MIB)


def make_liar(root, place):
    """A copy of the content with other bytes in every fourth piece of the first file."""
    lying = os.path.join(place, "lying")
    shutil.copytree(root, lying)
    with open(os.path.join(lying, "content", next(iter(SIZES))), "r+b") as file:
        for offset in range(4 * MIB, 48 * MIB, 4 * MIB):
            file.seek(offset)
            file.write(b"no, it isn't")
    return lying


def demonstrate(program, place):
    root, torrent, out = (os.path.join(place, name) for name in ("served", "content.torrent", "fetched"))
    content = make_content(root)
    dies = lambda *_: "die" if len(dying.requests) > 6 else None
    with (
        Nginx(root, limit_rate=4 * MIB) as good,
        Nginx(root, limit_rate=256 << 10) as slow,
        Nginx(make_liar(root, place), limit_rate=MIB) as lying,
        FaultyServer(root, dies) as dying,
    ):
        mirrors = {good: "good", slow: "slow", lying: "lies in every fourth piece of the first file", dying: "dies after 6 responses"}
        made.make_torrent(content, [good.url()], torrent)
        size = sum(size for _, size in made.files_of(torrent)[0])
        print(f"\na torrent of {len(made.files_of(torrent)[0])} files, {size / MIB:.1f} MiB, made by mktorrent; its mirrors:")
        for mirror, nature in mirrors.items():
            print(f"  {mirror.url()}  {nature}")
        command = [program, "get", torrent, "-d", out, "--no-resume"]
        for mirror in (slow, lying, dying):
            command += ["--mirror", mirror.url()]
        print("\n$ webseed " + " ".join(command[1:]), flush=True)
        status = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    if status != 0:
        return f"webseed ended with {status}"
    return made.first_difference(content, torrent, out)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="webseed-quickstart-") as directory:
        problem = demonstrate(sys.argv[1], directory)
    print(problem or "\nevery file is there, byte for byte what was served")
    sys.exit(1 if problem else 0)
