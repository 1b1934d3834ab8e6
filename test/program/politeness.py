"""Servers that want less of us, and what they see of it."""

import os
import time

from crowded import CrowdedServer
from faulty import FaultyServer
from servers import Daemon
from support import MIB, Nginx, Torrent, finish, get, start, stored_bytes, wait_for, workspace

ZONES = """\
limit_conn_zone $server_port zone=connections:1m;
limit_req_zone $server_port zone=requests:1m rate=5r/s;
log_format times '$msec $status';
"""


class LimitedNginx(Nginx):
    """Refuses with 503 what is beyond its limits, and tells who was refused."""

    def __init__(self, place, root, limit, **options):
        self._log = os.path.join(place, "access.log")
        super().__init__(root, http_extra=ZONES, extra=f'access_log "{self._log}" times; {limit}', **options)

    def statuses(self):
        with open(self._log, encoding="utf-8") as log:
            return [int(line.split()[1]) for line in log]


def must_not_waste(torrent, done):
    under_way = done["claims_shared"] * (64 << 10)  # where a claim was cut short
    assert done["bytes_received"] <= torrent.size * 1.02 + under_way and done["bytes_wasted"] == 0, done


def figures(server, what):
    """Prints how many requests were refused after the first that was; returns it."""
    statuses = server.statuses()
    refused = sum(status in (429, 503) for status in statuses)
    print(f"    {what}: {len(statuses)} requests, {refused} refused")
    return refused - 1


def fetch_limited(limit, refused_max, size=24 * MIB, *arguments, **options):
    with workspace() as place:
        torrent, out = Torrent(place, size), os.path.join(place, "out")
        with LimitedNginx(place, torrent.root, limit, **options) as server:
            result = get(torrent.make(), out, "--mirror", server.url(), *arguments).must(0)
            refused = figures(server, limit)
        torrent.must_be_in(out)
        must_not_waste(torrent, result.done())
        assert refused <= refused_max, (server.statuses(), result)


