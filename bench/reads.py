"""Random reads through the library's readers, of a torrent of which nothing else is fetched. The limit is what it takes to
receive and hash the pieces in which the bytes lie."""

import os

import clients
import downloads
import report
import scenarios

READ_SIZE = 64 << 10


def measure(options, programs, work):
    scenario = scenarios.Scenario("random reads", scenarios.ONE)
    count = int(2000 * options.scale)
    cases, failures = {}, {}
    print(f"\nreads: {count} times 64 KiB at random offsets of a file, pieces of 1 MiB", flush=True)
    rows = [["", "median ms", "95 %", "longest", "wall s", "CPU s", "received MiB", "CPU/(receive+digest)", "peak MiB"]]
    with downloads.prepare("reads", scenario, options, programs, work) as it:
        parts = {part: it.entry(part) for part in ("receive", "digest")}
        runs, failures = downloads.measure_rounds(parts, options, programs, work)
        for at_once in (1, 16):
            name = f"{at_once} at once"
            command = [programs.own("reads"), it.job.torrent, it.made.path, *map(str, (count, READ_SIZE, at_once))]
            try:
                run, said = clients.run(programs, command, work, options.timeout)
            except clients.Failed as failure:
                failures[name] = str(failure)
                continue
            middle, most, longest, received = map(float, said.split())
            limit = sum(report.median(runs[part], "cpu") for part in parts) * received / it.size
            shown = [middle, most, longest, run.wall, run.cpu, received / scenarios.MIB, run.cpu / limit, run.peak / scenarios.MIB]
            rows.append([name, *(f"{each:.2f}" for each in shown)])
            cases[name] = dict(zip(rows[0][1:], shown))
    report.print_columns(rows)
    report.print_absent({}, failures)
    return {"cases": cases, "failures": failures, "bars": []}
