"""Torrents that somebody made to do harm: each is read or refused, quickly and in little memory.

WEBSEED_TEST_FIGURES=1 tells what each took.
"""

import functools
import hashlib
import os
import subprocess
import sys

import support
from built import BLOCK, Entry, v1_info, v2_info
from scripted import encoded
from support import MIB, seeded, workspace

SECONDS_MAX = 2
MEMORY_MAX = 200 * MIB
HUGE = (1 << 63) - 1


@functools.cache
def is_sanitized():
    """Whether the program is built with sanitizers, which take their time and memory."""
    with open(support.PROGRAM, "rb") as file:
        return b"__asan_" in file.read()


# A process of its own: one that starts from a large one counts as large. Tells the status, seconds, KiB of memory.
MEASURING = """
import os, sys, time
since = time.monotonic()
nowhere = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1)])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - since, usage.ru_maxrss)
"""


def show(data, place):
    """Returns (exit status, standard error, seconds, bytes of memory)."""
    path = os.path.join(place, "it")
    with open(path, "wb") as file:
        file.write(data)
    command = [sys.executable, "-I", "-S", "-c", MEASURING, support.PROGRAM, "show", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=support.PATIENCE)
    status, seconds, memory = done.stdout.split()
    return int(status), done.stderr, float(seconds), int(memory) * 1024


def check(cases):
    """Cases: (what it is, bytes, a word of the reason why it's refused, or None if it must be read)."""
    for what, data, reason in cases:
        with workspace() as place:
            status, err, seconds, memory = show(data, place)
        told = f"{what}: {status} after {seconds:.3f} s, {memory / MIB:.0f} MiB for {len(data) / MIB:.1f}; {err[-500:]}"
        if os.environ.get("WEBSEED_TEST_FIGURES"):
            print("    " + told.strip())
        assert status == (0 if reason is None else 26), told
        if reason is not None:
            assert reason in err and len(err.splitlines()) == 1 and len(err) < 4096, told
        assert is_sanitized() or (seconds < SECONDS_MAX and memory < MEMORY_MAX), told


def changed(keys, info_of=v1_info, entries=(Entry(b"a", b"1" * 100), Entry(b"b", b"2" * 100))):
    return torrent(info_of(entries) | keys)


def torrent(info, **others):
    return encoded({b"info": info} | {key.replace("_", " ").encode(): others[key] for key in others})


def raw(text):
    """A good torrent with something in its info, as it stands."""
    return changed({b"zzz": b"here"}).replace(b"4:here", text)


def one_file(length, piece_length, count):
    return torrent({b"name": b"n", b"piece length": piece_length, b"pieces": bytes(20 * count), b"length": length})


def test_numbers():
    """numbers out of place or range: refused with 26, and why is told"""
    huge_files = [{b"length": HUGE, b"path": [b"%d" % i]} for i in range(3)]
    v2_huge = Entry(b"a", b"1", keys={b"length": HUGE}), Entry(b"b", b"2", keys={b"length": HUGE})
    check(
        [
            ("piece length 0", changed({b"piece length": 0}), "piece length"),
            ("piece length -1", changed({b"piece length": -1}), "piece length"),
            ("piece length of v2 0", changed({b"piece length": 0}, v2_info), "piece length"),
            ("piece length of v2 no power", changed({b"piece length": 49152}, v2_info), "piece length"),
            ("piece length of v2 too small", changed({b"piece length": 8192}, v2_info), "piece length"),
            ("piece length a string", changed({b"piece length": b"16384"}), "piece length"),
            ("meta version 3", changed({b"meta version": 3}, v2_info), "version"),
            ("meta version 3 and nothing else", torrent({b"meta version": 3}), "version"),
            ("meta version -1", changed({b"meta version": -1}, v2_info), "version"),
            ("a leading zero", raw(b"i010e"), "byte"),
            ("minus zero", raw(b"i-0e"), "byte"),
            ("no digits", raw(b"ie"), "byte"),
            ("beyond 64 bits", raw(b"i9223372036854775808e"), "byte"),
            ("a million digits", raw(b"i" + b"1" * MIB + b"e"), "byte"),
            ("a string's leading zero", raw(b"04:here"), "byte"),
            ("a string beyond the end", raw(b"99999999:"), "byte"),
            ("a string beyond 64 bits", raw(b"99999999999999999999:x"), "byte"),
            ("a negative length", changed({b"files": [{b"length": -1, b"path": [b"a"]}]}), "length"),
            ("an overflowing sum", changed({b"files": huge_files}), "length"),
            ("an overflowing sum in v2", torrent(v2_info(v2_huge)), "length"),
            ("pieces for less", one_file(HUGE, 1 << 62, 1), "pieces"),
            ("pieces of no whole hashes", changed({b"pieces": bytes(21)}), "pieces"),
            ("the largest file in two pieces", one_file(HUGE, 1 << 62, 2), None),
        ]
    )


