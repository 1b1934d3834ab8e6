"""Torrents that we make, in other programs; torrents that others make, in ours. On loopback alone.

main.py PROGRAM [PART]   PART: only cases whose description has it.
"""

import os
import sys

import clients  # noqa: F401  (it knows where support is)
import making
import runner
import support
import taking

if __name__ == "__main__":
    support.PROGRAM = os.path.abspath(sys.argv[1])
    cases = [case for module in (making, taking) for case in runner.cases_of(module)]
    sys.exit(runner.run(cases, *sys.argv[2:3]))
