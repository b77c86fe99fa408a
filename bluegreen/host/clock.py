"""The real clock, which a signal can stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bluegreen.errors import Cancelled

__all__ = ["SystemClock"]

_SLICE = 0.1


class SystemClock:
    """Implements `bluegreen.host.Clock` with the machine's time. `deadline` is how many seconds the run may take."""

    def __init__(self, deadline: float) -> None:
        self._limit = deadline
        self._end = time.monotonic() + deadline
        self._cancelled = False
        self._shields = 0
        self._wall: float | None = None

    def now(self) -> float:
        """Seconds of a steady clock."""
        return time.monotonic()

    def utc(self) -> str:
        """The wall clock as RFC 3339 in UTC, to the second: this machine's, until `set_wall` tells the host's.

        What lies on the host is put in order by its times, and each release may come from another machine, whose clock may be wrong.
        """
        now = time.time() if self._wall is None else self._wall + time.monotonic()
        return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def set_wall(self, epoch: float) -> None:
        """Go by the wall clock that now shows `epoch`, in seconds since 1970."""
        self._wall = epoch - time.monotonic()

    def cancel(self) -> None:
        """Stop the run at its next wait or check, 0.1 s from now at the latest.

        A plain flag and not an Event: setting an Event in a signal handler can deadlock with the main thread's own wait for it.
        """
        self._cancelled = True

    def hurried(self) -> bool:
        """Whether the run was cancelled: seconds are left, not minutes."""
        return self._cancelled

    def wait(self, seconds: float) -> None:
        """Sleep, unless and until the run is cancelled or its deadline passes."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
            self.check()

    def check(self) -> None:
        """Raise `Cancelled` if the run was cancelled or its deadline has passed."""
        if self._shields:
            return
        if self._cancelled:
            raise Cancelled("The deployment was cancelled.", means="The job was cancelled, or its runner is shutting down.")
        if time.monotonic() >= self._end:
            raise Cancelled(
                f"The deployment did not end within its deadline of {self._limit:g} s.",
                means="Something it waited for never came: a build, a release command, or a drain that is longer than the deadline.",
                todo="Raise `deadline`, or find what hangs in the log above.",
            )

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Inside, nothing raises `Cancelled`: what is under way there is the undoing."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
