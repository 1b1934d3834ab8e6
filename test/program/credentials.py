"""Who is told which header, name and password."""

import base64
import os
import shutil

from asking import AskedServer
from servers import certificate
from support import MIB, Torrent, get, run, workspace


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def wants(value):
    """Who hasn't this Authorization is refused."""
    return lambda _, headers: None if headers.get("Authorization") == value else (401, {"WWW-Authenticate": "Basic"})


def lacks(name):
    """So that both of two mirrors are asked."""
    return lambda path, _: (404, {}) if path.endswith(name) else None


def test_headers():
    """--header and --user-agent: the servers that the user names have the fields; the torrent's never have --header's"""
    with workspace() as place:
        torrent, secret = Torrent(place, {"a": MIB, "b": MIB}), "Bearer of news"
        with AskedServer(torrent.root, lacks("b")) as named, AskedServer(torrent.root, lacks("a")) as other:
            fields = ("--header", "Authorization: " + secret, "--header", "X-Two:2", "--user-agent", "tester/1")
            source = (torrent.make(other.url()), os.path.join(place, "out"), "--mirror", named.url())
            get(*source, *fields).must(0)
            assert named.values("Authorization") == {secret} and named.values("X-Two") == {"2"}, named.requests
            assert other.values("Authorization") == {None} and other.values("X-Two") == {None}, other.requests
            assert named.values("User-Agent") == other.values("User-Agent") == {"tester/1"}, other.requests
        torrent.must_be_in(os.path.join(place, "out"))


def test_source():
    """the server of SOURCE has the fields, too"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        torrent.make("http://127.0.0.1:9/")
        with AskedServer(place, wants("token")) as server:
            url = server.url() + "content.torrent"
            run("show", url, "--header", "Authorization: token").must(0)
            assert url in run("show", url).must(24).err


def test_redirect():
    """where a redirect leads to another server, nothing goes along; on the same server it does"""
    with workspace() as place:
        torrent, out = Torrent(place, MIB), os.path.join(place, "out")
        with AskedServer(torrent.root) as last:
            away = lambda path, _: (302, {"Location": last.url() + path[1:]})
            with AskedServer(torrent.root, away) as first:
                mirror = first.url("me:word@")
                get(torrent.make(), out, "--mirror", mirror, "--header", "X-Key: k").must(0)
                assert first.values("Authorization") == {basic("me", "word")} and first.values("X-Key") == {"k"}
                assert last.values("Authorization") == {None} and last.values("X-Key") == {None}, last.requests
        around = lambda path, _: None if path.startswith("/content") else (307, {"Location": "/content"})
        with AskedServer(torrent.root, around) as server:
            out = os.path.join(place, "again")
            get(torrent.make(), out, "--mirror", server.url("me:word@") + "old", "--header", "X-Key: k").must(0)
            assert server.values("Authorization") == {basic("me", "word")} and server.values("X-Key") == {"k"}


def test_userinfo():
    """a name and password in a mirror's URL are sent without escapes; wrong ones are 24"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with AskedServer(torrent.root, wants(basic("me", "p@ss:w/rd"))) as server:
            get(torrent.make(), os.path.join(place, "out"), "--mirror", server.url("me:p%40ss:w%2Frd@")).must(0)
            result = get(torrent.make(), os.path.join(place, "none"), "--mirror", server.url("me:wrong@")).must(24)
            assert "401" in result.err and "wrong" not in result.err + result.out, result


NETRC = """\
# a comment machine 127.0.0.1 login no password no
machine other.example login other password other
macdef init
machine 127.0.0.1 login no password no

machine   127.0.0.1
    login "a b"  account whatever
    password "q\\"u\\\\o # te"   # and a comment
default login anybody password "any"
"""


def test_netrc():
    """--netrc-file: words in quotes, comments and macros; the entry of the host, which URLs may overrule"""
    with workspace() as place:
        torrent, file = Torrent(place, MIB), os.path.join(place, "netrc")
        with open(file, "w", encoding="utf-8") as netrc:
            netrc.write(NETRC)
        os.chmod(file, 0o600)
        with AskedServer(torrent.root) as server:
            mirror = ("--mirror", server.url(), "--netrc-file", file)
            result = get(torrent.make(), os.path.join(place, "1"), *mirror, "-q").must(0)
            assert result.err == "" and server.values("Authorization") == {basic("a b", 'q"u\\o # te')}, result
        with AskedServer(torrent.root) as server:
            mirror = ("--mirror", server.url("me:word@"), "--netrc-file", file)
            get(torrent.make(), os.path.join(place, "2"), *mirror).must(0)
            assert server.values("Authorization") == {basic("me", "word")}, server.requests


