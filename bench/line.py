"""Downloads over a long line: small files and a large one, from servers that are far away (line.cpp). Says how long each
client takes, in times of what the line itself needs for the bytes.

usage: line.py --webseed PROGRAM --programs DIRECTORY [--rounds N] [--files N] [--size MIB] [--clients NAME...]
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile

import clients
import content
import server

FILE_SIZE = 16 << 10


@contextlib.contextmanager
def line(programs, rate, round_trip, buffer_size, ports):
    """The ports at which those of servers are reached over the line. Rate: Mbit/s; round trip: ms; buffer: KiB."""
    command = [programs.own("line"), *map(str, (rate, round_trip, buffer_size, *ports))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield [int(process.stdout.readline()) for _ in ports]
        process.stdin.close()


def make_equal_files(root, count):
    block = os.urandom(64 << 20)
    for i in range(count):
        directory = os.path.join(root, "small", f"{i // 200:03}")
        if i % 200 == 0:
            os.makedirs(directory)
        at = i * 4099 % (len(block) - FILE_SIZE)
        with open(os.path.join(directory, f"{i:05}.bin"), "wb") as file:
            file.write(block[at : at + FILE_SIZE])
    return content.Content(root, "small", 256 << 10)


def command_of(client, programs, job, directory):
    if client == "webseed":  # with what it does by itself
        return [programs.webseed, "get", job.torrent, "-d", directory, "-q", "--no-resume"]
    return programs.command(client, job, directory)


def measure(what, made, seeds, options, programs, work):
    torrent = os.path.join(work, "torrent")
    with server.Nginx(made.root, ports=seeds, http_extra=options.nginx) as nginx:
        with line(programs, options.rate, options.round_trip, options.buffer, nginx.ports) as ports:
            content.make_torrent(made, [f"http://127.0.0.1:{port}/" for port in ports], torrent)
            job = clients.Job(torrent, "", ports)
            ideal = sum(size for _, size in content.files_of(torrent)[0]) / (options.rate * 1e6 / 8)
            for client in options.clients:
                runs = []
                for _ in range(options.rounds):
                    out = content.fresh_directory(os.path.join(work, "out"))
                    runs.append(clients.run(programs, command_of(client, programs, job, out), work, options.timeout))
                    if difference := content.first_difference(made, torrent, out):
                        raise clients.Failed(difference)
                    shutil.rmtree(out)
                wall, cpu = (statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu"))
                print(f"{what}: {client}: {wall:.2f} s, {wall / ideal:.2f} x the line's {ideal:.2f} s, CPU {cpu:.2f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--webseed", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=20_000, help="small files of 16 KiB")
    parser.add_argument("--size", type=int, default=1024, help="MiB of the large file")
    parser.add_argument("--rate", type=int, default=1000, help="Mbit/s")
    parser.add_argument("--round-trip", type=int, default=50, help="ms")
    parser.add_argument("--buffer", type=int, default=4096, help="KiB that a server has under way on a connection")
    parser.add_argument("--nginx", default="", help="lines for nginx's http block")
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("--work", help="directory for all files; a temporary one")
    installed = [peer for peer in clients.PEERS if clients.is_installed(peer)]
    parser.add_argument("--clients", nargs="+", default=["webseed", *installed])
    chosen = parser.parse_args()
    its_programs = clients.Programs(chosen.webseed, chosen.programs)
    with tempfile.TemporaryDirectory(dir=chosen.work) as directory:
        os.mkdir(os.path.join(directory, "content"))
        if chosen.files:
            small = make_equal_files(os.path.join(directory, "content"), chosen.files)
            measure(f"{chosen.files:,} files", small, 1, chosen, its_programs, directory)
        if chosen.size:
            large = content.make_one_file(os.path.join(directory, "content"), "large.bin", chosen.size << 20, 1 << 20)
            for count in (1, 4):
                what = f"one file, {count} mirror{'s' * (count > 1)}"
                measure(what, large, count, chosen, its_programs, directory)
