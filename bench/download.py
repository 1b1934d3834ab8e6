#!/usr/bin/env python3
"""Measures downloads from nginx on loopback: webseed against the least that a client can do, and against others.

Each client is run as a whole process, in turn in each round, so that whatever else the machine does hits all alike.
What it wrote is compared byte for byte outside of the measured time. Scenarios:

  one          1 GiB in one file, pieces of 1 MiB
  big-pieces   1 GiB in one file, pieces of 16 MiB
  tiny-pieces  128 MiB in one file, pieces of 16 KiB
  small        20,000 files of 8 to 24 KiB, pieces of 256 KiB across them
  slow         1000 MiB by 1,000 requesters from 8 seeds that send 48 KiB/s to each; not scaled, and only run when
               asked for, or with --full
  idle         CPU time of clients whose only seed never answers: 1 download with 16 requesters, 1,000 downloads
"""

import argparse
import collections
import dataclasses
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import clients
import content
import report
import server

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEFAULT_CLIENTS = ["floor-1", "floor-2", "webseed-1", "webseed-8", "threads-8"]
ROOM = 4 << 30  # bytes for content and results of all scenarios


@dataclasses.dataclass
class Scenario:
    make: object  # (root, scale) -> Content
    clients: list = dataclasses.field(default_factory=lambda: DEFAULT_CLIENTS)
    references: list = dataclasses.field(default_factory=lambda: ["floor-1", "floor-2"])
    seeds: int = 1
    limit_rate: int = 0


def one_file(name, size, piece_length):
    return lambda root, scale: content.make_one_file(root, name, int(size * scale), piece_length)


SCENARIOS = {
    "one": Scenario(one_file("large.bin", 1 << 30, 1 << 20)),
    "big-pieces": Scenario(one_file("large.bin", 1 << 30, 16 << 20)),
    "tiny-pieces": Scenario(one_file("medium.bin", 128 << 20, 16 << 10)),
    "small": Scenario(
        lambda root, scale: content.make_small_files(root, "small", int(20_000 * scale), 256 << 10),
        clients=["floor-1", "floor-ahead", *DEFAULT_CLIENTS[1:]],
    ),
    "slow": Scenario(
        # As much as it takes for all requesters to have a claim at a time.
        lambda root, scale: content.make_one_file(root, "slow.bin", 1000 << 20, 256 << 10),
        clients=["webseed-1000", "threads-1000"],
        references=["threads-1000"],
        seeds=8,
        limit_rate=48 << 10,
    ),
}


def measure_scenario(name, names, options, programs, work):
    scenario = SCENARIOS[name]
    root = os.path.join(work, "content")
    made = scenario.make(root, options.scale)
    torrent, plan = os.path.join(work, f"{name}.torrent"), os.path.join(work, f"{name}.plan")
    with server.Nginx(root, ports=scenario.seeds, limit_rate=scenario.limit_rate) as nginx:
        content.make_torrent(made, nginx.urls(), torrent)
        content.write_plan(torrent, plan)
        job = clients.Job(torrent, plan, nginx.ports)
        runs, failures = measure_rounds(job, made, names, options, programs, work)
    files, _ = content.files_of(torrent)
    size = sum(size for _, size in files)
    if runs:
        rounds = f"{options.rounds} round{'s' * (options.rounds > 1)}"
        report.print_table(
            f"{name}: {size / (1 << 20):.0f} MiB, {len(files):,} file{'s' * (len(files) > 1)}, {rounds}",
            runs,
            scenario.references,
        )
    for client, failure in failures.items():
        print(f"FAILED {name}: {client}: {failure}", flush=True)
    return {
        "bytes": size,
        "files": len(files),
        "piece_length": made.piece_length,
        "clients": report.summary(runs, scenario.references),
        "failures": failures,
        "bars": report.judge(name, runs),
    }


def measure_rounds(job, made, names, options, programs, work):
    """The runs of each client that never failed, and why the others did."""
    runs = {client: [] for client in names}
    failures = {}
    order = collections.deque(names)
    for number in range(options.rounds):
        for client in order:
            if client in failures:
                continue
            progress(f"round {number + 1} of {options.rounds}: {client}")
            out = content.fresh_directory(os.path.join(work, "out"))
            try:
                run = clients.run(programs, programs.command(client, job, out), work, options.timeout)
                if difference := content.first_difference(made, job.torrent, out):
                    raise clients.Failed(difference)
                runs[client].append(run)
            except clients.Failed as failure:
                failures[client] = str(failure)
            shutil.rmtree(out)
        order.rotate(-1)  # so that nobody is always behind the same one
    progress("")
    return {client: runs[client] for client in names if client not in failures}, failures


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def measure_idle(options, programs, work):
    """The share of a core that downloads use while their only seed is silent."""
    cases, bars, failures = {}, [], {}
    print("\nidle")
    with server.SilentServer() as silent:
        torrent = os.path.join(work, "idle.torrent")
        # Not enough for all 16 requesters: some wait for an answer, some for work.
        made = content.make_one_file(os.path.join(work, "content"), "idle.bin", 8 << 20, 256 << 10)
        content.make_torrent(made, [silent.url()], torrent)
        out = content.fresh_directory(os.path.join(work, "out"))
        commands = {
            "1 download, 16 requesters": [programs.webseed, "get", torrent, "-d", out, "-x", "16", "-q", "--no-resume"],
            "1,000 downloads": [programs.own("idle"), torrent, "1000"],
        }
        for name, command in commands.items():
            connected = silent.connection_count
            try:
                percent, code = idle_percent(command, options.idle_seconds)
                connections = silent.connection_count - connected
                if connections == 0:
                    raise clients.Failed("it asks nobody")
            except clients.Failed as failure:
                failures[name] = str(failure)
                print(f"FAILED idle: {name}: {failure}", flush=True)
                continue
            text = f"{name}: {percent:.3f} % of a core"
            print(f"{text}, {connections} connections, exit code {code}", flush=True)
            cases[name] = {"percent": percent, "connections": connections, "exit_code": code}
            held = percent <= report.IDLE_PERCENT_MAX
            text = f"idle: {text}, at most {report.IDLE_PERCENT_MAX:.2f}"
            bars.append({"scenario": "idle", "value": percent, "held": held, "text": text})
    return {"cases": cases, "failures": failures, "bars": bars}