def test_netrc_default():
    """its `default` is for servers that the user names alone; --netrc reads the file of the user"""
    with workspace() as place:
        torrent, file = Torrent(place, {"a": MIB, "b": MIB}), os.path.join(place, ".netrc")
        with open(file, "w", encoding="utf-8") as netrc:
            netrc.write("machine other.example login other password other default login me password word")
        os.chmod(file, 0o600)
        with AskedServer(torrent.root, lacks("b")) as named, AskedServer(torrent.root, lacks("a")) as other:
            source = (torrent.make(other.url()), os.path.join(place, "out"), "--mirror", named.url())
            get(*source, "--netrc", env=os.environ | {"HOME": place}).must(0)
            assert named.values("Authorization") == {basic("me", "word")}, named.requests
            assert other.values("Authorization") == {None}, other.requests


def test_bad_netrc():
    """a netrc that isn't there, or is broken, or which others may read: told, without what is in it"""
    with workspace() as place:
        torrent, file = Torrent(place, MIB), os.path.join(place, "netrc")
        arguments = ("get", torrent.make("http://127.0.0.1:9/"), "-d", place, "-q", "--netrc-file", file, "--json")
        assert file in run(*arguments).must(17).err
        for text in ("machine a login b password", 'machine a login b password "topsecret', "machine"):
            with open(file, "w", encoding="utf-8") as netrc:
                netrc.write(text)
            os.chmod(file, 0o600)
            result = run(*arguments).must(28)
            assert file in result.err and "line 1" in result.err and "topsecret" not in result.err, result
            assert result.done()["exit"] == 28, result
        with open(file, "w", encoding="utf-8") as netrc:
            netrc.write("machine a login b password c")
        os.chmod(file, 0o644)
        assert f"warning: {file}" in run("show", torrent.path, "--netrc-file", file).must(0).err


def test_malformed():
    """options of the wrong form: 28, and what they hold isn't repeated"""
    wrong = [
        ("--header", "topsecret"),
        ("--header", "topsecret name: x"),
        ("--header", "X: topsecret\r\nY: 1"),
        ("--proxy", "ftp://me:topsecret@127.0.0.1"),
        ("--hedaer", "Authorization: topsecret"),
        ("--hedaer=Authorization: topsecret",),
        ("-x", "http://me:topsecret@127.0.0.1"),
        ("--limit-rate", "5X"),
        ("--timeout", "nan"),
        ("--connect-timeout", "0"),
        ("--max-redirect", "-1"),
        ("-4", "-6"),
        ("--key", "/dev/null"),
        ("--proxy", "http://me:topsecret@127.0.0.1:99999"),
        ("--proxy", "127.0.0.1:0"),
        ("--cacert", "/nowhere/at/all"),
        ("--cacert", __file__),
        ("--cert", certificate()[0], "--key", certificate(trusted=False)[1]),
        ("--netrc=topsecret",),
        ("--netrc", "--netrc-file", "x"),
    ]
    for arguments in wrong:
        result = run("get", "x.torrent", *arguments).must(28)
        assert "topsecret" not in result.err + result.out, result
    assert "topsecret" not in run("show", "x", "http://me:topsecret@127.0.0.1/").must(28).err


def test_who_may_be_reached():
    """a torrent's seed on this machine is asked if it says so itself and has no query; with --allow-private always"""
    with workspace() as place:
        torrent = Torrent(place, MIB)
        with AskedServer(torrent.root) as server:
            query = server.url() + "content?a=b"
            for seed, status in ((server.url(), 0), (server.url(host="localhost"), 0), (query, 6)):
                result = get(torrent.make(seed), os.path.join(place, "out"), "--json").must(status)
                assert status == 0 or "127.0.0.1" in result.err, result
                shutil.rmtree(os.path.join(place, "out"))
            for seeds, *arguments in (([query], "--allow-private"), ([], "--mirror", query)):
                get(torrent.make(*seeds), os.path.join(place, "out"), *arguments).must(0)
                shutil.rmtree(os.path.join(place, "out"))
