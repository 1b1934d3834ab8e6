"""v2, hybrids, padding, names and seeds of all forms: what is asked of a server, and what lies on the disk."""

import os
import urllib.parse

from built import BLOCK, Entry, LoggedNginx, found_in, put, read, v1_info, v2_info, write
from scripted import Server17, encoded
from support import get, run, seeded, workspace

KIB = 1024
SIZES = {b"a": 300_000, b"d/b": 5, b"d/c": 100_000, b"empty": 0, b"last": 70_001}


def random_files(number, sizes=None):
    """{path below the target directory: bytes}"""
    random = seeded(number)
    return {b"content/" + path: random.randbytes(size) for path, size in (sizes or SIZES).items()}


def make(place, files, form, root="root", piece_length="64K", name="t.torrent"):
    """A torrent that `webseed make` makes of the files, which then lie below the root."""
    put(os.path.join(place, root), files)
    torrent = os.path.join(place, name)
    content = os.path.join(place, root, "content")
    run("make", content, f"--{form}", "-o", torrent, "--piece-length", piece_length, "--json").must(0)
    return torrent


def fetch(torrent, place, status=0, root="root", out="out"):
    """From nginx alone. Returns the last line, what was asked for, and what is there."""
    out = os.path.join(place, out)
    with LoggedNginx(os.path.join(place, root), place) as server:
        done = get(torrent, out, "--mirror", server.url()).must(status).done()
    return done, server.asked(), found_in(out)


def without_v2(torrent):
    """The v1 torrent with padding that is in a hybrid."""
    info = read(torrent)[b"info"]
    del info[b"file tree"], info[b"meta version"]
    return info


def test_v2_and_hybrid():
    """a v2 and a hybrid torrent of our own arrive byte for byte; nothing is asked for twice, padding not at all"""
    for form in ("v2", "hybrid"):
        with workspace() as place:
            files = random_files(1)
            torrent = make(place, files, form)
            done, asked, found = fetch(torrent, place)
            assert found == files, (form, found.keys())
            assert set(asked) == {path.decode() for path in files if files[path]}, (form, asked)
            assert done["bytes_wasted"] == 0 and done["seeds"][0]["failures"] == 0, (form, done)
            assert done["bytes_received"] == sum(map(len, files.values())), (form, done)


def test_equal_files():
    """equal files of a v2 torrent are fetched once, and all are there; in a hybrid they are there as well"""
    random = seeded(2)
    large, small, other = (random.randbytes(size) for size in (300_000, 1000, 100_000))
    files = {b"1": large, b"2/1": large, b"2/2": small, b"3": other, b"4": large, b"5": small, b"6": b""}
    files = {b"content/" + path: data for path, data in files.items()}
    with workspace() as place:
        done, asked, found = fetch(make(place, files, "v2"), place)
        assert found == files, found.keys()
        assert done["bytes_received"] == len(large) + len(small) + len(other), done
        for copies in (("1", "2/1", "4"), ("2/2", "5"), ("3",)):
            assert sum("content/" + path in asked for path in copies) == 1, asked
    with workspace() as place:
        _, _, found = fetch(make(place, files, "hybrid"), place)
        assert found == files, found.keys()


def test_padding():
    """no form of padding is asked for or written: by its attribute, by its name, with one path, without a path"""

    def nameless(pads):
        for pad in pads:
            del pad[b"path"]

    def in_one_place(pads):
        for pad in pads:
            pad[b"path"] = [b".pad", b"0"]

    def by_name(pads):
        for number, pad in enumerate(pads):
            pad[b"path"] = [b"_____padding_file_%d_if you see this file, please update" % number]
            del pad[b"attr"]

    for change in (lambda pads: None, nameless, in_one_place, by_name):
        with workspace() as place:
            files = random_files(3)
            info = without_v2(make(place, files, "hybrid"))
            pads = [file for file in info[b"files"] if b"attr" in file]
            assert len(pads) >= 3
            change(pads)
            done, asked, found = fetch(write(os.path.join(place, "v1.torrent"), info), place)
            assert found == files, found.keys()
            assert set(asked) == {path.decode() for path in files if files[path]}, asked
            assert done["bytes_received"] == sum(map(len, files.values())), done


