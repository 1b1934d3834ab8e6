"""A long line to servers of this machine, as line.cpp makes it."""

import contextlib
import dataclasses
import subprocess


@dataclasses.dataclass
class Reached:
    """Servers behind lines that are there."""

    ports: list
    inputs: list  # of the lines' processes

    def begin_anew(self):
        """Those that have fallen silent send as much as they did again."""
        for each in self.inputs:
            each.write("\n")
            each.flush()


@dataclasses.dataclass
class Line:
    rate: int = 1000  # Mbit/s
    round_trip: int = 50  # ms
    buffer: int = 4096  # KiB that a server has under way on a connection
    # Of each server: the part of the content after which it falls silent; 1 and more: it never does.
    silent_after: tuple = ()

    @property
    def bytes_per_second(self):
        return self.rate * 1e6 / 8

    @contextlib.contextmanager
    def to(self, program, ports, size):
        """The servers at those ports, reached over it. size: of the content."""
        gates = [str(port) for port in ports]
        for i, part in enumerate(self.silent_after):
            if part < 1:
                gates[i] += f":{int(part * size)}"
        command = [program, *map(str, (self.rate, self.round_trip, self.buffer)), *gates]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Reached([int(process.stdout.readline()) for _ in ports], [process.stdin])
            process.stdin.close()


@dataclasses.dataclass
class Lines:
    """A line for each server."""

    lines: list

    @property
    def bytes_per_second(self):
        return sum(line.bytes_per_second for line in self.lines)

    @contextlib.contextmanager
    def to(self, program, ports, size):
        with contextlib.ExitStack() as stack:
            reached = [stack.enter_context(line.to(program, [port], size)) for line, port in zip(self.lines, ports)]
            yield Reached([each.ports[0] for each in reached], [each.inputs[0] for each in reached])
