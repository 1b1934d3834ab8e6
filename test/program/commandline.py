"""The command line: what it takes, what it prints, how it ends."""

import os
import pty
import re

from support import MIB, Nginx, Skip, Torrent, get, run, start, workspace


def test_usage():
    """a wrong command line: 28 and a hint; help and version: 0"""
    wrong = [[], ["fetch"], ["get"], ["get", "--nonsense", "x"], ["get", "x", "-x", "0"], ["show"], ["show", "a", "b"]]
    for arguments in wrong:
        result = run(*arguments).must(28)
        assert result.err and not result.out, f"{arguments}: {result}"
    for arguments in (["--help"], ["get", "--help"], ["show", "--help"], ["--version"]):
        assert run(*arguments).must(0).out, arguments


def test_no_such_source():
    """a SOURCE that isn't there: 17 and its name"""
    assert "/nowhere/x.torrent" in run("get", "/nowhere/x.torrent").must(17).err
    assert "/nowhere/x.torrent" in run("show", "/nowhere/x.torrent").must(17).err


BROKEN = {
    b"": "",
    b"hello": "byte 0",
    b"d8:announce3:abce": "info",
    b"d4:infod6:lengthi5e4:name1:a12:piece lengthi16384eee": "pieces",
    b"d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces19:" + b"x" * 19 + b"ee": "pieces",
    b"d4:infod6:lengthi5e4:name1:a12:piece lengthi0e6:pieces20:" + b"x" * 20 + b"ee": "piece length",
    b"d4:infod6:lengthi-5e4:name1:a12:piece lengthi16384e6:pieces20:" + b"x" * 20 + b"ee": "length",
    b"d4:infod6:lengthi5e4:name2:..12:piece lengthi16384e6:pieces20:" + b"x" * 20 + b"ee": "name",
    b"l" * 100000: "byte",
}


def test_broken_torrents():
    """a broken torrent: 26, with its name, what is wrong and where"""
    with workspace() as place:
        path = os.path.join(place, "broken.torrent")
        for data, what in BROKEN.items():
            with open(path, "wb") as file:
                file.write(data)
            for result in (run("show", path), get(path, place)):
                result.must(26)
                assert path in result.err and what in result.err, f"{data[:80]}: {result}"
            assert result.done()["message"], result
        assert os.listdir(place) == ["broken.torrent"], os.listdir(place)


def test_paths_that_leave():
    """a path with `..`: 26, and nothing is written anywhere"""
    with workspace() as place:
        torrent, out = Torrent(place, {"ab/evil": 100}), os.path.join(place, "a", "out")
        os.makedirs(out)
        with open(torrent.path, "rb") as file:
            good = file.read()
        for old, new in ((b"2:ab", b"2:.."), (b"4:evil", b"4:a/..")):
            assert old in good
            with open(torrent.path, "wb") as file:
                file.write(good.replace(old, new))
            get(torrent.path, out).must(26)
        assert os.listdir(out) == [] and os.listdir(os.path.join(place, "a")) == ["out"]


def test_symbolic_link_in_the_way():
    """a symbolic link below the target directory is not followed"""
    with workspace() as place:
        torrent, out = Torrent(place, {"sub/file": 100000}), os.path.join(place, "out")
        elsewhere = os.path.join(place, "elsewhere")
        os.makedirs(os.path.join(out, "content"))
        os.mkdir(elsewhere)
        os.symlink(elsewhere, os.path.join(out, "content", "sub"))
        with Nginx(torrent.root) as server:
            result = get(torrent.make(server.url()), out).must(17)
        assert os.listdir(elsewhere) == [] and "content/sub/file" in result.err, result


def test_directory_is_a_file():
    """a target that is no directory: 17 and its name"""
    with workspace() as place:
        torrent = Torrent(place, 1000)
        result = get(torrent.make("http://127.0.0.1:9/"), torrent.path).must(17)
        assert torrent.path in result.err, result


def test_quiet():
    """-q says nothing when all goes well, and still what goes wrong"""
    with workspace() as place:
        torrent, out = Torrent(place, MIB), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            result = run("get", "-q", torrent.make(server.url()), "-d", out).must(0)
        assert (result.out, result.err) == ("", ""), result
        with Nginx(place) as server:
            result = run("get", "-q", torrent.make(server.url()), "-d", os.path.join(place, "other")).must(3)
        assert result.out == "" and len(result.err.splitlines()) == 1, result