def test_contradicting_hashes():
    """a hybrid whose v1 hashes are those of other bytes than its v2 hashes: 32, whichever of them a seed has"""
    with workspace() as place:
        files = {"first": random_files(4), "second": random_files(5)}
        first, second = (read(make(place, files[r], "hybrid", r, name=r + ".torrent")) for r in files)
        first[b"info"][b"pieces"] = second[b"info"][b"pieces"]
        torrent = write(os.path.join(place, "both"), first[b"info"], piece_layers=first[b"piece layers"])
        run("show", torrent).must(0)  # nothing is wrong with it by itself
        for root in files:
            done, _, _ = fetch(torrent, place, 32, root, "out of " + root)
            assert done["pieces_verified"] == 0, done
        # Each half of it is right.
        only = write(os.path.join(place, "v1.torrent"), without_v2(torrent))
        assert fetch(only, place, 0, "second", "v1 out")[2] == files["second"]
        del first[b"info"][b"pieces"], first[b"info"][b"files"]
        only = write(os.path.join(place, "v2.torrent"), first[b"info"], piece_layers=first[b"piece layers"])
        assert fetch(only, place, 0, "first", "v2 out")[2] == files["first"]


# What a server is asked for is as the torrent has it; what lies on the disk is safe. {raw: on the disk}
NAMES = {
    b"with space": b"with space",
    b"50% + #1 ?x=y": b"50% + #1 ?x=y",
    b"%41": b"%41",
    "ü文".encode(): "ü文".encode(),
    b"back\\slash": b"back_slash",
    b"tab\there": b"tab_here",
    b"caf\xe9.txt": b"caf_.txt",
    "turned\u202etxt.exe".encode(): b"turnedtxt.exe",
    b"d\x7fr/file": b"d_r/file",
    b"-rf": b"-rf",
    b"...": b"...",
    b"same\x01": b"same_",
    b"same\x02": b"same_.1",
}


def test_names():
    """names go to the server as they are in the torrent, escaped; those that are not safe are made so on the disk"""
    for info_of in (v1_info, v2_info):
        with workspace() as place:
            raw = {b"content/" + name: b"%d" % i * 100 for i, name in enumerate(NAMES)}
            entries = [Entry(path.removeprefix(b"content/"), raw[path]) for path in sorted(raw)]
            put(os.path.join(place, "root"), raw)
            _, asked, found = fetch(write(os.path.join(place, "t"), info_of(entries)), place)
            wanted = {b"content/" + NAMES[name]: raw[b"content/" + name] for name in NAMES}
            assert found == wanted, (info_of, found.keys() ^ wanted.keys())
            assert sorted(asked) == sorted(urllib.parse.quote(path, safe="/") for path in raw), asked


