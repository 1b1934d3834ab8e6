"""The share of a core that downloads use while their only seed is silent."""

import os
import signal
import subprocess
import time

import clients
import content
import report
import server

PERCENT_MAX = 1.0
COUNT = 10_000


def measure(options, programs, work):
    cases, bars, failures = {}, [], {}
    print("\nidle: downloads whose only seed never answers", flush=True)
    with server.SilentServer() as silent:
        torrent = os.path.join(work, "idle.torrent")
        # Not enough for all 16 requesters: some wait for an answer, some for work.
        made = content.make_one_file(os.path.join(work, "content"), "idle.bin", 8 << 20, 256 << 10)
        subprocess.run(
            [programs.webseed, "make", made.path, "--piece-length", "256K", "-w", silent.url(), "-o", torrent, "-q"],
            check=True,
        )
        out = content.fresh_directory(os.path.join(work, "out"))
        commands = {
            "1 download, 16 requesters": [programs.webseed, "get", torrent, "-d", out, "-x", "16", "-q", "--no-resume"],
            f"{COUNT:,} downloads, 4 requesters": [programs.own("idle"), torrent, str(COUNT), "4"],
        }
        for name, command in commands.items():
            silent.forget()
            try:
                percent, said = idle_percent(command, silent, options.idle_seconds)
                if silent.connection_count == 0:
                    raise clients.Failed("it asks nobody")
            except clients.Failed as failure:
                failures[name] = str(failure)
                continue
            print(f"{name}: {percent:.3f} % of a core, {silent.connection_count} connections; {said}", flush=True)
            cases[name] = {"percent": percent, "connections": silent.connection_count, "said": said}
            bars.append(report.verdict("idle", f"idle: {name}:", percent, PERCENT_MAX, "% of a core"))
    report.print_absent({}, failures)
    return {"cases": cases, "failures": failures, "bars": bars}


def idle_percent(command, silent, seconds):
    """What a command uses of a core once it waits, and what it says after Ctrl-C."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            silent.wait(30)
            time.sleep(2)  # the others ask, too
            # The clock of another process's CPU time: clock_getcpuclockid(3). A zombie still has it.
            clock = ~process.pid << 3 | 2
            begin, used = time.monotonic(), time.clock_gettime(clock)
            time.sleep(seconds)
            percent = 100 * (time.clock_gettime(clock) - used) / (time.monotonic() - begin)
            if process.poll() is not None:
                raise clients.Failed(f"it has ended by itself, exit code {process.returncode}")
            process.send_signal(signal.SIGINT)
            return percent, ", ".join(process.communicate(timeout=60)[0].split("\n")).strip(", ")
        finally:
            process.kill()
