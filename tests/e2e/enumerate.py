"""`python -m tests.e2e.enumerate`: a fault before each operation of a deployment, one after the other; takes hours if asked for all.

Each line tells the operation, the last line of output before it, how the run ended, and which release served then. Exit status 1 when
the promise was broken anywhere. `--step 7` tries every seventh, `--fault kill --first 60 --last 90` a part.
"""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.box import Box
from tests.e2e.blow import Fault, Moment
from tests.e2e.crashing import Ground


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.enumerate", description=__doc__)
    parser.add_argument("--box", default="crash", help="the box's name (crash)")
    parser.add_argument("--fault", choices=[fault.name.lower() for fault in Fault], action="append", help="only these; all when not given")
    parser.add_argument("--first", type=int, default=1, help="the first operation (1)")
    parser.add_argument("--last", type=int, default=10_000, help="the last operation (that of the run)")
    parser.add_argument("--step", type=int, default=1, help="how many operations further the next is tried (1)")
    asked = parser.parse_args()
    box = Box(asked.box).start()
    faults = [Fault[name.upper()] for name in asked.fault or [fault.name for fault in Fault]]
    numbers = range(asked.first, asked.last + 1, asked.step)
    with tempfile.TemporaryDirectory() as directory:
        broken = sum(_all_of(fault, numbers, box, Path(directory) / fault.name) for fault in faults)
    print(f"{broken} broke the promise")
    return 1 if broken else 0


def _all_of(fault: Fault, numbers: range, box: Box, directory: Path) -> int:
    """One fault at each of these operations, until the run has no such operation; how many broke the promise."""
    broken = tried = 0
    ground: Ground | None = None
    began = time.monotonic()
    for number in numbers:
        if ground is None:
            box.reset()
            (directory / str(number)).mkdir(parents=True)
            ground = Ground(box, directory / str(number))
        try:
            crash = ground.crash(fault, Moment(number=number))
        except AssertionError as problem:
            broken += 1
            ground = None
            print(f"{fault.name} {number:3} BROKEN {problem}", flush=True)
            continue
        if not crash.struck:
            break
        tried += 1
        lock = "locked" if crash.locked else "no lock"
        quiet = f"{crash.serves} serves, quiet after {crash.seconds:4.1f} s"
        print(f"{fault.name} {crash.struck:3} {lock:7} exit {crash.exit_code:3} {quiet} | {crash.during[:70]}", flush=True)
    print(f"{fault.name}: {tried} held, {broken} did not, in {time.monotonic() - began:.0f} s", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(main())
