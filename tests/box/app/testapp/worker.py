"""The test application's worker: does jobs from a spool directory, each once, in a container of its own beside the web one.

A job is a file in DIRECTORY/new. Whoever renames it into DIRECTORY/taken has it, and appends a line `JOB VERSION` to DIRECTORY/done when it
is done. On SIGTERM the job at hand is finished first. One that was taken by a worker that was killed stays in `taken`.

The word `no-worker` in the environment variable BAD makes it exit at once, status 3.
"""

# ruff: noqa: T201 - standard output is its log

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

VERSION = os.environ.get("VERSION", "dev")
told: list[int] = []


def work(spool: Path) -> None:
    """Until told to stop."""
    for name in ("new", "taken"):
        (spool / name).mkdir(exist_ok=True)
    print(f"worker {VERSION} works", flush=True)
    while not told:
        for job in sorted((spool / "new").iterdir()):
            if told:
                break
            do(job, spool)
        time.sleep(0.02)
    print(f"worker {VERSION} stops", flush=True)


def do(job: Path, spool: Path) -> None:
    """One job, unless another worker was faster."""
    mine = spool / "taken" / job.name
    try:
        job.rename(mine)
    except FileNotFoundError:
        return
    time.sleep(0.05)
    with (spool / "done").open("a") as done:
        done.write(f"{job.name} {VERSION}\n")
    mine.unlink()


if __name__ == "__main__":
    if "no-worker" in os.environ.get("BAD", "").split():
        print(f"worker {VERSION} cannot start: no queue", file=sys.stderr)
        sys.exit(3)
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    work(Path(sys.argv[1]))