def idle_percent(command, seconds):
    """What a command uses of a core once it waits, and its exit code after Ctrl-C."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)  # it starts and asks
        # The clock of another process's CPU time: clock_getcpuclockid(3). A zombie still has it.
        clock = ~process.pid << 3 | 2
        begin, used = time.monotonic(), time.clock_gettime(clock)
        time.sleep(seconds)
        percent = 100 * (time.clock_gettime(clock) - used) / (time.monotonic() - begin)
        if process.poll() is not None:
            raise clients.Failed(f"it has ended by itself, exit code {process.returncode}")
        process.send_signal(signal.SIGINT)
        return percent, process.wait(30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def choose_place(options):
    """Memory if there is room in it, so that no disk is measured."""
    need = ROOM if "slow" in options.only else int(ROOM * options.scale)
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = {line.split(":")[0]: int(line.split()[1]) << 10 for line in file}
    shared = "/dev/shm"
    if os.access(shared, os.W_OK) and min(shutil.disk_usage(shared).free, memory["MemAvailable"] // 2) > need:
        return shared
    return tempfile.gettempdir()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--webseed", default=os.path.join(ROOT, "build", "app", "webseed"), metavar="PATH", help="the program")
    add("--programs", default=os.path.join(ROOT, "build", "bench"), metavar="DIR", help="of floor and the like")
    add("--full", action="store_true", help="the real sizes, 5 rounds; else an eighth, 3 rounds")
    add("--scale", type=float, help="the part of the real sizes")
    add("--rounds", type=int)
    add("--only", action="append", choices=[*SCENARIOS, "idle"], help="this scenario; may be repeated")
    add("--clients", metavar="NAME,...", help="floor-1, floor-2, floor-ahead, webseed-N, threads-N, aria2, libtorrent")
    add("--peers", action="store_true", help="also aria2 and libtorrent, where installed")
    add("--check", action="store_true", help="exit code 1 if a bar is missed; they are meant for --full")
    add("--json", metavar="FILE", help="write all figures there")
    add("--work", metavar="DIR", help="work below it; default: /dev/shm if there is room, else TMPDIR")
    add("--timeout", type=float, default=600, metavar="SECONDS", help="for one run of a client")
    add("--idle-seconds", type=float, default=5, metavar="SECONDS")
    options = parser.parse_args()
    options.scale = options.scale or (1.0 if options.full else 0.125)
    options.rounds = options.rounds or (5 if options.full else 3)
    options.only = options.only or [name for name in [*SCENARIOS, "idle"] if name != "slow" or options.full]
    for name in options.clients.split(",") if options.clients else []:
        if not clients.is_client(name):
            parser.error(f"no such client: {name}")
    return options


def clients_of(name, options):
    if options.clients:
        return options.clients.split(",")
    chosen = SCENARIOS[name].clients
    if options.peers and name != "slow":
        chosen = chosen + [peer for peer in clients.PEERS if clients.is_installed(peer)]
    return chosen


def main():
    options = parse_arguments()
    # Ends like Ctrl-C does: what was started is stopped, what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    programs = clients.Programs(os.path.abspath(options.webseed), os.path.abspath(options.programs))
    transfers = {name: clients_of(name, options) for name in options.only if name != "idle"}
    needed = {client for names in transfers.values() for client in names}
    clients.check_there(programs, needed | ({"webseed-1", "idle"} if "idle" in options.only else set()))

    results = {}
    place = options.work or choose_place(options)
    with tempfile.TemporaryDirectory(prefix="webseed-bench-", dir=place) as work:
        os.mkdir(os.path.join(work, "content"))
        for name in options.only:
            if name == "idle":
                results[name] = measure_idle(options, programs, work)
            else:
                results[name] = measure_scenario(name, transfers[name], options, programs, work)

    verdicts = [verdict for result in results.values() for verdict in result["bars"]]
    report.print_verdicts(verdicts)
    if options.json:
        machine = {"cores": clients.CORES, "system": platform.platform(), "load": os.getloadavg()}
        with open(options.json, "w", encoding="utf-8") as file:
            everything = {"scale": options.scale, "rounds": options.rounds, "machine": machine, "scenarios": results}
            json.dump(everything, file, indent=2)
    failed = any(result.get("failures") for result in results.values())
    missed = options.check and not all(verdict["held"] for verdict in verdicts)
    return 1 if failed or missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
