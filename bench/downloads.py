"""Measures downloads: each client as a whole process, in turn in each round, so that whatever else the machine does hits
all alike. What it wrote is compared byte for byte outside of the measured time."""

import collections
import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import time

import certificates
import clients
import content
import line
import report
import scenarios
import server


@dataclasses.dataclass
class Entry:
    """What is measured again and again under one name."""

    client: str
    job: clients.Job
    made: content.Content
    server: server.Nginx
    reached: line.Reached
    size: int


@dataclasses.dataclass
class Prepared:
    job: clients.Job
    made: content.Content
    server: server.Nginx
    reached: line.Reached
    files: list

    @property
    def size(self):
        return sum(size for _, size in self.files)

    def entry(self, client):
        return Entry(client, self.job, self.made, self.server, self.reached, self.size)


@contextlib.contextmanager
def prepare(name, scenario, options, programs, work):
    """The content, its server and the torrent."""
    root = os.path.join(work, "content")
    made = scenario.make(root, max(options.scale, scenario.scale_min))
    tls = certificates.certificate() if scenario.tls else None
    place = content.fresh_directory(os.path.join(work, name))
    with contextlib.ExitStack() as stack:
        nginx = stack.enter_context(server.Nginx(root, ports=scenario.mirrors, limit_rate=scenario.rates, tls=tls))
        reached = line.Reached(nginx.ports, [])
        if scenario.line:
            size = sum(os.path.getsize(os.path.join(at, each)) for at, _, files in os.walk(made.path) for each in files)
            size = size or os.path.getsize(made.path)
            reached = stack.enter_context(scenario.line.to(programs.own("line"), nginx.ports, size))
        urls = [f"http{'s' if tls else ''}://127.0.0.1:{port}/" for port in reached.ports]
        job = clients.Job(place, urls, reached.ports, scenario.form, certificates.ca_file() if tls else "")
        make_torrent(programs.webseed, job, made)
        files, _ = content.files_of(job.torrent)
        write_all(job, made, files)
        yield Prepared(job, made, nginx, reached, files)
    shutil.rmtree(place)


def make_torrent(webseed, job, made):
    seeds = [word for url in job.urls for word in ("-w", url)]
    command = [webseed, "make", made.path, f"--{job.form}", "--piece-length", str(made.piece_length), *seeds]
    subprocess.run([*command, "-o", job.torrent, "--force", "-q"], check=True)


def write_all(job, made, files):
    """What else clients are told."""
    content.write_plan(job.torrent, job.plan)
    content.write_metalink(made, files, job.urls, job.metalink)
    content.write_list(files, job.urls, job.list)
    content.write_sums(made, files, job.sums)


def measure(name, options, programs, work):
    """One scenario, by its name."""
    scenario = scenarios.DOWNLOADS[name]
    chosen, left_out = choose(scenario, options, programs)
    with prepare(name, scenario, options, programs, work) as it:
        entries = {client: it.entry(client) for client in chosen}
        runs, failures = measure_rounds(entries, options, programs, work)
    size = it.size
    ideal = scenario.ideal(size) if scenario.ideal else None
    plural = "s" * (len(it.files) > 1)
    print(f"\n{name}: {scenario.what}", flush=True)
    title = f"{size / scenarios.MIB:.0f} MiB, {len(it.files):,} file{plural}, {options.rounds} rounds"
    if runs:
        report.print_table(title, runs, scenario.references, ideal)
    report.print_absent(left_out, failures)
    return {
        "what": scenario.what,
        "bytes": size,
        "files": len(it.files),
        "piece_length": it.made.piece_length,
        "ideal_wall": ideal,
        "clients": report.summary(runs, scenario.references),
        "not_run": left_out,
        "failures": failures,
        "bars": report.judge(name, runs),
    }


def is_numbered_as_one_of(name, names):
    kind, _, number = name.rpartition("-")
    return number.isdecimal() and any(re.fullmatch(rf"{kind}-\d+", each) for each in names)


def choose(scenario, options, programs):
    """The clients that can be run, and why the others can't."""
    names = [name for name in scenario.clients if not options.clients or name in options.clients]
    names += [name for name in options.clients if name not in names and is_numbered_as_one_of(name, scenario.clients)]
    reasons = {name: clients.why_not(programs, name, scenario.form, scenario.tls) for name in names}
    return [name for name in names if not reasons[name]], {name: why for name, why in reasons.items() if why}


def measure_rounds(entries, options, programs, work):
    """The runs of each entry that never failed, and why the others did."""
    runs = {name: [] for name in entries}
    failures = {}
    order = collections.deque(entries)
    for number in range(options.rounds):
        for name in order:
            if name in failures:
                continue
            progress(f"round {number + 1} of {options.rounds}: {name}")
            try:
                runs[name].append(measure_once(entries[name], options, programs, work))
            except clients.Failed as failure:
                failures[name] = str(failure)
                del runs[name]
        order.rotate(-1)  # so that nobody is always behind the same one
    progress("")
    return runs, failures


def measure_once(entry, options, programs, work):
    out = content.fresh_directory(os.path.join(work, "out"))
    command = programs.command(entry.client, entry.job, out)
    if options.perf:
        data = os.path.join(options.perf, f"{os.path.basename(entry.job.place)}-{entry.client}.data")
        command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-g", "-o", data, *command]
    finished = entry.job.finished
    if os.path.exists(finished):
        os.remove(finished)
    content.warm_memory(out, entry.size)
    entry.reached.begin_anew()
    begun, used = time.time(), entry.server.cpu_seconds()
    run, _ = clients.run(programs, command, work, options.timeout)
    run.server = entry.server.cpu_seconds() - used
    if os.path.exists(finished):
        run.wall = os.path.getmtime(finished) - begun
    if entry.client not in clients.PARTS:
        if difference := content.first_difference(entry.made, entry.job.torrent, out):
            raise clients.Failed(difference)
    shutil.rmtree(out)
    return run


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def measure_growth(options, programs, work):
    """What it takes to do twice as much, of each quantity."""
    cases, failures, bars = {}, {}, []
    print("\ngrowth: CPU seconds while one quantity doubles twice", flush=True)
    rows = [["", "", "CPU s", "", "", "ratio", "ratio"]]
    for quantity, steps in scenarios.GROWING.items():
        with contextlib.ExitStack() as stack:
            entries = {}
            for i, (client, scenario) in enumerate(steps):
                it = stack.enter_context(prepare(f"growth-{i}", scenario, options, programs, work))
                entries[f"{i}"] = it.entry(client)
            runs, failed = measure_rounds(entries, options, programs, work)
        failures.update({f"{quantity}: {steps[int(i)][1].what}": why for i, why in failed.items()})
        if failed:
            continue
        seconds = [report.median(runs[str(i)], "cpu") for i in range(len(steps))]
        ratios = [report.ratio(runs, str(i + 1), str(i), "cpu") for i in range(len(steps) - 1)]
        names = " / ".join(scenario.what for _, scenario in steps)
        rows.append([quantity, names, *(f"{each:.2f}" for each in seconds), *(f"{each:.2f}" for each in ratios)])
        cases[quantity] = {"steps": names, "cpu": seconds, "ratios": ratios}
        bars += [report.verdict("growth", f"growth: CPU of twice the {quantity}", max(ratios), 2.1, "x")]
    report.print_columns(rows)
    report.print_absent({}, failures)
    return {"cases": cases, "failures": failures, "bars": bars}
