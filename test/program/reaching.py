"""The servers and proxies that are in use out there, with and without TLS."""

import glob
import os
import shutil
import signal
import time

from corpus import without_seeds
from servers import Apache, Caddy, Dante, Lighttpd, Squid, ca_file, certificate
from support import KIB, MIB, Nginx, SilentServer, Torrent, finish, get, made, run, start, wait_for, workspace

FILES = {"a b": 700_000, "d/c+d": 5, "d/50%": 100_000, "ü/#1?": 300_000, "empty": 0}


class Shelf:
    """Torrents without seeds, and the directory of their content, each in one of its own. Those of our own making,
    and those of other programs where they are at hand."""

    def __init__(self, place):
        self.root = os.path.join(place, "shelf")
        self.out = os.path.join(place, "out")
        self.torrents = []
        for number, files in enumerate((3 * MIB + 7, FILES)):
            own = Torrent(os.path.join(self.root, str(number)), files, 64 * KIB, seed=number + 1)
            self.torrents.append(own.make())
        content = os.path.join(self.root, "1", "root", "content")
        shutil.copytree(content, os.path.join(self.root, "2", "root", "content"))
        self.torrents.append(os.path.join(self.root, "2", "t.torrent"))
        run("make", content, "--hybrid", "-o", self.torrents[-1], "-q").must(0)
        for directory in sorted(glob.glob(os.path.join(os.environ.get("WEBSEED_CORPUS", "none"), "with-content", "*"))):
            self._add(directory)

    def _add(self, directory):
        content = os.path.join(directory, "content")
        for torrent in sorted(glob.glob(os.path.join(directory, "*.torrent"))):
            place = os.path.join(self.root, str(len(self.torrents)))
            root = os.path.join(place, "root")
            if os.path.exists(content):
                shutil.copytree(content, root)
            os.makedirs(root, exist_ok=True)
            without_seeds(torrent, os.path.join(place, "t.torrent"))
            self.torrents.append(os.path.join(place, "t.torrent"))
            for path, size in made.files_of(torrent)[0]:
                path = os.path.join(root, path)
                if not os.path.exists(path):  # files of zeros are not in the corpus
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "wb") as file:
                        file.truncate(size)

    def fetch(self, url, *arguments, count=None, **options):
        """All of them, or the first, from a server of `root`. Nothing fails on the way."""
        for number, torrent in enumerate(self.torrents[:count]):
            mirror = f"{url}{number}/root/"
            done = get(torrent, self.out, "--mirror", mirror, *arguments, **options).must(0).done()
            assert sum(seed["failures"] for seed in done["seeds"]) == 0, (torrent, done)
            content = made.Content(os.path.join(self.root, str(number), "root"), "", 0)
            difference = made.first_difference(content, torrent, self.out)
            assert difference is None, f"{torrent}: {difference}"
            shutil.rmtree(self.out)


def all_from(server_of):
    """Plain, and with TLS."""
    with workspace() as place:
        shelf = Shelf(place)
        with server_of(shelf.root, None) as server:
            shelf.fetch(server.url())
        with server_of(shelf.root, certificate()) as server:
            shelf.fetch(server.url(), "--cacert", ca_file())


def test_nginx():
    """all that is made elsewhere arrives byte for byte from nginx, with TLS, too"""
    all_from(lambda root, tls: Nginx(root, tls=tls))


def test_apache():
    """the same from Apache"""
    all_from(Apache)


def test_lighttpd():
    """the same from lighttpd"""
    all_from(Lighttpd)


def test_caddy():
    """the same from Caddy"""
    all_from(Caddy)


def test_squid():
    """the same through squid, which sees GET for http and CONNECT for https"""
    with workspace() as place, Squid() as proxy:
        shelf = Shelf(place)
        with Nginx(shelf.root) as plain, Nginx(shelf.root, tls=certificate()) as tls:
            shelf.fetch(plain.url(), "--proxy", proxy.url())
            assert any(f"GET {plain.url()}" in line for line in proxy.log()), proxy.log()
            assert not any("CONNECT" in line for line in proxy.log()), proxy.log()
            shelf.fetch(tls.url(), "--proxy", proxy.url(), "--cacert", ca_file())
            assert any(f"CONNECT 127.0.0.1:{tls.ports[0]}" in line for line in proxy.log()), proxy.log()


def test_squid_that_asks():
    """squid that wants a name and a password: with them all arrives, else 24, and the password is never shown"""
    login = ("me", "pass%3Aword")
    with workspace() as place, Squid(("me", "pass:word")) as proxy:
        shelf = Shelf(place)
        with Nginx(shelf.root) as plain, Nginx(shelf.root, tls=certificate()) as tls:
            for server, wrong in ((plain, ("me", "nonsense")), (tls, None)):
                trusted = ("--cacert", ca_file()) if server is tls else ()
                shelf.fetch(server.url(), "--proxy", proxy.url(login), *trusted, count=2)
                source = ("--mirror", server.url() + "0/root/", "--proxy", proxy.url(wrong), *trusted)
                result = get(shelf.torrents[0], shelf.out, *source).must(24)
                assert "proxy" in result.err and "nonsense" not in result.err + result.out, result


def test_socks():
    """the same through SOCKS5, names resolved here or there"""
    with workspace() as place, Dante() as proxy:
        shelf = Shelf(place)
        with Nginx(shelf.root) as plain, Nginx(shelf.root, tls=certificate()) as tls:
            shelf.fetch(plain.url(), "--proxy", proxy.url("socks5h"))
            shelf.fetch(tls.url(), "--proxy", proxy.url("socks5"), "--cacert", ca_file())
            assert any(f".{plain.ports[0]}" in line for line in proxy.log()), proxy.log()
            assert any(f".{tls.ports[0]}" in line for line in proxy.log()), proxy.log()