def test_standard_input():
    """- reads the torrent from standard input"""
    with workspace() as place:
        torrent, out = Torrent(place, MIB), os.path.join(place, "out")
        with Nginx(torrent.root) as server, open(torrent.make(server.url()), "rb") as file:
            data = file.read()
            run("get", "-", "-d", out, given=data).must(0)
        torrent.must_be_in(out)
        assert "content" in run("show", "-", given=data).must(0).out


def test_several_sources():
    """several SOURCEs: all are fetched, and the status is that of the first that failed"""
    with workspace() as place:
        first = Torrent(place, MIB, name="first")
        second = Torrent(place, MIB, name="second", seed=2)
        out = os.path.join(place, "out")
        with Nginx(first.root) as server:
            sources = [first.make(server.url()), os.path.join(place, "none"), second.make(server.url())]
            run("get", *sources, "-d", out).must(17)
        first.must_be_in(out)
        second.must_be_in(out)


def test_json_lines():
    """--json: the torrent first, then events and progress, and `done` at the end"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": 3 * MIB, "b": MIB}), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB // 2) as server:
            lines = get(torrent.make(server.url()), out, "-x", 2).must(0).lines()
        assert lines[0]["ev"] == "start" and lines[0]["name"] == "content", lines[0]
        progress = [line["bytes_verified"] for line in lines if line["ev"] == "progress"]
        assert progress and progress == sorted(progress) and progress[-1] <= torrent.size, progress
        files = [line["path"] for line in lines if line["ev"] == "file"]
        assert sorted(files) == ["content/a", "content/b"], lines


def test_json_of_many_files():
    """--json tells every file once, also of more that are whole at once than events are kept by default"""
    with workspace() as place:
        torrent, out = Torrent(place, {f"{i:04}": 100 for i in range(1500)}), os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            path = torrent.make(server.url())
            got = get(path, out, "--json")
        again, checked = (run(command, path, "-d", out, "--json") for command in ("get", "check"))
        for result in (got, again, checked):
            lines = result.must(0).lines()
            files = [line["path"] for line in lines if line["ev"] == "file"]
            assert len(files) == 1500 and len(set(files)) == 1500, len(files)
        assert [line["pieces_right"] for line in lines if line["ev"] == "check_ended"] == [1], lines[-3:]


def test_terminal():
    """on a terminal a live line shows the progress"""
    with workspace() as place:
        torrent, out = Torrent(place, 4 * MIB), os.path.join(place, "out")
        try:
            reader, writer = pty.openpty()
        except OSError as error:
            raise Skip(str(error)) from None
        with Nginx(torrent.root, limit_rate=MIB // 2) as server:
            process = start("get", torrent.make(server.url()), "-d", out, "-x", 2, stderr=writer)
            os.close(writer)
            shown = b""
            try:
                while block := os.read(reader, 1 << 16):
                    shown += block
            except OSError:
                pass  # all writers have left
            os.close(reader)
            assert process.wait() == 0, shown
        live = re.findall(rb"\r\x1b\[K\[[=> ]{20}\] (\d+)%", shown)
        assert len(live) > 3 and len(set(live)) > 1, shown
        assert shown.rstrip().splitlines()[-1].strip().startswith(b"http://127.0.0.1:"), shown


def test_credentials():
    """a password in a mirror's URL is never shown"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with Nginx(place) as server:
            mirror = server.url().replace("http://", "http://me:secret@")
            result = get(torrent.make(), os.path.join(place, "out"), "--mirror", mirror)
        assert result.status and "secret" not in result.out + result.err, result


def test_no_mirror():
    """a torrent without web seeds: a failure that says so"""
    with workspace() as place:
        result = get(Torrent(place, MIB).make(), os.path.join(place, "out")).must(1)
        assert "web seed" in result.err, result


def test_mirror_that_is_no_url():
    """a mirror that is no URL of HTTP: 28, and it is named without what may be secret"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        for mirror in ("ftp://127.0.0.1/", "not a url"):
            arguments = ("--mirror", mirror.replace("ftp://", "ftp://me:topsecret@"))
            for result in (get(torrent.make(), place, *arguments), run("probe", torrent.make(), *arguments)):
                assert mirror in result.must(28).err and "topsecret" not in result.err + result.out, result
