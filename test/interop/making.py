"""Torrents that we make: other programs read them as we do, and download what they are of."""

import os

import clients
import contents
from support import Nginx, run, seeded, workspace

FORMATS = ["v1", "v2", "hybrid"]


def make(content, torrent, form, *options):
    result = run("make", content.path, f"--{form}", "-o", torrent, "--json", *options).must(0)
    return result.done()


def check_reading(content, torrent, made, form, read):
    """What libtorrent says of a torrent against what we said, and against the files."""
    assert (read["v1"], read["v2"]) == (made["infohash_v1"], made["infohash_v2"]), (form, read, made)
    assert (read["v1"] is None, read["v2"] is None) == (form == "v2", form == "v1"), read
    assert read["name"] == content.name == made["name"], read["name"]
    assert read["pieces"] == made["pieces"] and read["piece_length"] == made["piece_length"], (form, read, made)
    assert [tuple(file[:2]) for file in read["files"]] == content.ordered(), (form, read["files"][:20])
    assert made["total_size"] == sum(content.sizes.values()), made


def test_reading():
    """libtorrent reads what we make: one file, odd names, 5,000 files, in every format"""
    with workspace() as place:
        root = os.path.join(place, "root")
        several = [contents.one_file(root), contents.odd_names(root), contents.small_files(root)]
        cases = []
        for number, content in enumerate(several):
            for form in FORMATS:
                torrent = os.path.join(place, f"{number}-{form}.torrent")
                cases.append((content, torrent, make(content, torrent, form), form))
        for case, read in zip(cases, clients.described(*(case[1] for case in cases)), strict=True):
            check_reading(*case, read)


def test_reading_random_sizes():
    """libtorrent finds no contradiction in hybrids of files of any sizes, empty ones anywhere"""
    random = seeded(7)
    with workspace() as place:
        cases = []
        for number in range(40):
            sizes = [random.choice([0, 0, 1, 16383, 16384, 16385, 32768, 50000]) for _ in range(random.randint(1, 6))]
            files = {random.choice("abc") + f"/{i}" if random.random() < 0.5 else f"{i}": s for i, s in enumerate(sizes)}
            files[random.choice(["-/first", "b/middle", "z"])] = random.randint(1, 70000)
            content = contents.Content(os.path.join(place, str(number)), "content", files)
            for form in FORMATS:
                torrent = os.path.join(place, f"{number}-{form}.torrent")
                cases.append((content, torrent, make(content, torrent, form, "--piece-length", "16K"), form))
        for case, read in zip(cases, clients.described(*(case[1] for case in cases)), strict=True):
            check_reading(*case, read)


def test_reading_options():
    """libtorrent reads what we put around the files: seeds, comment, privacy, executable files"""
    with workspace() as place:
        content, torrent = contents.Content(place, "d", {"run": 5, "stay": 5}), os.path.join(place, "t")
        os.chmod(os.path.join(content.path, "run"), 0o755)
        for form in FORMATS:
            options = ["--private", "--comment", "why ü", "-w", "http://a/x", "-w", "https://b/", "--force"]
            make(content, torrent, form, *options)
            (read,) = clients.described(torrent)
            assert read["web_seeds"] == ["http://a/x/", "https://b/"], read
            assert read["private"] and read["comment"] == "why ü", read
            assert [file[2] for file in read["files"]] == [True, False], (form, read)


def fetch_all(fetch, cases):
    """Cases: (content, formats, options)."""
    with workspace() as place:
        root = os.path.join(place, "root")
        with Nginx(root) as server:
            for number, (content_of, forms, *options) in enumerate(cases):
                content = content_of(root)
                for form in forms:
                    torrent, out = os.path.join(place, f"{number}-{form}.torrent"), os.path.join(place, f"{number}-{form}")
                    make(content, torrent, form, "-w", server.url(), *options)
                    os.makedirs(out)
                    try:
                        fetch(torrent, out)
                        content.must_be_in(out)
                    except AssertionError as error:
                        raise AssertionError(f"{content.name} as {form}: {error}") from None


def test_libtorrent():
    """libtorrent downloads what we make, in every format, from nginx alone"""
    fetch_all(
        clients.fetch_with_libtorrent,
        [(contents.one_file, FORMATS), (contents.odd_names, FORMATS, "--piece-length", "16K")],
    )


def test_libtorrent_small_files():
    """libtorrent downloads 5,000 small files of a torrent that we made"""
    fetch_all(clients.fetch_with_libtorrent, [(contents.small_files, ["v1"])])




def test_aria2():
    """aria2 downloads what we make, v1 and hybrid, from nginx alone"""
    # It takes pad files for files, and asks the server for them.
    fetch_all(
        clients.fetch_with_aria2,
        [
            (contents.one_file, ["v1", "hybrid"]),
            (contents.odd_names, ["v1"], "--piece-length", "16K"),
            (contents.aligned, ["hybrid"], "--piece-length", "64K"),
        ],
    )


def test_transmission():
    """Transmission downloads what we make, v1, from nginx alone"""
    # Version 3.00 reads no dictionary with a key of no bytes, which every hybrid has, whoever made it.
    fetch_all(
        clients.fetch_with_transmission,
        [(contents.one_file, ["v1"]), (contents.odd_names, ["v1"], "--piece-length", "16K")],
    )
