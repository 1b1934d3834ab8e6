"""Medians, ratios, the table, and the bars that the ratios are held against."""

import dataclasses
import statistics

UNITS = {"wall": "wall", "cpu": "CPU", "peak": "peak memory"}
MIB = 1 << 20
LIMIT = "receive+digest+write"  # what the machine needs, on one thread


@dataclasses.dataclass
class Bar:
    scenario: str
    client: str
    quantity: str
    reference: str  # another client, or several whose runs are added up: a+b; empty: the limit is in bytes
    limit: float


# Against libtorrent at its best: wall, CPU, memory.
AGAINST_LIBTORRENT = {"one": (0.68, 0.78, 0.03), "small": (0.6, 0.5, 0.4), "tiny-pieces": (0.55, 0.62, 0.15)}
BARS = [
    Bar("one", "webseed-1", "cpu", "floor-1", 1.03),
    Bar("one", "webseed-8", "cpu", "floor-2", 1.02),
    Bar("one", "webseed-1", "wall", "floor-1", 1.02),
    Bar("one", "webseed-8", "wall", "floor-2", 1.02),
    Bar("one", "webseed-8", "peak", "", 32 * MIB),
    *(
        Bar(scenario, "webseed-8", quantity, "libtorrent-tuned", limit)
        for scenario, limits in AGAINST_LIBTORRENT.items()
        for quantity, limit in zip(UNITS, limits)
    ),
    Bar("tls-one", "webseed-1", "cpu", "curl+digest", 1.05),
    Bar("tls-one", "webseed-8", "cpu", "curl+digest", 1.05),
    Bar("small", "webseed-1", "cpu", "floor-1", 1.2),
    Bar("small", "webseed-8", "cpu", "floor-1", 1.2),
    # The floor is what receiving, hashing and writing cost together; the sum of each alone is less than that, for then
    # nobody else uses the caches.
    *(Bar(form, client, "cpu", "floor-1", 1.1) for form in ("v2", "hybrid") for client in ("webseed-1", "webseed-8")),
    Bar("connections", "webseed-1000", "peak", "", 1000 * (300 << 10)),
    Bar("connections", "webseed-1000", "wall", "webseed-16", 1 / 0.95),
    Bar("slow", "webseed-1000", "peak", "threads-1000", 0.25),
    Bar("slow", "webseed-1000", "wall", "threads-1000", 1.0),
    Bar("slow", "webseed-1000", "cpu", "threads-1000", 1.0),
]


def median(runs, quantity):
    return statistics.median(getattr(run, quantity) for run in runs)


def has(runs, reference):
    return all(each in runs for each in reference.split("+"))


def ratio(runs, client, reference, quantity):
    """The median of the rounds' ratios: what else the machine does hits neighbours in time alike."""
    rounds = zip(*(runs[each] for each in (client, *reference.split("+"))))
    return statistics.median(
        getattr(run, quantity) / sum(getattr(each, quantity) for each in references) for run, *references in rounds
    )


def best_ratio(runs, client, reference, quantity):
    """The ratio of the least: what is left where the machine disturbed each at other times."""
    return least(runs, client, quantity) / sum(least(runs, each, quantity) for each in reference.split("+"))


def least(runs, client, quantity):
    return min(getattr(run, quantity) for run in runs[client])


def print_table(title, runs, references, ideal=None):
    """`runs`: the runs of each client, as many for each. `ideal`: seconds that the line or the servers need."""
    references = [r for r in references if has(runs, r)]
    columns = ["", "wall s", "min", "CPU s", "min", "user", "system", "peak MiB", "server s"]
    columns += [f"{UNITS[q]}/{'limit' if r == LIMIT else r}" for r in references for q in ("wall", "cpu")]
    print(title)
    rows = [columns + ["wall/ideal"] * bool(ideal)]
    for client, measured in runs.items():
        row = [client]
        for quantity in ("wall", "cpu"):
            row += [f"{median(measured, quantity):.3f}", f"{least(runs, client, quantity):.3f}"]
        row += [f"{median(measured, 'user'):.3f}", f"{median(measured, 'system'):.3f}"]
        row += [f"{median(measured, 'peak') / MIB:.1f}", f"{median(measured, 'server'):.3f}"]
        row += [f"{ratio(runs, client, r, q):.2f}" for r in references for q in ("wall", "cpu")]
        rows.append(row + ([f"{median(measured, 'wall') / ideal:.2f}"] if ideal else []))
    print_columns(rows)


def print_columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip(), flush=True)


def print_absent(left_out, failures):
    """Who wasn't run, or not to the end, and why."""
    if left_out:
        print("not run: " + "; ".join(f"{name} {why}" for name, why in left_out.items()))
    for name, failure in failures.items():
        print(f"FAILED: {name}: {failure}")
    print(end="", flush=True)


def summary(runs, references):
    """The same for JSON."""
    references = [r for r in references if has(runs, r)]
    return {
        client: {
            "runs": [dict(dataclasses.asdict(run), cpu=run.cpu) for run in measured],
            "median": {q: median(measured, q) for q in ("wall", "cpu", "user", "system", "peak", "server")},
            "ratio": {r: {q: ratio(runs, client, r, q) for q in UNITS} for r in references},
        }
        for client, measured in runs.items()
    }


def verdict(scenario, what, value, limit, unit, more=""):
    text = f"{what} {value:.3g} {unit}, at most {limit:.3g}{more}"
    return {"scenario": scenario, "value": value, "limit": limit, "held": value <= limit, "text": text}


def judge(scenario, runs):
    """The bars of a scenario whose clients were measured: a dictionary for each."""
    verdicts = []
    for bar in BARS:
        if bar.scenario != scenario or bar.client not in runs or (bar.reference and not has(runs, bar.reference)):
            continue
        what = f"{scenario}: {UNITS[bar.quantity]} of {bar.client}"
        if bar.reference:
            value = ratio(runs, bar.client, bar.reference, bar.quantity)
            best = best_ratio(runs, bar.client, bar.reference, bar.quantity)
            verdicts.append(verdict(scenario, what, value, bar.limit, f"x {bar.reference}", f" ({best:.3g} by the least)"))
        else:
            value = median(runs[bar.client], bar.quantity) / MIB
            verdicts.append(verdict(scenario, what, value, bar.limit / MIB, "MiB"))
    return verdicts


def print_verdicts(verdicts):
    print()
    for each in verdicts:
        print("held  " if each["held"] else "MISSED", each["text"], flush=True)
