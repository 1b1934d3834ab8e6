"""What webseed does without a network: loads a torrent of many files, as libtorrent does; hashes local data, as OpenSSL
does. Medians of several rounds in one run, in ratios.

usage: local.py --webseed PROGRAM --programs DIRECTORY [--rounds N] [--size MIB]
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import tempfile
import time

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's libtorrent

LIBTORRENT = """
import re, sys, time
import libtorrent
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
data = open(sys.argv[1], "rb").read()
before, start = peak(), time.perf_counter()
info = libtorrent.torrent_info(data, {"max_decode_tokens": 10**7, "max_buffer_size": 10**8, "max_pieces": 10**7})
print(info.num_files(), time.perf_counter() - start, peak() - before)
"""


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return b"%d:%s" % (len(value), value)


def write_many_files(path, count=100_000, size=10_000_000):
    """A v1 torrent of about that size, with that many files in directories of 500."""
    files, total = [], 0
    for number in range(count):
        length = 1000 + number * 7919 % 199_000
        total += length
        names = text(f"directory-{number // 500:03}") + text(f"a file with a longer name {number:06}.dat")
        files.append(b"d6:lengthi%de4:pathl%see" % (length, names))
    listed = b"".join(files)
    piece_length = max(16384, total * 20 // max(1, size - len(listed)))
    hashes = bytes(-(-total // piece_length) * 20)
    info = b"d5:filesl%se4:name%s12:piece lengthi%de6:pieces%se" % (listed, text("many"), piece_length, text(hashes))
    with open(path, "wb") as file:
        file.write(b"d4:info%se" % info)


def measured(*command):
    """CPU and wall seconds of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def openssl_rate(name):
    """Bytes a second on one core."""
    out = subprocess.run(
        ["openssl", "speed", "-evp", name, "-seconds", "1", "-bytes", "16384"], check=True, capture_output=True, text=True
    ).stdout
    return float(re.search(rf"^{name}\s+([\d.]+)k", out, re.MULTILINE | re.IGNORECASE)[1]) * 1000


def compare_loading(options, place):
    torrent = os.path.join(place, "many.torrent")
    write_many_files(torrent)
    ours, theirs = [], []
    for _ in range(options.rounds):
        for results, command in (
            (ours, [os.path.join(options.programs, "load"), torrent]),
            (theirs, [PYTHON, "-c", LIBTORRENT, torrent]),
        ):
            count, seconds, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            assert count == "100000", count
            results.append((float(seconds), int(memory)))
    for what, unit, i in (("time", "ms", 0), ("memory", "MiB", 1)):
        scale = 1000 if i == 0 else 1 / 1024
        mine, other = (statistics.median(each[i] for each in results) * scale for results in (ours, theirs))
        size = os.path.getsize(torrent) / 1e6
        print(f"loading {size:.0f} MB, 100,000 files, {what}: {mine:.0f} {unit}, libtorrent {other:.0f}, {mine / other:.2f}")


def compare_hashing(options, place):
    data = os.path.join(place, "data")
    block = os.urandom(1 << 20)
    with open(data, "wb") as file:
        for _ in range(options.size):
            file.write(block)
    size = options.size << 20
    for form, digest in (("v1", "sha1"), ("v2", "sha256")):
        torrent = os.path.join(place, form)
        make = (options.webseed, "make", data, f"--{form}", "-q", "--force", "-o", torrent)
        check = (options.webseed, "check", torrent, "-d", place, "-q")
        measured(*make)
        ratios = {"make": [], "check": []}
        for _ in range(options.rounds):
            rate = openssl_rate(digest)
            for name, command in (("make", make), ("check", check)):
                cpu, wall = measured(*command)
                ratios[name].append((size / cpu / rate, size / wall / rate / os.cpu_count()))
        for name, found in ratios.items():
            cpu, wall = (statistics.median(each[i] for each in found) for i in (0, 1))
            print(f"{name} {form}: {cpu:.2f} of OpenSSL's bytes per CPU second, {wall:.2f} of that times the cores by the wall")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--webseed", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=512, help="MiB of data to hash")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        compare_loading(chosen, directory)
        compare_hashing(chosen, directory)
