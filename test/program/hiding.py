"""Secrets of all kinds, through success and every kind of failure: none of them is ever shown."""

import concurrent.futures
import itertools
import os
import shutil
import signal
import socket
import urllib.parse

from asking import AskedServer
from servers import Squid, ca_file, certificate
from sources import magnet
from support import MIB, Nginx, SilentServer, Torrent, finish, free_ports, run, start, wait_for, workspace

SECRETS = {
    "the name in a URL": "hidden1name",
    "the password in a URL": "hidden2word",
    "a token in a URL": "hidden3token",
    "a header": "hidden4header",
    "netrc": "hidden5netrc",
    "the proxy's password": "hidden6proxy",
    "the signature in a redirect": "hidden7signature",
    "the name in the torrent": "hidden8name",
    "a token in the torrent": "hidden9token",
}
LOGIN = "{}:{}@".format(SECRETS["the name in a URL"], SECRETS["the password in a URL"])
QUERY = "?token=" + SECRETS["a token in a URL"]


def shown_of(result):
    """Also as they would look with escapes, or cut."""
    text = urllib.parse.unquote(result.out + result.err)
    return [what for what, secret in SECRETS.items() if secret[:7] in text]


def must_be_hidden(result):
    shown = shown_of(result)
    assert not shown, (shown, str(result))
    return result


class World:
    """A torrent with seeds of its own that hold secrets, a file of logins, options with secrets."""

    def __init__(self, place):
        self.place = place
        self.torrent = Torrent(place, 2 * MIB)
        self.netrc = os.path.join(place, "netrc")
        with open(self.netrc, "w", encoding="utf-8") as file:
            file.write(f"machine 127.0.0.1 login somebody password {SECRETS['netrc']}")
        os.chmod(self.netrc, 0o600)
        self.options = ["--netrc-file", self.netrc, "--header", "Authorization: Bearer " + SECRETS["a header"]]

    def seeds(self, url):
        """What the torrent has for seeds. The second is refused: strangers may not have us ask our own machine with a
        query."""
        scheme, _, rest = url.partition("://")
        seed = "{}://{}@{}content".format(scheme, SECRETS["the name in the torrent"], rest)
        return seed, seed + "?token=" + SECRETS["a token in the torrent"]

    def mirror(self, url):
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{LOGIN}{rest}content{QUERY}"

    def run_all(self, url, status, *arguments, commands=("get", "probe")):
        """With JSON and without, quiet and not, from a mirror and from the torrent's own seeds; all at once, since
        those that fail may take their time."""
        seeded = shutil.copy(self.torrent.make(*self.seeds(url)), os.path.join(self.place, "seeded.torrent"))
        sources = [(self.torrent.make(), "--mirror", self.mirror(url)), (seeded,)]
        ways = list(itertools.product(commands, (["--json"], [], ["-q"]), sources))

        def run_one(number):
            command, how, source = ways[number]
            where = ["-d", os.path.join(self.place, f"out{number}")] if command == "get" else []
            return run(command, *source, *where, *how, *self.options, *arguments)

        with concurrent.futures.ThreadPoolExecutor(len(ways)) as threads:
            for number, result in enumerate(threads.map(run_one, range(len(ways)))):
                must_be_hidden(result)
                command, _, source = ways[number]
                if command == "get" or source is not sources[1]:
                    assert (result.status == 0) == (status == 0), (ways[number], str(result))
                shutil.rmtree(os.path.join(self.place, f"out{number}"), ignore_errors=True)


def test_success():
    """secrets in URLs, headers, netrc and torrents aren't shown when all goes well"""
    with workspace() as place:
        world = World(place)
        with Nginx(world.torrent.root) as server:
            world.run_all(server.url(), 0)
            torrent = world.torrent.make(*world.seeds(server.url()))
            for how in ([], ["--json"]):
                must_be_hidden(run("show", torrent, *how, *world.options).must(0))
                link = magnet(world.torrent, ("ws", world.mirror(server.url())), ("xs", world.mirror(server.url())))
                must_be_hidden(run("show", link, *how, *world.options))


def test_answers():
    """nor when a server answers with any status, or with wrong bytes"""
    with workspace() as place:
        world = World(place)
        for status in (400, 401, 403, 404, 416, 429, 500, 503):
            with AskedServer(world.torrent.root, lambda *_: (status, {"Retry-After": 0})) as server:
                commands = ("get", "probe") if status == 401 else ("probe",)
                world.run_all(server.url(), 1, commands=commands)
        with Nginx(world.torrent.changed_copy(place, 5, MIB + 5)) as server:
            world.run_all(server.url(), 1)


