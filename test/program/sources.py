"""SOURCE as a URL, and as a magnet link."""

import base64
import json
import os
import signal
import time
import urllib.parse

from support import MIB, Nginx, SilentServer, Torrent, finish, free_ports, get, info_hash, run, start, wait_for, workspace


def magnet(torrent, *pairs):
    """A link of (key, value); what is escaped in one needs not be in another."""
    escaped = (f"{key}={urllib.parse.quote(value, safe='')}" for key, value in pairs)
    return "&".join([f"magnet:?xt=urn:btih:{info_hash(torrent.path)}", *escaped])


def test_url():
    """the URL of a torrent: it is fetched and downloaded, and shown as the file would be"""
    with workspace() as place, Nginx(place) as server:
        torrent, out = Torrent(place, 3 * MIB + 5), os.path.join(place, "out")
        torrent.make(server.url() + "root/content")
        url = server.url() + "content.torrent"
        get(url, out).must(0)
        torrent.must_be_in(out)
        assert run("show", url).must(0).out == run("show", torrent.path).must(0).out


def test_magnet():
    """a magnet link with an exact source: the torrent is fetched there, the content from the link's web seed"""
    with workspace() as place, Nginx(place) as server:
        torrent, out = Torrent(place, {"a b": 3 * MIB, "c": 5}), os.path.join(place, "out")
        link = magnet(torrent, ("xs", server.url() + "content.torrent"), ("ws", server.url() + "root/"))
        done = get(link, out).must(0).done()
        torrent.must_be_in(out)
        assert [seed["url"] for seed in done["seeds"]] == [server.url() + "root/"], done
        shown = json.loads(run("show", "--json", link).must(0).out)
        assert (shown["name"], shown["mirrors"]) == ("content", [server.url() + "root/"]), shown
        assert server.url() + "root/" in run("show", link).must(0).out


def test_forms():
    """a link in upper case and base32, whose first source is missing, and whose second is the content itself"""
    with workspace() as place, Nginx(place) as server:
        torrent, out = Torrent(place, MIB), os.path.join(place, "out")
        digits = base64.b32encode(bytes.fromhex(info_hash(torrent.path))).decode()
        sources = f"as.1={server.url()}root/content&as.2={server.url()}content.torrent&XS={server.url()}none"
        get(f"MAGNET:///?{sources}&xt=urn:btih:{digits}&tr=udp://nowhere", out).must(0)
        torrent.must_be_in(out)


def test_another_torrent():
    """a source that has another torrent: 26, with the URL, and nothing is written"""
    with workspace() as place, Nginx(place) as server:
        right, out = Torrent(place, MIB), os.path.join(place, "out")
        other = Torrent(place, MIB, name="other", seed=2)
        url = server.url() + "other.torrent"
        result = get(magnet(right, ("xs", url)), out).must(26)
        assert url in result.err and info_hash(other.path) in result.err, result
        assert result.done()["message"] and not os.path.exists(out), result


FAILURES = [
    ("none.torrent", 3, "404"),
    ("root/content", 26, "bencoded"),
    ("root", 24, "403"),  # a redirect leads to the directory
]


def test_source_fails():
    """a source that fails: the status of what it did, with its URL; several: each is named"""
    with workspace() as place, Nginx(place) as server:
        torrent = Torrent(place, 100)
        nobody = f"http://127.0.0.1:{free_ports()[0]}/t"
        for path, status, what in FAILURES:
            url = server.url() + path
            for source in (url, magnet(torrent, ("xs", url))):
                result = get(source, place).must(status)
                assert url in result.err and what in result.err and len(result.err.splitlines()) == 1, result
                assert result.done()["error"], result
        assert nobody in get(nobody, place).must(6).err
        result = get(magnet(torrent, ("xs", server.url() + "a"), ("xs", nobody), ("as", "https://b/")), place).must(3)
        assert all(url in result.err for url in (server.url() + "a", nobody, "https://b/")), result


def test_not_spoken():
    """a URL of another scheme: a failure that names it"""
    for url in ("gopher://127.0.0.1/t.torrent", "ftp://127.0.0.1/t.torrent"):
        for command in ("get", "show", "probe"):
            assert url in run(command, url).must(1).err


def test_bad_links():
    """a link that is damaged, or has no source: 27, and what is wrong"""
    good = "magnet:?xt=urn:btih:" + "0" * 40
    bad = {"magnet:?dn=x": "info-hash", good[:-1]: "v1 info-hash", good + "&xs=nonsense": "parameter 2 (xs)"}
    for link, what in (bad | {good: "no http source", good + "&ws=http://127.0.0.1/": "no http source"}).items():
        result = run("get", link, "--json").must(27)
        assert what in result.err and result.done()["exit"] == 27, result
    for link, what in bad.items():
        result = run("show", link).must(27)
        assert what in result.err and not result.out, result


def test_show_link():
    """show of a link whose torrent isn't to be had: what the link says; a status only if a source has failed"""
    hashes = "magnet:?xt=urn:btih:" + "0" * 40 + "&xt=urn:btmh:1220" + "a" * 64
    link = hashes + "&dn=A+name&xl=5&ws=http://127.0.0.1/w&ws=ftp://f/&so=1,4-6"
    shown = json.loads(run("show", "--json", link).must(0).out)
    expected = {
        "name": "A name",
        "infohash_v1": "0" * 40,
        "infohash_v2": "a" * 64,
        "total_size": 5,
        "exact_sources": [],
        "acceptable_sources": [],
        "web_seeds": ["http://127.0.0.1/w"],
        "selection": [[1, 1], [4, 6]],
    }
    assert {key: shown[key] for key in expected} == expected and len(shown["warnings"]) == 1, shown
    text = run("show", link).must(0).out
    assert all(word in text for word in ("A name", "0" * 40, "a" * 64, "5 bytes", "/w", "4 to 6")), text
    url = f"http://127.0.0.1:{free_ports()[0]}/t"
    result = run("show", f"{link}&xs={url}").must(6)
    assert "A name" in result.out and url in result.out and url in result.err, result


def test_interrupted():
    """a source that says nothing, or stops in the middle: Ctrl-C ends at once, with 7"""
    with workspace() as place, SilentServer() as server:
        link = magnet(Torrent(place, 100), ("xs", server.url() + "t"))
        for source in (server.url() + "t", link):
            for said in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd4:info"):
                count = server.connection_count
                process = start("get", source, link, "-d", place, "--json")
                wait_for(lambda: server.connection_count > count, process)
                server.say(said)
                process.send_signal(signal.SIGINT)
                result = finish(process, since=time.monotonic()).must(7)
                assert result.seconds < 2 and result.done()["exit"] == 7, result
                assert len(result.err.splitlines()) == 1, result


def test_slow_source():
    """a torrent that comes slowly is waited for"""
    with workspace() as place:
        torrent, out = Torrent(place, 4 * MIB, piece_length=1 << 14), os.path.join(place, "out")
        with Nginx(place, extra="location = /content.torrent { limit_rate 4096; }") as server:
            link = magnet(torrent, ("xs", server.url() + "content.torrent"), ("ws", server.url() + "root/content"))
            get(link, out).must(0)
        torrent.must_be_in(out)