def test_limited_connections():
    """nginx that allows two connections at once: all arrives, and few requests are refused"""
    fetch_limited("limit_conn connections 2;", 24, 4 * MIB, "-x", 8, limit_rate=MIB // 4)


def test_limited_requests():
    """nginx that allows five requests a second: all arrives, and few requests are refused"""
    fetch_limited("limit_req zone=requests burst=2 nodelay;", 24, 24 * MIB, "-x", 8)


def test_limited_rate():
    """nginx that sends slowly: all arrives, and nothing is asked for twice"""
    fetch_limited("limit_rate 512k;", 0, 8 * MIB)


def fetch_crowded(beyond, turned_away_max):
    with workspace() as place:
        torrent, out = Torrent(place, 12 * MIB, piece_length=MIB // 4), os.path.join(place, "out")
        for requesters in (4, 16):
            with CrowdedServer(torrent.root, 3, beyond) as server:
                arguments = ("--mirror", server.url(), "-x", requesters, "--timeout", 600)
                get(torrent.make(), out + str(requesters), *arguments).must(0)
                print(f"    -x {requesters}: {server.turned_away} {beyond}")
                assert server.turned_away <= turned_away_max, server.turned_away
            torrent.must_be_in(out + str(requesters))


def test_few_connections_refused():
    """a server that answers 503 beyond three connections, idle ones included: all arrives, and few are refused"""
    fetch_crowded("refused", 12)


def test_few_connections_reset():
    """a server that resets what is beyond three connections: all arrives, and few are reset"""
    fetch_crowded("reset", 12)


def test_few_connections_closed():
    """a server that closes what is beyond three connections: all arrives, and few are closed"""
    fetch_crowded("closed", 12)


def test_few_connections_waiting():
    """a server that lets wait what is beyond three connections, for ever if it must: all arrives"""
    fetch_crowded("left to wait", 24)


def test_compression():
    """nginx that would compress: it isn't let"""
    fetch_limited("gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;", 0, 4 * MIB)


def test_redirects():
    """nginx that sends on each file to another port: all arrives, and the first is asked once for each file"""
    with workspace() as place:
        torrent, out = Torrent(place, {"a": 6 * MIB, "b c": 3 * MIB, "d/e": 5}), os.path.join(place, "out")
        with Nginx(torrent.root) as last:
            to = f"location / {{ return 302 {last.url()[:-1]}$request_uri; }}"
            with LimitedNginx(place, torrent.root, to) as first:
                done = get(torrent.make(), out, "--mirror", first.url()).must(0).done()
                count = len(first.statuses())
        torrent.must_be_in(out)
        must_not_waste(torrent, done)
        print(f"    {count} requests that were sent on, {done['seeds'][0]['requests']} requests")
        assert count <= 3 * 4, done  # several may ask before the first answer


def test_busy_for_a_while():
    """503 with Retry-After for three seconds: waited for, and asked again a few times only"""
    with workspace() as place:
        torrent, out = Torrent(place, 8 * MIB), os.path.join(place, "out")
        times = []

        def hook(*_):
            times.append(time.monotonic())
            return (503, {"Retry-After": "1"}) if times[-1] < times[0] + 3 else None

        with FaultyServer(torrent.root, hook) as server:
            done = get(torrent.make(), out, "--mirror", server.url()).must(0).done()
        torrent.must_be_in(out)
        must_not_waste(torrent, done)
        refused = sum(time < times[0] + 3 for time in times)
        print(f"    {refused} refused")
        assert refused <= 16, times


def test_restarted():
    """a server that is killed and started again in the middle: all arrives"""
    with workspace() as place:
        torrent, out = Torrent(place, 16 * MIB), os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB) as server:
            process = start("get", torrent.make(), "-d", out, "--json", "--mirror", server.url())
            wait_for(lambda: stored_bytes(out) > 4 * MIB, process)
            server.stop()
            time.sleep(0.5)
            server.start()
            done = finish(process).must(0).done()
        torrent.must_be_in(out)
        must_not_waste(torrent, done)
        assert done["seeds"][0]["failures"] > 0, done


def test_three_odd_mirrors():
    """one without ranges, one without half of the files, one with a file too long: all arrives, and it's told why"""
    with workspace() as place:
        torrent, out = Torrent(place, {name: 3 * MIB for name in "abcd"}), os.path.join(place, "out")
        lacks = "location ~ /[ab]$ { return 404; }"
        with open(os.path.join(place, "longer"), "wb") as longer:
            with open(os.path.join(torrent.root, "content", "c"), "rb") as file:
                longer.write(file.read() + b"!")
        other = f'location ~ /c$ {{ alias "{longer.name}"; }}'
        whole = Nginx(torrent.root, extra="max_ranges 0;")
        with whole, Nginx(torrent.root, extra=lacks) as half, Nginx(torrent.root, extra=other) as odd:
            result = get(torrent.make(whole.url(), half.url(), odd.url()), out).must(0)
        torrent.must_be_in(out)
        missing = {(line["url"], line["path"][-1]) for line in result.lines() if line["ev"] == "file_missing"}
        assert missing, result
        assert {name for url, name in missing if url == half.url()} <= {"a", "b"}, missing
        assert {name for url, name in missing if url == odd.url()} <= {"c"}, missing


class PythonServer(Daemon):
    """Knows no ranges."""

    program = "/usr/bin/python3"  # one that nobody may start, too

    def __init__(self, root):
        super().__init__()
        self.root = root
        os.chmod(os.path.dirname(root), 0o755)

    def command(self):
        return ["-m", "http.server", "--bind", "127.0.0.1", "--directory", self.root, str(self.port)]

    def url(self):
        return f"http://127.0.0.1:{self.port}/"


def test_without_ranges():
    """python3 -m http.server, which knows no ranges, as the only mirror: all arrives"""
    for files in (24 * MIB + 5, {"a": 3 * MIB, "b": 700_000, "c": 9 * MIB}):
        with workspace() as place:
            torrent, out = Torrent(place, files), os.path.join(place, "out")
            with PythonServer(torrent.root) as server:
                done = get(torrent.make(), out, "--mirror", server.url()).must(0).done()
            torrent.must_be_in(out)
            print(f"    received {done['bytes_received'] / torrent.size:.2f} times its size")
            assert done["bytes_wasted"] == 0, done


def test_limit_rate():
    """--limit-rate and --limit-rate-per-seed hold, and are made use of"""
    with workspace() as place:
        torrent = Torrent(place, 6 * MIB)
        with Nginx(torrent.root, ports=2) as server:
            for option in ("--limit-rate", "--limit-rate-per-seed"):
                mirrors = ("--mirror", server.url(0)) + (("--mirror", server.url(1)) if option == "--limit-rate" else ())
                result = get(torrent.make(), os.path.join(place, option), *mirrors, option, "2M").must(0)
                assert 2 <= result.seconds < 20, (option, result)