def test_shapes_of_no_torrent():
    """what is no torrent: refused with 26, and why is told"""
    entries = [Entry(b"a", b"1"), Entry(b"a", b"1")]
    check(
        [
            ("nothing", b"", "too early"),
            ("a list", b"le", "dictionary"),
            ("no info", b"de", "info"),
            ("info a string", b"d4:info1:xe", "info"),
            ("something behind", torrent(v1_info(entries[:1])) + b"x", "byte"),
            ("cut off", torrent(v1_info(entries[:1]))[:-1], "byte"),
            ("a key twice", b"d4:infod6:lengthi1e6:lengthi2eee", "byte"),
            ("a path twice", torrent(v1_info(entries)), "same path"),
            ("a way out", changed({}, entries=[Entry(b"../a", b"1")]), "leads out"),
            ("a way out in v2", changed({}, v2_info, [Entry(b"d/../a", b"1")]), "leads out"),
            ("a way out in the name", changed({b"name": b".."}), "name"),
            ("padding in v2", changed({}, v2_info, [Entry(b"a", b"1", b"p")]), "attr"),
            ("an empty tree", changed({b"file tree": {}}, v2_info), "file tree"),
            ("a file and a directory", changed({b"file tree": {b"a": {b"": {}, b"b": {}}}}, v2_info), "file tree"),
            ("larger than allowed", bytes(65 * MIB), "more than"),
        ]
    )


