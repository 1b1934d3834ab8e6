"""What is downloaded, from whom and by whom: a line or a few of data for each."""

import dataclasses

import content
from clients import PARTS, PEERS
from line import Line, Lines
from report import LIMIT

MIB = 1 << 20
GIB = 1 << 30
FLOORS = ["floor-1", "floor-2"]
OURS = ["webseed-1", "webseed-8"]
BARE = [*FLOORS, *PARTS, *OURS, "threads-8"]


@dataclasses.dataclass
class Scenario:
    what: str
    make: object  # (root, scale) -> Content
    clients: list = dataclasses.field(default_factory=lambda: [*BARE, *PEERS])
    references: list = dataclasses.field(default_factory=lambda: [*FLOORS, LIMIT])
    form: str = "v1"
    mirrors: int = 1
    tls: bool = False
    rates: object = 0  # bytes a second of each response, of each mirror; a number: of all
    line: object = None
    scale_min: float = 0  # of the full size, in a short form
    is_short: bool = True  # part of the short form
    ideal: object = None  # (bytes) -> seconds, where not the machine is the limit


def one_file(name, size, piece_length):
    return lambda root, scale: content.make_one_file(root, f"{name}.bin", int(size * scale), piece_length)


def small_files(count, piece_length=256 << 10):
    return lambda root, scale: content.make_small_files(root, f"small-{int(count * scale)}", int(count * scale), piece_length)


ONE = one_file("large", GIB, MIB)
PLAIN = {
    "one": Scenario("1 GiB in one file, pieces of 1 MiB", ONE),
    "big-pieces": Scenario("1 GiB in one file, pieces of 16 MiB", one_file("large", GIB, 16 * MIB)),
    "small": Scenario(
        "20,000 files of 8 to 24 KiB, pieces of 256 KiB across them",
        small_files(20_000),
        clients=["floor-ahead", *BARE, *PEERS],
    ),
    "tiny-pieces": Scenario("128 MiB in one file, pieces of 16 KiB", one_file("medium", 128 * MIB, 16 << 10)),
    "v2": Scenario("1 GiB in one file, pieces of 1 MiB, v2", ONE, form="v2"),
    "hybrid": Scenario("1 GiB in one file, pieces of 1 MiB, v1 and v2", ONE, form="hybrid"),
}
OVER_TLS = {
    f"tls-{name}": dataclasses.replace(
        scenario,
        what=f"{scenario.what}, over TLS",
        tls=True,
        references=["curl", "curl+digest"],
    )
    for name, scenario in PLAIN.items()
}
LINE_CLIENTS = ["webseed", "libtorrent", "libtorrent-tuned", "aria2", "aria2-metalink", "transmission", "curl"]
FAR = Line()
NEAR = Line(rate=2000, round_trip=2, silent_after=(1, 0.45))
RATES = [10, 20, 40, 80]  # MB/s
UNEVEN = Lines([Line(rate=8 * rate, round_trip=2) for rate in RATES])
# When nine tenths of all have come, the third one falls silent.
NINE_TENTHS = 0.9 * RATES[2] / sum(RATES)
FALLING_SILENT = Lines(
    [Line(rate=8 * rate, round_trip=2, silent_after=(NINE_TENTHS,) if rate == RATES[2] else ()) for rate in RATES]
)
MIRRORS = {
    "mirrors": Scenario("1 GiB from four mirrors", ONE, mirrors=4),
    "uneven": Scenario(
        "1 GiB from mirrors of 10, 20, 40 and 80 MB/s",
        ONE,
        clients=LINE_CLIENTS,
        references=["webseed"],
        mirrors=4,
        line=UNEVEN,
        scale_min=0.5,
        ideal=lambda size: size / UNEVEN.bytes_per_second,
    ),
    "uneven-stall": Scenario(
        "1 GiB from mirrors of 10, 20, 40 and 80 MB/s, of which that of 40 falls silent after nine tenths",
        ONE,
        clients=LINE_CLIENTS,
        references=["webseed"],
        mirrors=4,
        line=FALLING_SILENT,
        scale_min=0.5,
        ideal=lambda size: size * (0.9 / sum(RATES) + 0.1 / (sum(RATES) - RATES[2])) / 1e6,
    ),
    "stall": Scenario(
        "1 GiB over 2 Gbit/s from two mirrors, of which one falls silent after 45 % of all",
        ONE,
        clients=LINE_CLIENTS,
        references=["webseed"],
        mirrors=2,
        line=NEAR,
        scale_min=0.5,
        ideal=lambda size: size / NEAR.bytes_per_second,
    ),
}
FAR_AWAY = {
    name: Scenario(
        f"{what}, over 1 Gbit/s and a round trip of 50 ms",
        make,
        clients=LINE_CLIENTS,
        references=["webseed"],
        mirrors=mirrors,
        line=FAR,
        ideal=lambda size: size / FAR.bytes_per_second,
    )
    for name, what, make, mirrors in (
        ("line-small", "20,000 files of 8 to 24 KiB", small_files(20_000), 1),
        ("line-one", "1 GiB from one server", ONE, 1),
        ("line-mirrors", "1 GiB from four mirrors", ONE, 4),
    )
}
CROWDS = {
    "connections": Scenario(
        "1 GiB in pieces of 256 KiB by 1 to 1,000 connections to one server",
        one_file("large", GIB, 256 << 10),
        clients=["webseed-1", "webseed-4", "webseed-16", "webseed-64", "webseed-1000", "threads-1000"],
        references=["webseed-16"],
        scale_min=1,
    ),
    "slow": Scenario(
        # As much as it takes for all requesters to have a claim at a time.
        "1000 MiB by 1,000 requesters from 8 servers that send 48 KiB/s to each",
        one_file("slow", 1000 * MIB, 256 << 10),
        clients=["webseed-1000", "threads-1000"],
        references=["threads-1000"],
        mirrors=8,
        rates=48 << 10,
        scale_min=1,
        is_short=False,
        ideal=lambda size: size / (1000 * (48 << 10)),
    ),
}
DOWNLOADS = {**PLAIN, **OVER_TLS, **MIRRORS, **FAR_AWAY, **CROWDS}

# For each quantity three sizes, each twice the one before it: what it takes may at most double, and 5 %.
SIZES = [1, 2, 4]
GROWING = {
    "size": [("webseed-8", Scenario(f"{n * 256} MiB", one_file(f"size-{n}", n * 256 * MIB, MIB))) for n in SIZES],
    "files": [("webseed-8", Scenario(f"{n * 5000:,} files", small_files(n * 5000))) for n in SIZES],
    "pieces": [
        ("webseed-8", Scenario(f"{n * 4096:,} pieces", one_file("pieces", 256 * MIB, (64 << 10) // n))) for n in SIZES
    ],
    "seeds": [("webseed-32", Scenario(f"{n * 2} seeds", one_file("fixed", GIB, MIB), mirrors=n * 2)) for n in SIZES],
    "connections": [
        (f"webseed-{n * 64}", Scenario(f"{n * 64} connections", one_file("fixed", GIB, MIB))) for n in SIZES
    ],
}
