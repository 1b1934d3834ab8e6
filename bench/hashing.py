"""Making a torrent of what is on the disk, and checking it: against the bare digests on one core."""

import os

import clients
import downloads
import report
import scenarios


def measure(options, programs, work):
    cases, failures = {}, {}
    print("\nhashing: of 1 GiB that is there", flush=True)
    rows = [["", "wall s", "CPU s", "CPU/digest"]]
    for form in ("v1", "v2"):
        scenario = scenarios.Scenario(form, scenarios.ONE, form=form)
        with downloads.prepare("hashing", scenario, options, programs, work) as it:
            made = os.path.join(work, "made.torrent")
            size = ["--piece-length", str(it.made.piece_length)]
            commands = {
                "digest": programs.command("digest", it.job, work),
                "make": [programs.webseed, "make", it.made.path, f"--{form}", *size, "-q", "--force", "-o", made],
                "check": [programs.webseed, "check", it.job.torrent, "-d", it.made.root, "-q"],
            }
            runs = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    runs[name].append(clients.run(programs, command, work, options.timeout)[0])
        for name, measured in runs.items():
            wall, cpu = (report.median(measured, quantity) for quantity in ("wall", "cpu"))
            ratio = report.ratio(runs, name, "digest", "cpu")
            rows.append([f"{name} {form}", f"{wall:.3f}", f"{cpu:.3f}", f"{ratio:.2f}"])
            cases[f"{name} {form}"] = {"wall": wall, "cpu": cpu, "ratio": ratio}
    report.print_columns(rows)
    return {"cases": cases, "failures": failures, "bars": []}
