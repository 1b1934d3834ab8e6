"""How long it takes to begin: from the start of the process to the first connection, of torrents with much in them; and
how soon an earlier run's 100 GB are trusted."""

import os
import statistics
import subprocess
import time

import clients
import content
import report
import server

CLIENTS = ["webseed", "libtorrent-tuned"]


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return b"%d:%s" % (len(value), value)


def many_files(count):
    """The info dictionary of a v1 torrent of about 10 MB with so many files, in directories of 500."""
    files, total = [], 0
    for number in range(count):
        length = 1000 + number * 7919 % 199_000
        total += length
        names = text(f"directory-{number // 500:03}") + text(f"a file with a longer name {number:06}.dat")
        files.append(b"d6:lengthi%de4:pathl%see" % (length, names))
    piece_length = 1 << 20
    hashes = os.urandom(-(-total // piece_length) * 20)
    return b"d5:filesl%se4:name4:many12:piece lengthi%de6:pieces%se" % (b"".join(files), piece_length, text(hashes))


def many_pieces(count):
    """The same of one file of so many pieces."""
    hashes = os.urandom(20 * count)
    return b"d6:lengthi%de4:name4:many12:piece lengthi%de6:pieces%se" % (count << 18, 1 << 18, text(hashes))


def write_torrent(info, url, path):
    with open(path, "wb") as file:
        file.write(b"d4:info%s8:url-listl%see" % (info, text(url)))


def measure(options, programs, work):
    shapes = {
        "100,000 files": many_files(int(100_000 * options.scale)),
        "1,000,000 pieces": many_pieces(int(1_000_000 * options.scale)),
    }
    cases, failures = {}, {}
    print("\nstart: to the first connection", flush=True)
    reasons = {client: clients.why_not(programs, client, "v1", False) for client in CLIENTS}
    with server.SilentServer() as silent:
        for name, info in shapes.items():
            job = clients.Job(content.fresh_directory(os.path.join(work, "start")), [silent.url()], [0])
            write_torrent(info, silent.url(), job.torrent)
            found = {client: [] for client in CLIENTS if not reasons[client]}
            for _ in range(options.rounds):
                for client, measured in found.items():
                    try:
                        measured.append(begin_once(programs, client, job, silent, work))
                    except clients.Failed as failure:
                        failures[f"{name}: {client}"] = str(failure)
            for client, measured in found.items():
                if not measured:
                    continue
                wall, cpu, peak = (statistics.median(each[i] for each in measured) for i in range(3))
                size = os.path.getsize(job.torrent) / 1e6
                line = f"{wall:.3f} s, CPU {cpu:.3f} s, {peak / 1024:.0f} MiB"
                print(f"{name} x {options.scale:g} ({size:.1f} MB): {client}: {line}", flush=True)
                cases[f"{name}: {client}"] = {"wall": wall, "cpu": cpu, "peak": peak << 10}
    place = content.fresh_directory(os.path.join(work, "out"))
    said = subprocess.run([programs.own("resume"), place, "100"], check=True, capture_output=True, text=True).stdout
    print("100 GB of an earlier run:", ", ".join(said.strip().split("\n")), flush=True)
    report.print_absent({client: why for client, why in reasons.items() if why}, failures)
    return {"cases": cases, "resumed": said, "failures": failures, "bars": []}


def begin_once(programs, client, job, silent, work):
    """Wall and CPU seconds until it is connected, and its peak memory in KiB by then."""
    out = content.fresh_directory(os.path.join(work, "out"))
    silent.forget()
    begun = time.monotonic()
    process = subprocess.Popen(
        programs.command(client, job, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if not silent.wait(60):
            raise clients.Failed("it asks nobody")
        wall = time.monotonic() - begun
        cpu = time.clock_gettime(~process.pid << 3 | 2)
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        return wall, cpu, peak
    finally:
        process.kill()
        process.wait()
