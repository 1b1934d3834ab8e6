#!/usr/bin/env python3
"""Measures webseed against the least that a client can do, and against others, from nginx on loopback.

SCENARIO is one of these; tls-NAME is NAME over TLS, `tls` all of those:
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import signal
import sys
import tempfile

import clients
import downloads
import plot
import report
import scenarios

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OTHERS = {
    "reads": "random reads through the library's readers",
    "idle": "10,000 downloads whose only seed never answers",
    "start": "torrents of 100,000 files and of 1,000,000 pieces, until the first connection",
    "hashing": "making a torrent, and checking what is there",
    "growth": "CPU time while sizes, files, pieces, seeds and connections double",
    "micro": "parts of the library by themselves",
}
ROOM = 5 << 30  # bytes for content and results of all scenarios


def choose_place(options):
    """Memory if there is room in it, so that no disk is measured."""
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = {line.split(":")[0]: int(line.split()[1]) << 10 for line in file}
    shared = "/dev/shm"
    if os.access(shared, os.W_OK) and min(shutil.disk_usage(shared).free, memory["MemAvailable"] // 2) > ROOM:
        return shared
    return tempfile.gettempdir()


def chosen_scenarios(names, is_full):
    everything = [*scenarios.DOWNLOADS, *OTHERS]
    if not names:
        return [name for name in everything if is_full or name in OTHERS or scenarios.DOWNLOADS[name].is_short]
    chosen = []
    for name in names:
        chosen += scenarios.OVER_TLS if name == "tls" else [name]
    unknown = [name for name in chosen if name not in everything]
    return chosen if not unknown else sys.exit(f"no such scenario: {', '.join(unknown)}")


def parse_arguments():
    shown = {**scenarios.DOWNLOADS, **OTHERS}
    listed = "".join(
        f"  {name:13} {getattr(what, 'what', what)}\n" for name, what in shown.items() if not name.startswith("tls-")
    )
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__ + listed,
        epilog="Clients:" + clients.__doc__.split("\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("scenarios", nargs="*", metavar="SCENARIO")
    add("--full", action="store_true", help="the real sizes, 5 rounds; else an eighth, 3 rounds")
    add("--scale", type=float, help="the part of the real sizes")
    add("--rounds", type=int)
    add("--clients", metavar="NAME,...", default="", help="only these of a scenario's, N being any number; they are listed below")
    add("--check", action="store_true", help="exit code 1 if a bar is missed; they are meant for --full")
    add("--json", metavar="FILE", help="write all figures there")
    add("--svg", metavar="FILE", help="draw the medians there")
    add("--perf", metavar="DIR", help="have perf keep where each download's time goes, there; the figures suffer")
    add("--work", metavar="DIR", help="work below it; default: /dev/shm if there is room, else TMPDIR")
    add("--timeout", type=float, default=300, metavar="SECONDS", help="for one run of a client")
    add("--idle-seconds", type=float, default=5, metavar="SECONDS")
    add("--webseed", default=os.path.join(ROOT, "build-bench", "app", "webseed"), metavar="PATH", help="the program")
    add("--programs", default=os.path.join(ROOT, "build-bench", "bench"), metavar="DIR", help="of floor and the like")
    options = parser.parse_args()
    options.scale = options.scale or (1.0 if options.full else 0.125)
    options.rounds = options.rounds or (5 if options.full else 3)
    options.scenarios = chosen_scenarios(options.scenarios, options.full)
    options.clients = options.clients.split(",") if options.clients else []
    for name in options.clients:
        if not clients.is_client(name):
            parser.error(f"no such client: {name}")
    return options


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    return {"cores": clients.CORES, "processor": model, "system": platform.platform(), "load": os.getloadavg()}


def measure_all(options, programs, work, results):
    os.mkdir(os.path.join(work, "content"))
    for name in options.scenarios:
        if name in scenarios.DOWNLOADS:
            results[name] = downloads.measure(name, options, programs, work)
        elif name == "growth":
            results[name] = downloads.measure_growth(options, programs, work)
        else:
            results[name] = importlib.import_module(name).measure(options, programs, work)


def write_results(options, about):
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(about, file, indent=2)
    if options.svg:
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(plot.draw(about))


def main():
    options = parse_arguments()
    # Ends like Ctrl-C does: what was started is stopped, what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.update({name: "" for name in os.environ if name.lower().endswith("_proxy")})
    programs = clients.Programs(os.path.abspath(options.webseed), os.path.abspath(options.programs))
    for path in (programs.webseed, programs.own("measure"), programs.own("floor")):
        if not os.access(path, os.X_OK):
            sys.exit(f"{path} is not there: scripts/bench builds it")
    results = {}
    about = {"scale": options.scale, "rounds": options.rounds, "machine": machine(), "scenarios": results}
    place = options.work or choose_place(options)
    print(f"{about['machine']['cores']} cores, {about['machine']['processor']}; in {place}; 1/{1 / options.scale:g} of the sizes")
    try:
        with tempfile.TemporaryDirectory(prefix="webseed-bench-", dir=place) as work:
            measure_all(options, programs, work, results)
    finally:  # also what was measured until somebody ended it
        verdicts = [verdict for result in results.values() for verdict in result["bars"]]
        report.print_verdicts(verdicts)
        write_results(options, about)
    others = (*clients.PEERS, "threads")
    failed = [name for result in results.values() for name in result["failures"] if not name.startswith(others)]
    missed = options.check and not all(verdict["held"] for verdict in verdicts)
    return 1 if failed or missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