def test_nesting():
    """a megabyte of lists and dictionaries in each other, or beside each other"""
    half = MIB // 2
    backward = [b"6:%06dle" % i for i in range(99999, 0, -1)]
    check(
        [
            ("lists in each other", raw(b"l" * half + b"e" * half), "byte"),
            ("lists without end", b"l" * MIB, "byte"),
            ("dictionaries in each other", raw(b"d1:a" * (MIB // 5) + b"de" + b"e" * (MIB // 5)), "byte"),
            ("a million tiny lists", raw(b"l" + b"le" * 1000000 + b"e"), None),
            ("a million tiny strings", raw(b"l" + b"0:" * 1000000 + b"e"), None),
            ("five million tiny lists", raw(b"l" + b"le" * 5000000 + b"e"), "byte"),
            ("a dictionary of many keys", changed({b"%06d" % i: 0 for i in range(100000)}), None),
            ("many keys, the wrong way round", raw(b"d" + b"".join(backward) + b"e"), None),
        ]
    )


def test_junk():
    """a megabyte of URLs that are none, of hashes of nothing, of names that are none"""
    info, half = v1_info([Entry(b"a", b"1")]), MIB // 2
    layers = {b"%032d" % i: b"" for i in range(MIB // 40)}

    def called(path):
        return changed({b"files": [{b"length": 200, b"path": path}]})

    check(
        [
            ("no URLs", encoded({b"info": info, b"url-list": [b""] * half}), None),
            ("many URLs", encoded({b"info": info, b"url-list": [b"http://h/%d" % i for i in range(MIB // 16)]}), None),
            ("hashes of nothing", torrent(v2_info([Entry(b"a", b"1")]), piece_layers=layers), "piece layers"),
            ("a path of many elements", called([b"a"] * (MIB // 3)), "path"),
            ("a path of many that are none", called([b""] * half), "path"),
            ("a long name", changed({b"name": b"n" * MIB}), None),
            ("a name of broken text", changed({b"name": b"\xff" * MIB}), None),
            ("a name of nothing to see", changed({b"name": "\u202e".encode() * (MIB // 3)}), None),
            ("pieces of a byte", one_file(MIB // 20, 1, MIB // 20), None),
        ]
    )


def many_files(names):
    """Empty ones, and one with a byte. A name may be a path."""
    files = [{b"length": 0, b"path": name if isinstance(name, list) else [name]} for name in names]
    files.append({b"length": 1, b"path": [b"."]})
    return torrent({b"name": b"n", b"piece length": BLOCK, b"pieces": bytes(20), b"files": files})


def test_many_files():
    """many files with long names, or with names that are the same once they are safe"""
    count = 40000
    alike = [b"n" * 243 + b"%c%c%c" % (1 + i // 900, 1 + i // 30 % 30, 1 + i % 30) for i in range(27000)]
    taken = [*(b"a.%d" % i for i in range(1, count)), b"a\x01", b"a\x02", b"a\x03"]
    in_turn = [name for i in range(count // 2) for name in ([b"a%d" % i], [b"a%d" % i, b"b"])]
    check(
        [
            ("long names", many_files(b"%0255d" % i for i in range(count)), None),
            ("longer names, cut alike", many_files(b"n" * 300 + b"%d" % i for i in range(count)), None),
            ("names alike when safe", many_files(alike), None),
            ("numbers taken", many_files(taken), None),
            ("files in the place of directories", many_files(in_turn), None),
            ("one path for all", many_files([b"a"] * count), "same path"),
            ("deep", many_files([[b"d"] * 90 + [b"%d" % i] for i in range(3000)]), None),
            ("too deep", many_files([[b"d"] * 200]), "path"),
        ]
    )


def test_links():
    """links that lead to each other, in a long row, in circles, and all through one"""
    row = [Entry(b"%d" % i, b"", b"l", {b"symlink path": [b"%d" % (i + 1)]}) for i in range(8000)]
    circle = [Entry(b"%d" % i, b"", b"l", {b"symlink path": [b"%d" % ((i + 1) % 8000)]}) for i in range(8000)]
    through = [b"0"] * 90
    knot = [Entry(b"%d" % i, b"", b"l", {b"symlink path": [b"%d" % (i + 1), *through]}) for i in range(2000)]
    away = [Entry(b"%d" % i, b"", b"l", {b"symlink path": [b"..", b"..", b"etc"]}) for i in range(8000)]
    last = Entry(b"last", b"1")
    check(
        (what, torrent(info_of([*links, last])), None)
        for what, links in [("a row", row), ("a circle", circle), ("a knot", knot), ("all lead away", away)]
        for info_of in (v1_info, v2_info)
    )


def nested(names, inner):
    for name in reversed(names):
        inner = {name: inner}
    return inner


def equal_files(count, size, piece_length, layer=None):
    """A v2 tree of files with one root."""
    root = hashlib.sha256(b"1").digest() if layer is None else root_of(layer, piece_length)
    entry = {b"": {b"length": size, b"pieces root": root}}
    tree = {b"%07d" % i: entry for i in range(count)}
    info = {b"name": b"n", b"piece length": piece_length, b"meta version": 2, b"file tree": tree}
    return torrent(info, piece_layers={} if layer is None else {root: layer})


def root_of(layer, piece_length):
    """Of a layer whose count of hashes is a power of two."""
    hashes = [layer[i : i + 32] for i in range(0, len(layer), 32)]
    while len(hashes) > 1:
        hashes = [hashlib.sha256(hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes), 2)]
    return hashes[0]


def test_trees():
    """trees of v2: one long directory above many files, many levels, many files that are equal"""
    full = Entry(b"", b"1").in_tree()
    files = {b"%05d" % i: {b"": {b"length": 0}} for i in range(30000)} | {b"-": full}
    few = {b"%05d" % i: full for i in range(20)}
    layer = seeded(1).randbytes(32 * (1 << 14))

    def tree(names, inner):
        return changed({b"file tree": nested(names, inner)}, v2_info)

    check(
        [
            ("a long directory above many files", tree([b"d" * 255], files), None),
            ("a directory of a megabyte above many files", tree([b"d" * MIB], files), "longer than 4096"),
            ("a directory of some kilobytes above some", tree([b"d" * 4096], {b"-": full, b"+": full} | few), None),
            ("long directories above many files", tree([b"d" * 255] * 50, files), "longer than allowed"),
            ("many levels", tree([b"d"] * 200, files), "byte"),
            ("as many levels as may be", tree([b"d"] * 55, {b"%05d" % i: full for i in range(1000)}), None),
            ("equal files", equal_files(15000, 1, BLOCK), None),
            ("equal files of one long layer", equal_files(200, BLOCK << 14, BLOCK, layer), None),
            ("equal files of more pieces than may be", equal_files(10000, BLOCK << 14, BLOCK, layer), "pieces"),
        ]
        + ([("half a million equal files", equal_files(500000, 1, BLOCK), None)] if support.LONG else [])
    )


def test_changed_bytes():
    """torrents with some bytes changed: read, or refused with 26"""
    random = seeded(3)
    link = Entry(b"d", b"", b"l", {b"symlink path": [b"c"]})
    entries = [Entry(b"a/b", b"1" * 100), Entry(b"c", b"2" * 50, b"x"), link]
    good = [changed({}, info_of, entries) for info_of in (v1_info, v2_info)]
    with workspace() as place:
        for _ in range(150):
            data = bytearray(random.choice(good))
            for _ in range(random.randint(1, 3)):
                at = random.randrange(len(data))
                other = random.choice([b"i0e", b"e", b"l", b"d", b"0:", b"9", b"-", b"\0"])
                data[at : at + random.randint(0, 2)] = other
            status, err, _, _ = show(bytes(data), place)
            assert status in (0, 26) and bool(err) == (status == 26), (bytes(data), status, err)
