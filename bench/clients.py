"""The clients that are measured, by name, and the measuring of one run of one of them."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = len(os.sched_getaffinity(0))
PEERS = ["aria2", "libtorrent"]


@dataclasses.dataclass
class Job:
    """One download: `ports` are those of its seeds on 127.0.0.1."""

    torrent: str
    plan: str
    ports: list


@dataclasses.dataclass
class Programs:
    webseed: str
    bench: str

    def own(self, name):
        return os.path.join(self.bench, name)

    def command(self, client, job, directory):
        """The command that downloads the job into a directory.

        floor-1       one thread and connection, one request after the other
        floor-2       the same with a thread and connection for each core
        floor-ahead   floor-1 with 8 requests in flight
        webseed-N     the program, with N requesters for all seeds together
        threads-N     the same with a thread for each requester
        aria2, libtorrent
        """
        kind, _, number = client.partition("-")
        if kind == "floor":
            connections = str(CORES if number == "2" else 1)
            in_flight = "8" if number == "ahead" else "1"
            address = ["127.0.0.1", str(job.ports[0])]
            return [self.own("floor"), connections, in_flight, *address, job.plan, directory]
        if kind == "webseed":
            return [self.webseed, "get", job.torrent, "-d", directory, "-x", per_seed(number, job), "-q", "--no-resume"]
        if kind == "threads":
            return [self.own("threads"), job.torrent, directory, per_seed(number, job)]
        if kind == "aria2":
            return aria2_command(job, directory)
        # Debian's Python is the one that has Debian's package.
        return ["/usr/bin/python3", os.path.join(HERE, "peer_libtorrent.py"), job.torrent, directory]


def is_client(name):
    return name in PEERS or re.fullmatch(r"floor-(1|2|ahead)|(webseed|threads)-[1-9]\d*", name) is not None


def is_installed(peer):
    if peer == "libtorrent":
        command = ["/usr/bin/python3", "-c", "import libtorrent"]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    return shutil.which("aria2c") is not None


def per_seed(number, job):
    return str(max(1, int(number) // len(job.ports)))


def aria2_command(job, directory):
    # It ends up to two seconds after it has said that it is done; that is part of its wall time.
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
        f"--dir={directory}",
        job.torrent,
    ]


@dataclasses.dataclass
class Run:
    """One process from start to end; seconds and bytes."""

    wall: float
    user: float
    system: float
    peak: int

    @property
    def cpu(self):
        return self.user + self.system


class Failed(Exception):
    pass


def run(programs, command, work, timeout):
    """Raises Failed, with the end of what the command said, unless it ends with 0 in time."""
    result = os.path.join(work, "measured")
    said = os.path.join(work, "said")
    with open(said, "w+b") as output:
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
            raise Failed(f"not done in {timeout} s") from None
        with open(result, encoding="ascii") as file:
            code, wall, user, system, peak = file.read().split()
        if code != "0":
            output.seek(0)
            raise Failed(f"exit code {code}: " + output.read()[-1000:].decode(errors="replace").strip())
    return Run(float(wall), float(user), float(system), int(peak) << 10)


def check_there(programs, clients):
    """Ends the harness unless all that is needed is there."""
    needed = {programs.own("measure")}
    for client in clients:
        kind = client.partition("-")[0]
        if kind in ("floor", "threads", "idle"):
            needed.add(programs.own(kind))
        elif kind == "webseed":
            needed.add(programs.webseed)
    for path in sorted(needed):
        if not os.access(path, os.X_OK):
            sys.exit(f"{path} is not there: build it, or name its place with --webseed or --programs")
