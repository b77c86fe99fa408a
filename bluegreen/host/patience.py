"""Waiting that a cancelled run can leave: every wait on the network is cut into slices with a look at the clock between them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bluegreen.host import Clock

__all__ = ["SLICE", "Job", "until"]

SLICE = 0.1

T = TypeVar("T")


def until(clock: Clock, deadline: float, ready: Callable[[float], bool]) -> bool:
    """Call `ready(seconds)`, which waits that long at most, until it is true; False when the deadline passes first.

    Raises `Cancelled` within a slice of the run being cancelled.
    """
    while True:
        clock.check()
        left = deadline - clock.now()
        if ready(max(0.0, min(SLICE, left))):
            return True
        if left <= SLICE:
            return False


class Job(Generic[T]):
    """A call that cannot be interrupted, on a thread of its own, so that the caller can stop waiting for it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="bluegreen-job", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
            self._error = error
        self._done.set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, waiting that long at most."""
        return self._done.wait(seconds)

    def result(self) -> T:
        """What the call returned; raises what it raised. Only after `wait` was true."""
        if self._error is not None:
            raise self._error
        return self._result[0]
