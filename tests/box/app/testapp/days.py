"""What happens on some bad days."""

# ruff: noqa: T201 - the log is what it prints

from __future__ import annotations

import os
import sys
import time


def log_traceback(lacks: str) -> None:
    """What a bug in a request handler leaves in the log."""
    lines = (
        "Traceback (most recent call last):",
        '  File "/app/app.py", line 1, in handler',
        f"KeyError: {lacks!r}",
    )
    print("\n".join(lines), file=sys.stderr, flush=True)


def eat_memory() -> None:
    """Have a worker that grows until the kernel says no, and end with it.

    Docker 20.10 calls a container killed for its memory only if it hears of the kernel's kill before it hears of the container's end.
    """
    worker = os.fork()
    hoard = []
    while not worker:
        hoard.append(b"x" * 10_000_000)
    os.waitpid(worker, 0)
    time.sleep(1)
    os._exit(137)
