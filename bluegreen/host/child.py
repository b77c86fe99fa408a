"""Runs a program of this machine, line by line, and ends it for certain when the run is cancelled."""

from __future__ import annotations

import math
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

from bluegreen.host import Clock

__all__ = ["run_child"]

_LOOK = 0.1
_GRACE = 5.0


def run_child(
    argv: Sequence[str],
    environment: Mapping[str, str],
    clock: Clock,
    on_line: Callable[[str], None],
    *,
    timeout: float = math.inf,
) -> int:
    """Its exit status; both its streams go to `on_line` as they come.

    Raises TimeoutError after `timeout` seconds, or `Cancelled` when the run was cancelled, once it has ended. It leads a process group,
    because docker runs buildx as a process of its own, and the whole group is ended.
    """
    until = clock.now() + timeout
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    with subprocess.Popen(
        argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as child:
        try:
            threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
            while (line := _next(lines, clock, until)) is not None:
                on_line(line)
            return _ended(child, clock, until)
        finally:
            _end(child)


def _read(stream: IO[bytes], lines: queue.SimpleQueue[str | None]) -> None:
    with suppress(ValueError, OSError):
        for raw in stream:
            for part in raw.decode(errors="replace").rstrip("\r\n").split("\r"):
                lines.put(part)
    lines.put(None)


def _next(lines: queue.SimpleQueue[str | None], clock: Clock, until: float) -> str | None:
    while True:
        _check(clock, until)
        with suppress(queue.Empty):
            return lines.get(timeout=_LOOK)


def _ended(child: subprocess.Popen[bytes], clock: Clock, until: float) -> int:
    while True:
        _check(clock, until)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(timeout=_LOOK)


def _check(clock: Clock, until: float) -> None:
    clock.check()
    if clock.now() >= until:
        raise TimeoutError


def _end(child: subprocess.Popen[bytes]) -> None:
    """End its group, whose number nobody else can have as long as we have not asked how the child ended, even when it has."""
    if child.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_GRACE)
    # What it started may be deaf to SIGTERM, and keeps the group's number as long as it lives.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
