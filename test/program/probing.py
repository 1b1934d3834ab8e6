"""What mirrors are worth."""

import os
import signal
import time

from scripted import Server17, Torrent17, script
from servers import ca_file, certificate
from support import KIB, MIB, Nginx, SilentServer, Torrent, finish, free_ports, run, seeded, start, wait_for, workspace


def mirrors_of(result):
    """{URL: what was found}"""
    lines = result.lines()
    assert lines[0]["ev"] == "start", lines
    return {line["url"]: line for line in lines if line["ev"] == "mirror"}


def test_good():
    """good mirrors, one of them with TLS: 0, all is told of each, and -q says nothing"""
    with workspace() as place:
        torrent = Torrent(place, {"a": 3 * MIB, "b": 2 * MIB}, 256 * KIB)
        with Nginx(torrent.root) as first, Nginx(torrent.root, tls=certificate()) as second:
            source = (torrent.make(first.url()), "--mirror", second.url(), "--cacert", ca_file())
            result = run("probe", *source, "--json", "--sample", 3).must(0)
            found, done = mirrors_of(result), result.done()
            assert (done["mirrors"], done["good"], done["bad"]) == (2, 2, 0), result
            for url, line in found.items():
                assert line["ok"] and line["verdict"] == "good" and line["ranges"] and line["right_size"], line
                assert (line["pieces_asked"], line["pieces_right"], line["pieces_wrong"]) == (3, 3, 0), line
                assert line["address"] == "127.0.0.1" and bool(line["tls"]) == (url == second.url()), line
                assert line["first_byte_ms"] > 0 and line["bytes_per_second"] > 0, line
                assert line["named_by_user"] == (url == second.url()), line
            shown = run("probe", *source).must(0)
            rows = shown.out.splitlines()
            assert shown.err == "" and len(rows) == 3 and rows[1].startswith("good ") and second.url() in rows[1], shown
            assert [row.index("http") for row in rows[1:]] == [rows[0].index("mirror")] * 2, shown
            quiet = run("probe", *source, "-q").must(0)
            assert quiet.out + quiet.err == "", quiet


def test_bad():
    """bad mirrors of several kinds: each is named with what is wrong, the status is that of the first"""
    with workspace() as place:
        torrent = Torrent(place, 2 * MIB, 256 * KIB)
        offsets = range(0, 2 * MIB, 256 * KIB)
        nobody = f"http://127.0.0.1:{free_ports()[0]}/"
        good, empty = Nginx(torrent.root), Nginx(place)
        with good, empty, Nginx(torrent.changed_copy(place, *offsets)) as liar, Nginx(torrent.root, extra="max_ranges 0;") as whole:
            expected = {liar.url(): 32, empty.url(): 3, whole.url(): 22, nobody: 6, good.url(): None}
            mirrors = [argument for url in expected for argument in ("--mirror", url)]
            result = run("probe", torrent.make(), *mirrors, "--json").must(32)
            found = mirrors_of(result)
            assert {url: line.get("exit") for url, line in found.items()} == expected, result
            assert found[liar.url()]["pieces_wrong"] > 0 and found[whole.url()]["ranges"] is False, found
            assert found[nobody]["verdict"] == "down" and found[liar.url()]["verdict"] == "bad", found
            assert (result.done()["good"], result.done()["bad"]) == (1, 4), result
            shown = run("probe", torrent.make(), *mirrors, "-q").must(32)
            lines = shown.out.splitlines()
            assert len(lines) == 4 and all(any(url in line for line in lines) for url in list(expected)[:4]), shown


def test_redirected():
    """a mirror that sends on: good, and where to is told"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with Nginx(torrent.root) as last:
            with Nginx(place, extra=f"location / {{ return 302 {last.url()[:-1]}$request_uri; }}") as first:
                result = run("probe", torrent.make(), "--mirror", first.url(), "--json").must(0)
                line = mirrors_of(result)[first.url()]
                assert line["redirects"] == 1 and line["final_url"] == last.url() + "content", line
            with Nginx(place, extra=f"location / {{ return 302 {last.url()}none; }}") as first:
                shown = run("probe", torrent.make(), "--mirror", first.url()).must(3)
                assert f"{last.url()}none" in shown.out.splitlines()[-1], shown


def test_scripts():
    """a script under httpseeds is asked as one"""
    torrent = Torrent17([("content", 1_000_000)], 64 * KIB, seeded(5))
    with workspace() as place, Server17(lambda query, *_: script(torrent, query)) as server:
        path = torrent.write(os.path.join(place, "t.torrent"), server.url())
        line = mirrors_of(run("probe", path, "--json", "--allow-private").must(0))[server.url()]
        assert line["script"] and line["pieces_right"] == 4 and len(server.scripted()) == len(server.requests), line


def test_nobody():
    """a torrent without seeds: 1, and why"""
    with workspace() as place:
        result = run("probe", Torrent(place, MIB).make(), "--json").must(1)
        assert "--mirror" in result.err and result.done()["message"], result


def test_interrupted():
    """Ctrl-C ends it: 7, and what was found until then is told"""
    with workspace() as place, SilentServer() as silent:
        torrent = Torrent(place, MIB)
        with Nginx(torrent.root) as good:
            mirrors = ("--mirror", good.url(), "--mirror", silent.url())
            process = start("probe", torrent.make(), *mirrors, "--json")
            wait_for(lambda: silent.connection_count, process)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            result = finish(process, since=time.monotonic()).must(7)
            assert result.seconds < 3 and list(mirrors_of(result)) == [good.url()], result
