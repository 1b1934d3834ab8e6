"""webseed make: what it takes, what it leaves, how it ends. What others make of its torrents is in test/interop/."""

import os
import re
import signal
import subprocess

import support
from support import MIB, Torrent, made, run, start, finish, wait_for, workspace


def test_make_usage():
    """make with a wrong command line: 28, and nothing is made"""
    with workspace() as place:
        path = Torrent(place, 1000).content.path
        out = os.path.join(place, "made.torrent")
        wrong = [
            [],
            ["--v1", "--v2"],
            ["--hybrid", "--v2"],
            ["-w", "ftp://host/"],
            ["-w", "host"],
            ["--name", "a/b"],
            ["--json", "-o", "-"],
            *(["--piece-length", text] for text in ("0", "1000", "8K", "48K", "K", "-16K", "16KB", "2048M", "1" * 30)),
        ]
        for options in wrong:
            result = run("make", *([path] if options else []), "-o", out, *options).must(28)
            assert result.err and not result.out and not os.path.exists(out), (options, str(result))


def test_make_piece_lengths():
    """--piece-length takes bytes, K and M, in the torrent they are bytes"""
    with workspace() as place:
        path, out = Torrent(place, 1000).content.path, os.path.join(place, "made.torrent")
        for text, wanted in {"262144": 1 << 18, "256K": 1 << 18, "16k": 1 << 14, "1M": MIB, "1024m": 1 << 30}.items():
            done = run("make", path, "-o", out, "--force", "--json", "--piece-length", text).must(0).done()
            assert made.files_of(out)[1][b"piece length"] == done["piece_length"] == wanted, (text, done)


def test_make_same_as_mktorrent():
    """the info of a v1 torrent is what mktorrent makes of one file"""
    with workspace() as place:
        torrent, out = Torrent(place, 5 * MIB + 1), os.path.join(place, "made.torrent")
        done = run("make", torrent.content.path, "-o", out, "--piece-length", "1M", "--json").must(0).done()
        assert done["infohash_v1"] == support.info_hash(torrent.path) == support.info_hash(out), done


def test_make_names():
    """a torrent is called as the directory is, also when that is the current one, and lies in the current one"""
    with workspace() as place:
        root = os.path.join(place, "a b")
        os.makedirs(os.path.join(root, "sub"))
        for name in ("one", "sub/two"):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(name)
        os.symlink(root, os.path.join(place, "link"))
        cases = [("a b", "a b"), ("a b/", "a b"), ("./a b/sub/..", "a b"), ("link", "link")]
        for number, (path, name) in enumerate(cases):
            here = os.path.join(place, str(number))
            os.mkdir(here)
            run("make", os.path.join(place, path), cwd=here).must(0)
            assert os.listdir(here) == [f"{name}.torrent"], (path, os.listdir(here))
            assert made.files_of(os.path.join(here, f"{name}.torrent"))[0] == [(f"{name}/one", 3), (f"{name}/sub/two", 7)]
        run("make", ".", cwd=os.path.join(root, "sub")).must(0)
        assert sorted(os.listdir(os.path.join(root, "sub"))) == ["sub.torrent", "two"]


def test_make_output():
    """a torrent that is there is replaced with --force only, and what is no file never"""
    with workspace() as place:
        path, out = Torrent(place, 1000).content.path, os.path.join(place, "made.torrent")
        run("make", path, "-o", out, "--comment", "first").must(0)
        before = open(out, "rb").read()
        assert out in run("make", path, "-o", out, "--comment", "second").must(17).err
        assert open(out, "rb").read() == before
        run("make", path, "-o", out, "--comment", "second", "--force").must(0)
        assert b"6:second" in open(out, "rb").read()
        pipe, link, nowhere = (os.path.join(place, name) for name in ("pipe", "link", "none/made.torrent"))
        os.mkfifo(pipe)
        os.symlink(out, link)
        for wrong in (pipe, link, nowhere, place):
            assert wrong in run("make", path, "-o", wrong, "--force").must(17).err
        assert sorted(os.listdir(place)) == ["content.torrent", "link", "made.torrent", "pipe", "root"], os.listdir(place)


def test_make_standard_output():
    """-o - writes the torrent to standard output, and nothing else"""
    with workspace() as place:
        path, out = Torrent(place, 1000).content.path, os.path.join(place, "made.torrent")
        run("make", path, "-o", out).must(0)
        shown = subprocess.run([support.PROGRAM, "make", path, "-o", "-"], capture_output=True, timeout=60)
        assert shown.returncode == 0 and shown.stdout == open(out, "rb").read(), shown


def test_make_failures():
    """what no torrent can be made of: 17 and its name; nothing is left"""
    with workspace() as place:
        empty, out = os.path.join(place, "empty"), os.path.join(place, "made.torrent")
        os.mkdir(empty)
        for wrong in (empty, os.path.join(place, "none"), "/dev/null"):
            result = run("make", wrong, "-o", out, "--json").must(17)
            assert wrong in result.err and wrong in result.done()["message"], result
        assert os.listdir(place) == ["empty"]


def test_make_warnings():
    """links are left out with a warning, -q keeps still about it"""
    with workspace() as place:
        root = os.path.join(place, "d")
        os.mkdir(root)
        open(os.path.join(root, "file"), "w", encoding="utf-8").write("x")
        os.symlink("file", os.path.join(root, "link"))
        result = run("make", root, "-o", os.path.join(place, "1")).must(0)
        assert re.search("warning: .*/d/link is left out", result.err), result
        result = run("make", root, "-o", os.path.join(place, "2"), "-q").must(0)
        assert (result.out, result.err) == ("", ""), result
        done = run("make", root, "-o", os.path.join(place, "3"), "--json").must(0).done()
        assert done["files"] == 1 and len(done["warnings"]) == 1, done


def test_make_interrupted():
    """Ctrl-C ends it: 7, and nothing is left"""
    with workspace() as place:
        large, out = os.path.join(place, "large"), os.path.join(place, "made.torrent")
        with open(large, "wb") as file:
            file.truncate(1 << 40)  # nobody hashes that in time
        process = start("make", large, "-o", out, "--json")
        wait_for(lambda: process.stdout.readline(), process)
        process.send_signal(signal.SIGINT)
        result = finish(process).must(7)
        assert result.out.splitlines()[-1].count('"exit":7') == 1, result
        assert os.listdir(place) == ["large"], os.listdir(place)