def test_environment():
    """proxies of the environment, as curl takes them; what the command line says counts more"""
    nobody = "http://127.0.0.1:9"
    with workspace() as place, Squid() as proxy:
        shelf = Shelf(place)
        with Nginx(shelf.root) as server:
            cases = [
                ({"http_proxy": proxy.url()}, (), True),
                ({"all_proxy": proxy.url()}, (), True),
                ({"ALL_PROXY": proxy.url()}, (), True),
                ({"HTTP_PROXY": nobody}, (), False),  # whoever asks a CGI program can set it
                ({"https_proxy": nobody}, (), False),
                ({"http_proxy": ""}, (), False),
                ({"http_proxy": nobody, "no_proxy": "example.org,127.0.0.1"}, (), False),
                ({"http_proxy": nobody, "NO_PROXY": "*"}, (), False),
                ({"http_proxy": nobody}, ("--proxy", ""), False),
                ({"http_proxy": nobody}, ("--no-proxy", "127.0.0.0/8"), False),
                ({"http_proxy": nobody, "no_proxy": "*"}, ("--proxy", proxy.url(), "--no-proxy", ""), True),
            ]
            for environment, arguments, is_used in cases:
                before = len(proxy.log())
                shelf.fetch(server.url(), *arguments, count=1, env=os.environ | environment)
                assert (len(proxy.log()) > before) == is_used, (environment, arguments)


def test_certificates():
    """a certificate that isn't to be trusted: 6, why is told; --insecure trusts it, and says so every time"""
    wrong = {
        "its own": (certificate(trusted=False), ca_file()),
        "another name": (certificate("DNS:example.org"), ca_file()),
        "another authority": (certificate(), certificate(trusted=False)[0]),
    }
    with workspace() as place:
        torrent = Torrent(place, MIB)
        for what, (chain, trusted) in wrong.items():
            with Nginx(torrent.root, tls=chain) as server:
                arguments = (torrent.make(), os.path.join(place, what), "--mirror", server.url(), "--cacert", trusted)
                result = get(*arguments, "-q")
                assert result.status == 6 and "certificate" in result.err and server.url() in result.err, (what, result)
                assert result.done()["bytes_received"] == 0, (what, result)
                result = get(*arguments, "-q", "--insecure").must(0)
                assert "warning: --insecure" in result.err and result.lines()[0]["insecure"] is True, (what, result)
                torrent.must_be_in(os.path.join(place, what))


def test_client_certificate():
    """a server that wants a certificate of ours: with it all arrives, without 22 or 6"""
    chain, key = certificate()
    both = os.path.join(os.path.dirname(chain), "both.pem")
    with open(both, "w", encoding="utf-8") as file:
        for path in (chain, key):
            with open(path, encoding="utf-8") as part:
                file.write(part.read())
    with workspace() as place:
        torrent = Torrent(place, MIB)
        asks = f"ssl_client_certificate {ca_file()}; ssl_verify_client on;"
        with Nginx(torrent.root, tls=(chain, key), extra=asks) as server:
            source = ("--mirror", server.url(), "--cacert", ca_file())
            for ours in (("--cert", chain, "--key", key), ("--cert", both)):
                get(torrent.make(), os.path.join(place, ours[0] + ours[1][-8:]), *source, *ours).must(0)
            assert get(torrent.make(), os.path.join(place, "none"), *source).status in (6, 22, 24)


def test_source_with_tls():
    """the torrent itself comes over TLS: get, check and show"""
    with workspace() as place:
        torrent, out = Torrent(place, MIB), os.path.join(place, "out")
        with Nginx(place, tls=certificate()) as server:
            torrent.make(server.url() + "root/")
            source = (server.url() + "content.torrent", "--cacert", ca_file())
            assert run("show", *source).must(0).out == run("show", torrent.path).must(0).out
            # A seed that the torrent names may be at this machine because it says so.
            get(source[0], out, *source[1:]).must(0)
            run("check", source[0], "-d", out, *source[1:]).must(0)
            assert "certificate" in run("show", source[0]).must(6).err


def test_interrupted():
    """Ctrl-C while TLS or a proxy is waited for ends at once, with 7"""
    with workspace() as place, SilentServer() as server:
        torrent, silent = Torrent(place, MIB).make(), server.url()[:-1]
        at = "127.0.0.1:" + silent.rpartition(":")[2]
        cases = [(f"https://{at}/",)]
        cases += [("http://127.0.0.1:9/", "--proxy", f"{scheme}://{at}") for scheme in ("http", "https", "socks5")]
        cases += [("https://127.0.0.1:9/", "--proxy", f"{scheme}://{at}") for scheme in ("http", "https", "socks5h")]
        for mirror, *arguments in cases:
            count = server.connection_count
            process = start("get", torrent, "-d", place, "--json", "--mirror", mirror, *arguments)
            wait_for(lambda: server.connection_count > count, process)
            process.send_signal(signal.SIGINT)
            result = finish(process, since=time.monotonic()).must(7)
            assert result.seconds < 5, (mirror, arguments, result)


def test_families():
    """-4 and -6 choose the addresses"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with Nginx(torrent.root) as server:
            get(torrent.make(), os.path.join(place, "4"), "--mirror", server.url(), "-4").must(0)
            result = get(torrent.make(), os.path.join(place, "6"), "--mirror", server.url(), "-6")
            assert result.status in (6, 19), result
