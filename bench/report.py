"""Medians, ratios, the table, and the bars that the ratios are held against."""

import dataclasses
import statistics

UNITS = {"wall": "wall", "cpu": "CPU", "peak": "peak memory"}
LARGE = ["one", "tiny-pieces", "big-pieces"]


@dataclasses.dataclass
class Bar:
    scenario: str
    client: str
    quantity: str
    reference: str  # another client; empty: the limit is in bytes
    limit: float


BARS = [
    bar
    for scenario in LARGE
    for bar in (
        Bar(scenario, "webseed-1", "cpu", "floor-1", 1.1),
        Bar(scenario, "webseed-8", "cpu", "floor-2", 1.1),
        Bar(scenario, "webseed-8", "wall", "floor-2", 1.1),
        Bar(scenario, "webseed-1", "peak", "", 32 << 20),
        Bar(scenario, "webseed-8", "peak", "", 32 << 20),
    )
] + [
    Bar("small", "webseed-1", "cpu", "floor-1", 1.5),
    Bar("small", "webseed-8", "cpu", "floor-1", 1.5),
    Bar("slow", "webseed-1000", "peak", "threads-1000", 0.25),
    Bar("slow", "webseed-1000", "wall", "threads-1000", 1.0),
    Bar("slow", "webseed-1000", "cpu", "threads-1000", 1.0),
]
IDLE_PERCENT_MAX = 1.0


def median(runs, quantity):
    return statistics.median(getattr(run, quantity) for run in runs)


def ratio(runs, client, reference, quantity):
    """The median of the rounds' ratios: what else the machine does hits neighbours in time alike."""
    pairs = zip(runs[client], runs[reference])
    return statistics.median(getattr(a, quantity) / getattr(b, quantity) for a, b in pairs)


def print_table(title, runs, references):
    """`runs`: the runs of each client, as many for each."""
    references = [r for r in references if r in runs]
    columns = ["", "wall s", "min", "CPU s", "min", "user", "system", "peak MiB"]
    columns += [f"{UNITS[q]}/{r}" for r in references for q in ("wall", "cpu")]
    print(f"\n{title}")
    rows = [columns]
    for client, measured in runs.items():
        row = [client]
        for quantity in ("wall", "cpu"):
            row += [f"{median(measured, quantity):.3f}", f"{min(getattr(r, quantity) for r in measured):.3f}"]
        row += [f"{median(measured, 'user'):.3f}", f"{median(measured, 'system'):.3f}"]
        row += [f"{median(measured, 'peak') / (1 << 20):.1f}"]
        row += [f"{ratio(runs, client, r, q):.2f}" for r in references for q in ("wall", "cpu")]
        rows.append(row)
    print_columns(rows)


def print_columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip(), flush=True)


def summary(runs, references):
    """The same for JSON."""
    references = [r for r in references if r in runs]
    return {
        client: {
            "runs": [dict(dataclasses.asdict(run), cpu=run.cpu) for run in measured],
            "median": {q: median(measured, q) for q in ("wall", "cpu", "user", "system", "peak")},
            "ratio": {r: {q: ratio(runs, client, r, q) for q in UNITS} for r in references},
        }
        for client, measured in runs.items()
    }


def judge(scenario, runs):
    """The bars of a scenario whose clients were measured: a dictionary for each."""
    verdicts = []
    for bar in BARS:
        if bar.scenario != scenario or bar.client not in runs or (bar.reference and bar.reference not in runs):
            continue
        if bar.reference:
            value = round(ratio(runs, bar.client, bar.reference, bar.quantity), 2)
            text = f"{value:.2f} x {bar.reference}, at most {bar.limit:.2f}"
        else:
            value = median(runs[bar.client], bar.quantity)
            text = f"{value / (1 << 20):.1f} MiB, at most {bar.limit / (1 << 20):.0f}"
        subject = f"{scenario}: {UNITS[bar.quantity]} of {bar.client}"
        verdicts.append(dict(dataclasses.asdict(bar), value=value, held=value <= bar.limit, text=f"{subject} {text}"))
    return verdicts


def print_verdicts(verdicts):
    print()
    for verdict in verdicts:
        print("held  " if verdict["held"] else "MISSED", verdict["text"], flush=True)