def serve(files, prefix="/"):
    """Answers with the files, as a server does that is asked for them by their path, or behind a query's `=`."""

    def answer(query, asked, path):
        wanted = urllib.parse.unquote_to_bytes((path + (f"?{query}" if query else "")).removeprefix(prefix))
        if wanted not in files:
            return 404, {}, b"no such file"
        data = files[wanted]
        if asked is None:
            return 200, {}, data
        first, last = asked
        return 206, {"Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1]

    return Server17(answer)


def test_file_in_a_query():
    """a seed that ends in ?file= has the path put behind it, one file or several, v1 or v2"""
    files = {b"content/a b": b"1" * 1000, b"content/d/c+": b"2" * 20, b"content/empty": b""}
    entries = [Entry(path.removeprefix(b"content/"), data) for path, data in files.items()]
    one = {b"content": b"3" * 5000}
    of_one = v1_info([Entry(b"content", one[b"content"])])
    del of_one[b"files"]
    of_one[b"length"] = 5000
    cases = [(files, v1_info(entries)), (files, v2_info(entries)), (one, of_one)]
    cases.append((one, v2_info([Entry(b"content", one[b"content"])])))
    for wanted, info in cases:
        with workspace() as place, serve(wanted, "/get?file=") as server:
            torrent, out = write(os.path.join(place, "t"), info, [server.url("get?file=")]), os.path.join(place, "out")
            get(torrent, out, "--allow-private").must(0)
            assert found_in(out) == wanted, found_in(out)


def test_clashes():
    """a file in the place of a directory, and names that are too long or the same when they are safe: renamed"""
    files = [
        (b"a", b"a"),
        (b"a/b", b"a/b"),
        (b"a.1", b"a.1"),
        (b"x\\y", b"x_y"),
        (b"x_y", b"x_y.1"),
        (b"n" * 300 + b".txt", b"n" * 251 + b".txt"),
    ]
    contents = {b"content/" + raw: b"%d" % i * 50 for i, (raw, _) in enumerate(files)}
    with workspace() as place, serve(contents) as server:
        info = v1_info([Entry(raw, contents[b"content/" + raw]) for raw, _ in files])
        out = os.path.join(place, "out")
        get(write(os.path.join(place, "t"), info, [server.url("")]), out).must(0)
        found = found_in(out)
        assert sorted(found.values()) == sorted(contents.values()), found
        for raw, safe in files[1:]:
            if raw != b"a.1":
                assert found[b"content/" + safe] == contents[b"content/" + raw], (raw, found)
        (renamed,) = [path for path, data in found.items() if data == contents[b"content/a"]]
        assert renamed.startswith(b"content/a.") and b"/" not in renamed[8:], found


def test_executable():
    """what a torrent calls executable is so on the disk, in every format; nothing else is"""
    for form in ("v1", "v2", "hybrid"):
        with workspace() as place:
            files = random_files(6)
            put(os.path.join(place, "root"), files)
            os.chmod(os.path.join(place, "root/content/a"), 0o755)
            _, _, found = fetch(make(place, files, form), place)
            assert found == files
            bits = {path: os.stat(os.path.join(place, "out", path.decode())).st_mode & 0o100 for path in files}
            assert [path for path, bit in bits.items() if bit] == [b"content/a"], (form, bits)


def test_links():
    """links are neither asked for nor made, in every format"""
    for info_of in (v1_info, v2_info):
        with workspace() as place:
            files = {b"content/a": b"1" * 100, b"content/d/b": b"2" * 100}
            put(os.path.join(place, "root"), files | {b"content/c": b"wrong", b"content/e": b"wrong"})
            targets = {b"c": [b"d", b"b"], b"e": [b"..", b"..", b"etc", b"passwd"]}
            links = [Entry(name, b"", b"l", {b"symlink path": targets[name]}) for name in targets]
            entries = [Entry(path.removeprefix(b"content/"), files[path]) for path in files]
            _, asked, found = fetch(write(os.path.join(place, "t"), info_of([*entries, *links])), place)
            assert found == files and set(asked) == {path.decode() for path in files}, (found, asked)


def test_url_list():
    """url-list may be a string or a list, of which what is no URL is passed over"""
    data = seeded(7).randbytes(BLOCK)
    entries = [Entry(b"a/b", data)]
    junk = [b"", 5, [], {b"a": b"b"}, b"ftp://h/", b"/8/items/", b"magnet:?xt=a", b"http://h\1/", b"\xff", b"http:"]
    with workspace() as place:
        put(os.path.join(place, "root"), {b"content/a/b": data})
        with LoggedNginx(os.path.join(place, "root"), place) as server:
            url = server.url().encode()
            lists = [url, b" " + url + b"\r\n", [url], [url[:-1]], [*junk, url, url, *junk]]
            for number, urls in enumerate(lists):
                out = os.path.join(place, str(number))
                torrent = write(os.path.join(place, "t"), v1_info(entries), urls)
                done = get(torrent, out).must(0).done()
                assert found_in(out) == {b"content/a/b": data}
                working = [seed for seed in done["seeds"] if seed["bytes_verified"]]
                assert len(working) == len(done["seeds"]) == 1, (urls, done)
        for urls in (b"", [], junk, {b"a": url}, 5):
            whole = encoded({b"info": v1_info(entries), b"url-list": urls})
            result = get("-", os.path.join(place, "none"), given=whole).must(1)
            assert "web seed" in result.err, result
