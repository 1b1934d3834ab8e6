"""The examples, which lie beside the program where they were built."""

import os
import re
import socket
import subprocess

import support
from support import MIB, Nginx, Skip, Torrent, workspace

SIZE = 3 * MIB


def example(name):
    path = os.path.join(os.path.dirname(support.PROGRAM), "..", "examples", name)
    if not os.path.exists(path):
        raise Skip("the examples were not built")
    return path


def test_fetch():
    """the example of a coroutine downloads and verifies"""
    program = example("fetch")
    with workspace() as place:
        torrent = Torrent(place, SIZE)
        out = os.path.join(place, "out")
        with Nginx(torrent.root) as server:
            done = subprocess.run([program, torrent.make(server.url()), out], capture_output=True, timeout=60)
        assert done.returncode == 0 and b"all 3 pieces are right" in done.stdout, done
        torrent.must_be_in(out)


def test_embed():
    """the example of a server downloads while the server serves"""
    program = example("embed")
    with workspace() as place:
        torrent = Torrent(place, SIZE)
        out = os.path.join(place, "out")
        with Nginx(torrent.root, limit_rate=MIB) as server:
            command = [program, torrent.make(server.url()), out]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
                port = int(re.fullmatch(rb"port (\d+)\n", running.stdout.readline())[1])
                with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                    answer = client.makefile().read()
                assert re.fullmatch(rf"\d+ of {SIZE} bytes\n", answer), answer
                assert running.wait(timeout=60) == 0
        torrent.must_be_in(out)
