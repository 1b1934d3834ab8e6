"""Runs test cases written as functions, and says one line about each."""

import sys
import time
import traceback


class Skip(Exception):
    """Raised by a case that can't run here; says why."""


def run(cases, only=""):
    """Calls every case: (what it shows, function). It fails by raising. `only`: part of what the chosen ones show.

    Ends with the line `N passed, N failed`. Returns the exit status."""
    passed = failed = 0
    for what, case in cases:
        if only not in what:
            continue
        start = time.monotonic()
        try:
            case()
            verdict = "ok"
            passed += 1
        except Skip as reason:
            verdict = f"skipped ({reason})"
        except Exception as error:
            verdict = "FAILED"
            failed += 1
            if not isinstance(error, AssertionError) or not error.args:
                traceback.print_exc(file=sys.stdout)
            else:
                print(f"    {traceback.extract_tb(error.__traceback__)[-1].line}")
                for line in str(error).splitlines():
                    print(f"    {line}")
        print(f"{verdict:6} {time.monotonic() - start:6.1f} s  {what}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def cases_of(module):
    """The functions of a module whose name begins with `test_`; what each shows is the first line of its docstring."""
    return [
        (value.__doc__.splitlines()[0], value)
        for name, value in vars(module).items()
        if name.startswith("test_") and callable(value)
    ]
