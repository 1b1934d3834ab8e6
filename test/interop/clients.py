"""Other programs that make and download torrents, each with nothing but loopback in reach."""

import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "program"))

from support import PATIENCE, Skip, free_ports, wait_for  # noqa: E402

import transmission  # noqa: E402  of bench/, which support knows

PYTHON = "/usr/bin/python3"  # Debian's binding is for Debian's Python


def call(*command, crashes_max=0, **options):
    words = [str(word) for word in command]
    options = {"capture_output": True, "text": True, "timeout": PATIENCE, "stdin": subprocess.DEVNULL} | options
    for _ in range(crashes_max + 1):
        done = subprocess.run(words, **options)
        if done.returncode >= 0:
            break
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def needed(name):
    """The path of a program, which may not be there."""
    found = shutil.which(name)
    if not found:
        raise Skip(f"no {name}")
    return found


def libtorrent(*arguments):
    if subprocess.run([PYTHON, "-c", "import libtorrent"], capture_output=True).returncode:
        raise Skip("no libtorrent")
    # Its threads crash now and then, rarely, on a busy machine.
    return call(PYTHON, os.path.join(HERE, "peer_libtorrent.py"), *arguments, crashes_max=2)


def described(*torrents):
    return [json.loads(line) for line in libtorrent("describe", *torrents).splitlines()]


def fetch_with_libtorrent(torrent, directory):
    libtorrent("fetch", torrent, directory)


def fetch_with_aria2(torrent, directory):
    call(
        needed("aria2c"),
        "--no-conf",
        "--quiet",
        "--seed-time=0",
        "--file-allocation=none",
        "--enable-dht=false",
        "--enable-dht6=false",
        "--bt-enable-lpd=false",
        "--enable-peer-exchange=false",
        "--interface=127.0.0.1",
        f"--listen-port={free_ports()[0]}",
        "-x8",
        "-s8",
        "-j8",
        f"--dir={directory}",
        torrent,
    )


def fetch_with_transmission(torrent, directory):
    """It would seed for ever: it's ended when it has called the script."""
    program = needed("transmission-cli")
    place = directory + "-transmission"
    os.makedirs(place)
    with open(os.path.join(place, "settings.json"), "w", encoding="utf-8") as file:
        json.dump(transmission.SETTINGS, file)
    script, finished = os.path.join(place, "finished.sh"), os.path.join(place, "finished")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\n: >"{finished}"\n')
    os.chmod(script, 0o755)
    port = str(free_ports()[0])
    command = [program, "-g", place, "-M", "-p", port, "-f", script, "-w", directory, torrent]
    with open(os.path.join(place, "log"), "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(lambda: os.path.exists(finished) or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)  # it writes what it holds
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    with open(os.path.join(place, "log"), "rb") as log:
        assert os.path.exists(finished), log.read()[-2000:]


def make_with_mktorrent(content, torrent, url, piece_length):
    exponent = piece_length.bit_length() - 1
    call(needed("mktorrent"), "-l", exponent, "-w", url, "-o", torrent, content)


def make_with_transmission(content, torrent, url, piece_length):
    import content as made

    call(needed("transmission-create"), "-s", piece_length >> 10, "-o", torrent, content)
    made.add_web_seeds(torrent, [url])


def maker_with_libtorrent(form):
    def make(content, torrent, url, piece_length):
        libtorrent("create", form, piece_length, content, torrent, url)

    return make