def test_redirects():
    """nor when it sends on to where a signature is needed, which works or fails"""
    target = "content?sig=" + SECRETS["the signature in a redirect"]
    with workspace() as place:
        world = World(place)
        for root, status in ((world.torrent.root, 0), (place, 1)):
            with Nginx(root) as last:
                for location in (last.url() + target, last.url().replace("//", f"//{LOGIN}") + target):
                    with AskedServer(place, lambda *_: (302, {"Location": location})) as server:
                        world.run_all(server.url(), status, "--allow-private")
        for location in ("ftp://127.0.0.1/" + target, "/" + target, "http://169.254.169.254/" + target):
            with AskedServer(place, lambda *_: (302, {"Location": location})) as server:
                world.run_all(server.url(), 1, commands=("probe",))


def test_no_connection():
    """nor when there is no connection, or none with TLS"""
    with workspace() as place:
        world = World(place)
        world.run_all(f"http://127.0.0.1:{free_ports()[0]}/", 1, commands=("probe",))
        with Nginx(world.torrent.root, tls=certificate()) as server:
            world.run_all(server.url(), 1, commands=("probe",))
            world.run_all(server.url(), 0, "--cacert", ca_file())
            world.run_all(server.url().replace("https", "http"), 1, commands=("probe",))
        with Nginx(world.torrent.root) as server:
            world.run_all(server.url().replace("http", "https"), 1, "--insecure", commands=("probe",))


def test_proxy():
    """nor by way of a proxy, whether it lets us or not"""
    login = ("someone", SECRETS["the proxy's password"])
    with workspace() as place, Squid(login) as good, Squid(("someone", "else")) as bad, socket.socket() as deaf:
        world = World(place)
        deaf.bind(("127.0.0.1", 0))  # nobody listens there, and no server that is started later gets the port
        nobody = "http://{}:{}@127.0.0.1:{}".format(*login, deaf.getsockname()[1])
        with Nginx(world.torrent.root) as plain, Nginx(world.torrent.root, tls=certificate()) as tls:
            for server in (plain, tls):
                for proxy, status in ((good.url(login), 0), (bad.url(login), 1), (nobody, 1)):
                    commands = ("get", "probe") if status == 0 else ("probe",)
                    world.run_all(server.url(), status, "--proxy", proxy, "--cacert", ca_file(), commands=commands)
                wrong = f"http://{login[0]}:{login[1]}@127.0.0.1:port"
                world.run_all(server.url(), 1, "--proxy", wrong, commands=("probe",))


def test_source():
    """nor of a SOURCE that is a URL or a link, which is there, or not, or no torrent, or none that is meant"""
    with workspace() as place, Nginx(place) as server:
        world = World(place)
        torrent = world.torrent.make(server.url() + "root/content")
        base = server.url().replace("//", f"//{LOGIN}")
        other = Torrent(place, 100, name="other", seed=2)
        os.remove(other.path)
        for name in ("content.torrent", "none.torrent", "root/content"):
            url = base + name + QUERY
            for source in (url, magnet(world.torrent, ("xs", url), ("as", url))):
                for command, *how in (("get", "-d", place, "--json"), ("get", "-d", place), ("show",), ("show", "--json")):
                    must_be_hidden(run(command, source, *how, *world.options))
                must_be_hidden(run("check", source, "-d", place, *world.options))
        for wrong in (f"ftp://{LOGIN}h/t{QUERY}", f"{LOGIN}h/t", f"http://{LOGIN}h:port/{QUERY}", f"http://{LOGIN}/{QUERY}"):
            for command in ("get", "show", "probe"):
                result = must_be_hidden(run(command, wrong, *world.options))
                assert result.status != 0 and result.err, result
                must_be_hidden(run("get", torrent, "-d", place, "--mirror", wrong, "--json"))
            must_be_hidden(run("make", os.path.join(place, "root"), "-w", wrong, "-o", os.path.join(place, "made")))


def test_interrupted():
    """nor when it is interrupted while a server is silent"""
    with workspace() as place, SilentServer() as server:
        world = World(place)
        for command in ("get", "probe"):
            count = server.connection_count
            where = ["-d", place] if command == "get" else []
            torrent = world.torrent.make(*world.seeds(server.url()))
            process = start(command, torrent, *where, "--mirror", world.mirror(server.url()), "--json", *world.options)
            wait_for(lambda: server.connection_count > count, process)
            process.send_signal(signal.SIGINT)
            must_be_hidden(finish(process).must(7))
