"""Reads the #include lines: no room reaches where it must not.

The order of knowledge, lowest first: torrent -> plan | http | net | disk, blind to each other -> engine -> app.
"""

import collections
import os
import re
import sys

import sources

sys.path.insert(0, os.path.join(sources.ROOT, "test", "support"))
import runner

STD = r"[a-z_0-9]+"  # <vector>
SYSTEM = r"[a-z]+\.h|(sys|linux|netinet|arpa)/[a-z]+\.h"  # what the operating system has
SYSTEM_ERRORS = r"boost/system/.*"
PURE_FACE = r"webseed/(error|magnet|make|metainfo|types|version)\.hpp"
SOCKETS = r"boost/asio/(ip/(?!address\.hpp).*|local/.*|posix/.*|ssl.*|.*socket.*|.*acceptor.*|connect\.hpp|generic/.*)"
TIMERS = r"boost/asio/.*timer.*"

# What the files below a directory may include, and what of that they may not. First match counts.
Room = collections.namedtuple("Room", "where may must_not", defaults=[[]])
ROOMS = [
    Room("lib/torrent/digest.", [STD, SYSTEM_ERRORS, PURE_FACE, r"torrent/.*", r"openssl/evp\.h"]),
    Room("lib/torrent/", [STD, SYSTEM_ERRORS, PURE_FACE, r"torrent/.*"]),
    Room("lib/plan/", [STD, SYSTEM_ERRORS, PURE_FACE, r"plan/.*", r"torrent/.*"], [r"torrent/digest\.hpp"]),
    Room(
        "lib/http/",
        [STD, SYSTEM_ERRORS, r"boost/(asio|beast|url)/.*", r"webseed/.*", r"http/.*"],
        [SOCKETS, TIMERS, r"webseed/(download|engine|storage|events|stats)\.hpp"],
    ),
    Room(
        "lib/net/",
        [STD, SYSTEM, SYSTEM_ERRORS, r"boost/asio/.*", r"openssl/.*", r"webseed/(address_policy|clock|error|network|network_check|network_options|types)\.hpp", r"net/.*"],
    ),
    # Who has much to sync lets others run in between.
    Room("lib/disk/file_storage.cpp", [STD, SYSTEM, r"webseed/storage\.hpp", r"boost/asio/(post|use_awaitable)\.hpp", r"disk/.*", r"torrent/.*"]),
    Room("lib/disk/", [STD, SYSTEM, SYSTEM_ERRORS, r"webseed/storage\.hpp", PURE_FACE, r"disk/.*", r"torrent/.*"]),
    # Threads and their signals are its own; file descriptors are not.
    Room("lib/engine/workers.cpp", [STD, r"(pthread|signal)\.h", r"boost/asio/.*", r"engine/.*"], [SOCKETS, TIMERS]),
    Room(
        "lib/engine/",
        [STD, SYSTEM_ERRORS, r"boost/asio/.*", r"webseed/.*", r"(engine|http|net|disk|plan|torrent)/.*"],
        [SOCKETS, TIMERS],
    ),
    Room("include/webseed/", [STD, SYSTEM_ERRORS, r"boost/asio/.*", r"webseed/.*"], [SOCKETS, TIMERS]),
    Room("app/", [STD, SYSTEM, r"boost/.*", r"CLI/.*", r"webseed/.*", r"app/.*"]),
    Room("examples/", [STD, SYSTEM, r"boost/.*", r"webseed/.*", r"examples/.*"]),
]

