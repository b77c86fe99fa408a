"""Time that passes only when somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bluegreen.errors import Cancelled


class FakeClock:
    """Time that passes only when somebody waits; `at` runs something at a moment of it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.cancelled = False
        self._shields = 0
        self._events: list[tuple[float, Callable[[], None]]] = []

    def at(self, when: float, event: Callable[[], None]) -> None:
        self._events.append((when, event))
        self._events.sort(key=lambda pair: pair[0])

    def now(self) -> float:
        return self.time

    def utc(self) -> str:
        return f"2026-01-01T{int(self.time) // 3600:02d}:{int(self.time) // 60 % 60:02d}:{int(self.time) % 60:02d}Z"

    def wait(self, seconds: float) -> None:
        self.time = round(self.time + max(seconds, 0.01), 3)
        while self._events and self._events[0][0] <= self.time:
            self._events.pop(0)[1]()
        self.check()

    def check(self) -> None:
        if self.cancelled and not self._shields:
            raise Cancelled("The deployment was cancelled.")

    @contextmanager
    def shield(self) -> Iterator[None]:
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def hurried(self) -> bool:
        return self.cancelled
