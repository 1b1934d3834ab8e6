"""The clients that are measured, by name, and the measuring of one run of one of them.

  floor-1           bare: one thread and connection, one request after the other
  floor-2           the same with a thread and connection for each core
  floor-N           the same with N threads and connections
  floor-ahead       floor-1 with 8 requests in flight
  receive, digest, write    a part of what floor-1 does, alone
  webseed, webseed-N        the program with what it does by itself, or with N requesters for all seeds together
  threads-N         the same plan with an operating system's thread for each requester
  libtorrent, libtorrent-tuned    as it comes, and as fast as it can be made
  aria2, aria2-metalink     BitTorrent with web seeds; plain HTTP with the hashes of the pieces
  transmission
  curl, curl-sha1sum        to files; the same, and then one hash of each
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess

import transmission

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = len(os.sched_getaffinity(0))
# Debian's is the one that has Debian's packages.
PYTHON = "/usr/bin/python3"
PEERS = ["libtorrent", "libtorrent-tuned", "aria2", "aria2-metalink", "transmission", "curl", "curl-sha1sum"]
PARTS = ["receive", "digest", "write"]
NEEDS = {"aria2": "aria2c", "transmission": "transmission-cli", "curl": "curl"}
# What a kind of client can't do.
LACKS = {
    "floor": {"tls": "has no TLS"},
    "receive": {"tls": "has no TLS"},
    "threads": {"tls": "has no TLS", "v2": "has v1 alone", "hybrid": "has v1 alone"},
    "aria2": {"v2": "has v1 alone"},
    "transmission": {"v2": "3.00 has v1 alone", "hybrid": "3.00 reads no hybrid"},
}
TRANSMISSION = transmission.SETTINGS | {"cache-size-mb": 64}


@dataclasses.dataclass
class Job:
    """One download from servers on 127.0.0.1. The paths are of what clients are told of it."""

    place: str
    urls: list
    ports: list
    form: str = "v1"
    ca: str = ""

    @property
    def torrent(self):
        return os.path.join(self.place, "torrent")

    @property
    def plan(self):
        return os.path.join(self.place, "plan")

    @property
    def metalink(self):
        return os.path.join(self.place, "metalink")

    @property
    def list(self):
        return os.path.join(self.place, "list")

    @property
    def sums(self):
        return os.path.join(self.place, "sums")

    @property
    def finished(self):
        """Touched when all is there, by clients that don't end then."""
        return os.path.join(self.place, "finished")

    def hook(self, then=""):
        """A script for such a client to call."""
        path = os.path.join(self.place, "finished.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n: >"{self.finished}"\n{then}\n')
        os.chmod(path, 0o755)
        return path


@dataclasses.dataclass
class Programs:
    webseed: str
    bench: str

    def own(self, name):
        return os.path.join(self.bench, name)

    def command(self, client, job, directory):
        """The command that downloads the job into a directory."""
        kind, _, variant = client.partition("-")
        if kind == "floor" or kind in PARTS:
            connections = {"": "1", "ahead": "1", "2": str(CORES)}.get(variant, variant)
            in_flight = "8" if variant == "ahead" else "1"
            part = [kind] if kind in PARTS else []
            return [self.own("floor"), connections, in_flight, "127.0.0.1", str(job.ports[0]), job.plan, directory, *part]
        if kind == "webseed":
            number = ["-x", per_seed(variant, job)] if variant else []
            trusted = ["--cacert", job.ca] if job.ca else []
            return [self.webseed, "get", job.torrent, "-d", directory, *number, *trusted, "-q", "--no-resume"]
        if kind == "threads":
            return [self.own("threads"), job.torrent, directory, per_seed(variant, job)]
        if kind == "libtorrent":
            # It takes authorities from where OpenSSL has them by default.
            trusted = ["env", f"SSL_CERT_FILE={job.ca}"] if job.ca else []
            return [*trusted, PYTHON, os.path.join(HERE, "peer_libtorrent.py"), variant or "default", job.torrent, directory]
        if kind == "aria2":
            return aria2_command(job, directory, variant)
        if kind == "transmission":
            return transmission_command(job, directory)
        return curl_command(job, directory, variant)


def is_client(name):
    own = r"floor-ahead|(floor|webseed|threads)-[1-9]\d*|webseed"
    return name in PEERS + PARTS or re.fullmatch(own, name) is not None


def why_not(programs, client, form, tls):
    """Why a client can't be run; None if it can."""
    kind = client.partition("-")[0]
    lacks = LACKS.get(kind, {})
    if tls and "tls" in lacks:
        return lacks["tls"]
    if form in lacks and client != "aria2-metalink":
        return lacks[form]
    if kind in NEEDS and not shutil.which(NEEDS[kind]):
        return "isn't installed"
    if kind == "libtorrent":
        found = subprocess.run([PYTHON, "-c", "import libtorrent"], capture_output=True).returncode == 0
        return None if found else "isn't installed"
    own = {"webseed": programs.webseed, "threads": programs.own("threads")}
    return None if kind not in own or os.access(own[kind], os.X_OK) else "isn't built"


def per_seed(number, job):
    return str(max(1, int(number) // len(job.ports)))


def aria2_command(job, directory, variant):
    # It ends up to two seconds after it has all.
    return [
        "aria2c",
        "--no-conf",
        "--quiet",
        "--seed-time=0",
        "--file-allocation=none",
        "--enable-dht=false",
        "--enable-dht6=false",
        "--bt-enable-lpd=false",
        "--enable-peer-exchange=false",
        "-x16",
        "-s16",
        "-j16",
        "-k1M",
        "--disk-cache=64M",
        *([f"--ca-certificate={job.ca}"] if job.ca else []),
        f"--dir={directory}",
        *([f"--metalink-file={job.metalink}"] if variant else [f"--on-bt-download-complete={job.hook()}", job.torrent]),
    ]


def transmission_command(job, directory):
    # It would seed for ever: the script that it calls when all is there ends it. It is told to trust anybody.
    place = os.path.join(job.place, "transmission")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    with open(os.path.join(place, "settings.json"), "w", encoding="utf-8") as file:
        json.dump(TRANSMISSION, file)
    hook = job.hook("kill -INT $PPID")
    command = ["transmission-cli", "-g", place, "-M", "-f", hook, "-w", directory, job.torrent]
    return ["env", "TR_CURL_SSL_NO_VERIFY=1", *command] if job.ca else command


def curl_command(job, directory, variant):
    trusted = ["--cacert", job.ca] if job.ca else []
    command = ["curl", "-q", "-sSf", *trusted, "--create-dirs", "--output-dir", directory, "-K", job.list]
    if variant != "sha1sum":
        return command
    then = 'directory=$1; sums=$2; shift 2; "$@" && cd "$directory" && sha1sum --check --quiet "$sums"'
    return ["sh", "-c", then, "sh", directory, job.sums, *command]


@dataclasses.dataclass
class Run:
    """One process from start to end; seconds and bytes."""

    wall: float
    user: float
    system: float
    peak: int
    server: float = 0  # CPU seconds of the server meanwhile

    @property
    def cpu(self):
        return self.user + self.system


class Failed(Exception):
    pass


def run(programs, command, work, timeout):
    """The run, and what the command said. Raises Failed, with the end of that, unless it ends with 0 in time."""
    result = os.path.join(work, "measured")
    with open(os.path.join(work, "said"), "w+b") as output:
        try:
            subprocess.run(
                [programs.own("measure"), result, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=timeout,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"not done in {timeout:.0f} s") from None
        with open(result, encoding="ascii") as file:
            code, wall, user, system, peak = file.read().split()
        output.seek(0)
        said = output.read().decode(errors="replace")
        if code != "0":
            raise Failed(f"exit code {code}: {' '.join(said.split())[:300]}")
    return Run(float(wall), float(user), float(system), int(peak) << 10), said
