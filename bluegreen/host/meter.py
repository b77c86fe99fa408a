"""Counts round trips: how often a deployment stood still until the host had answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Meter"]


class Meter:
    """A thread-safe count of awaited replies, as they happen on the wire.

    Logging in is 4 (TCP, key exchange in two, authentication). A command is 1 when a shell waits for it, else 2 (its channel, its
    output) and one more when it is sent input. A forwarded connection is 1, a docker connection 0 when one waits, else 2, and on both
    each exchange is 1: bytes up after bytes came down. What is opened ahead of need is not awaited and not counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._depth = 0
        self._folded = False

    @property
    def count(self) -> int:
        """Replies awaited so far."""
        with self._lock:
            return self._count + int(self._folded)

    def add(self, n: int = 1) -> None:
        """Another `n` replies were awaited."""
        with self._lock:
            if self._depth:
                self._folded = self._folded or n > 0
            else:
                self._count += n

    @contextmanager
    def folded(self) -> Iterator[None]:
        """However many replies are awaited inside, on whatever thread, they count as one: a wait loop."""
        with self._lock:
            self._depth += 1
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if not self._depth:
                    self._count += int(self._folded)
                    self._folded = False
