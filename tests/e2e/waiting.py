"""Waits for what a host does in its own time, since a pause of a fixed length is too short one day in a thousand."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["until"]


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until it does. Raises AssertionError when it does not in so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come in {seconds:g} s"
        time.sleep(0.05)
