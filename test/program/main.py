"""Tests of the real program against real servers on loopback.

main.py PROGRAM [PART]   PART: only cases whose description has it. WEBSEED_TEST_LONG=1: full sizes.
"""

import os
import signal
import sys

import support

import checking
import commandline
import corpus
import creating
import credentials
import examples
import formats
import hiding
import hostile
import knowing
import killing
import mirrors
import politeness
import probing
import reaching
import remembering
import resuming
import runner
import scripts
import shapes
import sources
import streaming

if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who started us may ignore it, and the programs would, too
    support.PROGRAM = os.path.abspath(sys.argv[1])
    modules = [commandline, sources, shapes, mirrors, scripts, resuming, remembering, knowing, killing, creating]
    modules += [reaching, credentials, hiding, politeness, probing, checking, formats, hostile, streaming, examples, corpus]
    cases = [case for module in modules for case in runner.cases_of(module)]
    sys.exit(runner.run(cases, *sys.argv[2:3]))
