"""The program of microbenchmarks, where it was built."""

import json
import os
import subprocess


def measure(options, programs, work):
    print("\nmicro: parts of the library by themselves", flush=True)
    if not os.access(programs.own("micro"), os.X_OK):
        print("not run: micro isn't built: it needs Google Benchmark, Debian's libbenchmark-dev", flush=True)
        return {"cases": {}, "failures": {}, "bars": []}
    out = os.path.join(work, "micro.json")
    least = "0.5" if options.full else "0.1"
    command = [programs.own("micro"), f"--benchmark_out={out}", f"--benchmark_min_time={least}", "--benchmark_color=false"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with open(out, encoding="utf-8") as file:
        found = json.load(file)["benchmarks"]
    return {"cases": {each["name"]: each for each in found}, "failures": {}, "bars": []}
