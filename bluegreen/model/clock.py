"""Time, as everything that waits knows it: never the machine's own, so that a test can turn it and a signal can stop it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """The only source of time. `wait` and `check` raise `Cancelled` when the run was cancelled or its deadline has passed."""

    def now(self) -> float:
        """Seconds of a steady clock."""

    def wait(self, seconds: float) -> None:
        """Sleep, unless and until the run is cancelled."""

    def check(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""

    def shield(self) -> AbstractContextManager[None]:
        """Inside, nothing raises `Cancelled`: what is under way there is the undoing."""

    def hurried(self) -> bool:
        """Whether the run was cancelled: seconds are left, not minutes."""

    def utc(self) -> str:
        """The host's wall clock as RFC 3339 in UTC, to the second; before the host is known, this machine's."""
