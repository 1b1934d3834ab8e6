"""webseed check, and the choice of files: what is right, what is named, what is left alone."""

import hashlib
import json
import os
import shutil

from support import Nginx, change_byte, get, run, workspace

FORMATS = ("v1", "v2", "hybrid")
PIECE = 64 * 1024


def made_from(place, form, files):
    """A torrent of a directory with these files, given by size. Its path, and that of the directory's parent."""
    root = os.path.join(place, "here")
    for name, size in files.items():
        path = os.path.join(root, "src", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
    torrent = os.path.join(place, f"{form}.torrent")
    run("make", os.path.join(root, "src"), f"--{form}", "--piece-length", "64K", "-q", "-o", torrent).must(0)
    return torrent, root


def tree_of(directory):
    """Everything below, with sizes and times: the same means that nobody touched it."""
    found = {}
    for path, _, names in os.walk(directory):
        for name in names:
            status = os.lstat(os.path.join(path, name))
            found[os.path.relpath(os.path.join(path, name), directory)] = (status.st_size, status.st_mtime_ns)
    return found


def test_check_names_what_is_wrong():
    """check: 0 for right data, 32 and the names of files and pieces for wrong, short, long and missing ones"""
    for form in FORMATS:
        with workspace() as place:
            files = {"a": 5 * PIECE, "b/c": 3 * PIECE + 7, "b/d": 100, "empty": 0, "long": PIECE, "short": 2 * PIECE}
            torrent, root = made_from(place, form, files)
            right = run("check", torrent, "-d", root).must(0)
            assert "6 of 6 files whole" in right.out, str(right)

            with open(os.path.join(root, "src/a"), "r+b") as file:
                change_byte(file, 2 * PIECE)
            os.remove(os.path.join(root, "src/b/d"))
            os.remove(os.path.join(root, "src/empty"))
            with open(os.path.join(root, "src/long"), "ab") as file:
                file.write(b"more")
            os.truncate(os.path.join(root, "src/short"), PIECE)
            before = tree_of(root)
            result = run("check", torrent, "-d", root, "--json", "-q").must(32)
            told = {line["path"]: line for line in result.lines() if line["ev"] == "wrong"}
            assert tree_of(root) == before, "check changed something"
            assert set(told) >= {"src/a", "src/b/d", "src/empty", "src/long", "src/short"}, str(result)
            assert told["src/a"]["pieces"] == [2] and told["src/b/d"]["what"] == "missing", str(result)
            assert result.done()["files_wrong"] == len(told) and not result.done()["ok"], str(result)
            assert form == "v1" or "src/b/c" not in told, str(result)

            nowhere = os.path.join(place, "nowhere")
            run("check", torrent, "-d", nowhere, "-q").must(32)
            assert not os.path.exists(nowhere)


def test_selected_files():
    """get -s: those files and no others, by index, range or pattern, and nothing twice where files are aligned"""
    files = {"a.txt": 3 * PIECE + 5, "b/c.bin": 2 * PIECE + 9, "b/d.txt": 100, "e": PIECE, "none.txt": 0}
    choices = {"1": {"b/c.bin"}, "0,2-3": {"a.txt", "b/d.txt", "e"}, "*.txt": {"a.txt", "b/d.txt", "none.txt"}}
    choices["b/*"] = {"b/c.bin", "b/d.txt"}
    for form in FORMATS:
        with workspace() as place:
            torrent, root = made_from(place, form, files)
            listed = json.loads(run("show", torrent, "--json").must(0).out)["files"]
            with Nginx(root) as server:
                for choice, wanted in choices.items():
                    if choice[0].isdigit():  # of a hybrid, pad files are counted, too
                        indices = (str(i) for i, file in enumerate(listed) if file["path"][4:] in wanted)
                        choice = ",".join(indices)
                    out = os.path.join(place, "out")
                    options = ("-s", choice, "--mirror", server.url())
                    done = get(torrent, out, *options).must(0).done()
                    assert set(tree_of(out)) == {f"src/{name}" for name in wanted}, (form, choice, tree_of(out))
                    for name in wanted:
                        with open(f"{out}/src/{name}", "rb") as one, open(f"{root}/src/{name}", "rb") as other:
                            assert one.read() == other.read(), name
                    assert done["bytes_verified"] == done["bytes"], done
                    again = get(torrent, out, *options).must(0).done()
                    if form != "v1":
                        assert again["bytes_received"] == 0, again
                        run("check", torrent, "-d", out, "-s", choice).must(0)
                    run("check", torrent, "-d", out).must(32)
                    shutil.rmtree(out)
            assert "no file" in get(torrent, place, "-s", "zzz").must(28).err


def test_magnet_selects():
    """the selection of a magnet link counts, unless another is given"""
    with workspace() as place:
        torrent, root = made_from(place, "v1", {"a": 10, "b": 20, "c": 30})
        hash_of = json.loads(run("show", torrent, "--json").must(0).out)["infohash_v1"]
        shutil.copy(torrent, root)
        with Nginx(root) as server:
            link = f"magnet:?xt=urn:btih:{hash_of}&xs={server.url()}v1.torrent&ws={server.url()}&so=0,2"
            out = os.path.join(place, "out")
            get(link, out).must(0)
            assert set(tree_of(out)) == {"src/a", "src/c"}
            get(link, out, "-s", "b").must(0)
            assert set(tree_of(out)) == {"src/a", "src/b", "src/c"}


def test_executables_and_links():
    """executable files are executable; links are made with --links alone, and only those that stay inside"""
    with workspace() as place:
        root = os.path.join(place, "here")
        os.makedirs(os.path.join(root, "t"))
        with open(os.path.join(root, "t/run"), "w", encoding="utf-8") as file:
            file.write("x" * 10)
        pieces = hashlib.sha1(b"x" * 10).digest()
        files = (
            b"d4:attr1:x6:lengthi10e4:pathl3:runee"
            b"d4:attr1:l6:lengthi0e4:pathl4:linke12:symlink pathl3:runee"
            b"d4:attr1:l6:lengthi0e4:pathl3:oute12:symlink pathl2:..2:..3:etcee"
        )
        info = b"d5:filesl" + files + b"e4:name1:t12:piece lengthi16384e6:pieces20:" + pieces + b"e"
        torrent = os.path.join(place, "links.torrent")
        with open(torrent, "wb") as file:
            file.write(b"d4:info" + info + b"e")
        with Nginx(root) as server:
            out = os.path.join(place, "out")
            get(torrent, out, "--mirror", server.url()).must(0)
            assert os.listdir(os.path.join(out, "t")) == ["run"] and os.access(os.path.join(out, "t/run"), os.X_OK)
            for _ in range(2):
                get(torrent, out, "--links", "--mirror", server.url()).must(0)
                assert os.readlink(os.path.join(out, "t/link")) == "run"
                assert sorted(os.listdir(os.path.join(out, "t"))) == ["link", "run"]
            os.remove(os.path.join(out, "t/link"))
            os.mkdir(os.path.join(out, "t/link"))
            assert "link" in get(torrent, out, "--links", "--mirror", server.url()).must(17).err