# What these may not reach by any number of steps through our own headers.
UNREACHABLE = [
    ("lib/torrent/", r"boost/(asio|beast|url)/.*"),
    ("lib/plan/", r"boost/(asio|beast|url)/.*|openssl/.*"),
    ("test/torrent/", r"boost/(asio|beast|url)/.*"),
    ("test/plan/", r"boost/(asio|beast|url)/.*|openssl/.*"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def includes(path, text):
    """What a file includes, as it would be seen from lib/ or include/; beside itself first where it is in quotes."""
    for quote, name in INCLUDE.findall(text):
        directory = os.path.dirname(path)
        beside = os.path.normpath(os.path.join(directory, name))
        if quote == '"' and os.path.exists(os.path.join(sources.ROOT, beside)):
            yield re.sub(r"^(lib|include)/", "", beside)
        else:
            yield name


def is_forbidden(path, name):
    room = next((room for room in ROOMS if path.startswith(room.where)), None)
    if room is None:
        return False
    matches = lambda patterns: any(re.fullmatch(pattern, name) for pattern in patterns)
    return not matches(room.may) or matches(room.must_not)


def own_file(name):
    """The path of one of our headers; None if it isn't ours."""
    places = (os.path.join(base, name) for base in ("lib", "include", "test", ""))
    return next((path for path in places if os.path.isfile(os.path.join(sources.ROOT, path))), None)


def reached(path):
    """(header, the path that includes it) for all that a file reaches."""
    seen, waiting = {path}, [path]
    while waiting:
        at = waiting.pop()
        for name in includes(at, sources.read(at)):
            yield name, at
            own = own_file(name)
            if own and own not in seen:
                seen.add(own)
                waiting.append(own)


def test_rooms():
    """no room includes what it must not know"""
    wrong = [
        f"{path}: {name}"
        for path in sources.paths(endings=sources.CPP)
        for name in includes(path, sources.read(path))
        if is_forbidden(path, name)
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_rooms():
    """the pure rooms and their tests don't reach Asio, by any number of steps"""
    wrong = [
        f"{path}: {name}, by way of {by}"
        for where, pattern in UNREACHABLE
        for path in sources.paths([where], sources.CPP)
        for name, by in reached(path)
        if re.fullmatch(pattern, name)
    ]
    assert not wrong, "\n".join(wrong)


def test_wrong_includes_are_found():
    """a wrong include would be found in every room, and a right one wouldn't"""
    wrong = [
        ("lib/torrent/layout.cpp", "<openssl/evp.h>"),
        ("lib/torrent/layout.cpp", "<boost/asio/buffer.hpp>"),
        ("lib/torrent/layout.cpp", '"plan/plan.hpp"'),
        ("lib/torrent/layout.cpp", "<webseed/network.hpp>"),
        ("lib/torrent/layout.cpp", "<fcntl.h>"),
        ("lib/plan/plan.cpp", "<boost/beast/http/status.hpp>"),
        ("lib/plan/plan.cpp", '"http/seed_url.hpp"'),
        ("lib/plan/plan.cpp", "<webseed/clock.hpp>"),
        ("lib/http/connection.cpp", "<boost/asio/ip/tcp.hpp>"),
        ("lib/http/connection.cpp", "<boost/asio/steady_timer.hpp>"),
        ("lib/http/connection.cpp", "<openssl/ssl.h>"),
        ("lib/http/connection.cpp", '"plan/plan.hpp"'),
        ("lib/http/connection.cpp", '"net/resolve.hpp"'),
        ("lib/http/connection.cpp", '"../net/resolve.hpp"'),
        ("lib/net/resolve.cpp", '"http/seed_url.hpp"'),
        ("lib/net/resolve.cpp", '"engine/workers.hpp"'),
        ("lib/disk/directory.cpp", '"http/seed_url.hpp"'),
        ("lib/disk/directory.cpp", '"plan/plan.hpp"'),
        ("lib/disk/directory.cpp", "<webseed/network.hpp>"),
        ("lib/engine/session.cpp", "<boost/beast/http/parser.hpp>"),
        ("lib/engine/session.cpp", "<boost/asio/ip/tcp.hpp>"),
        ("lib/engine/session.cpp", "<boost/asio/basic_stream_socket.hpp>"),
        ("lib/engine/session.cpp", "<openssl/evp.h>"),
        ("lib/engine/session.cpp", "<unistd.h>"),
        ("include/webseed/engine.hpp", '"engine/session.hpp"'),
        ("include/webseed/engine.hpp", "<boost/beast/core.hpp>"),
        ("app/main.cpp", '"torrent/layout.hpp"'),
        ("app/main.cpp", '"../lib/torrent/layout.hpp"'),
        ("examples/any.cpp", '"engine/session.hpp"'),
    ]
    right = [
        ("lib/torrent/digest.cpp", "<openssl/evp.h>"),
        ("lib/torrent/layout.cpp", '"layout.hpp"'),
        ("lib/plan/plan.cpp", '"torrent/layout.hpp"'),
        ("lib/http/connection.cpp", "<boost/beast/http/parser.hpp>"),
        ("lib/net/resolve.cpp", "<boost/asio/ip/tcp.hpp>"),
        ("lib/disk/directory.cpp", "<sys/stat.h>"),
        ("lib/engine/session.cpp", '"http/connection.hpp"'),
        ("app/main.cpp", "<CLI/App.hpp>"),
        ("app/main.cpp", '"format.hpp"'),
    ]
    for expected, table in ((True, wrong), (False, right)):
        for path, include in table:
            names = list(includes(path, f"#include {include}\n"))
            assert names, f"{include} is not read"
            assert is_forbidden(path, names[0]) == expected, f"{path}: {include}"


if __name__ == "__main__":
    sys.exit(runner.run(runner.cases_of(sys.modules[__name__])))
