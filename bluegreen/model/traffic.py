"""What users' requests met while the traffic shifted, color by color, as NGINX's access log tells it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

__all__ = ["AccessLog", "Sample", "StepTraffic", "each_attempt"]

_BETWEEN = re.compile(r", | : ")
"""NGINX's own: a comma between the servers it tried, a colon between groups (ngx_http_upstream_module, `$upstream_addr`)."""


def each_attempt(text: str) -> list[str]:
    """What one of NGINX's `$upstream_…` variables says of each server that it tried for one request, in order."""
    return _BETWEEN.split(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one color did with the requests that NGINX handed to it in a while.

    A request that failed here and was then answered by the other color counts in both: `failed_attempts` got no answer at all,
    `server_errors` got a 5xx. `times` counts the answers by the milliseconds until their first byte, in ascending order.
    """

    requests: int = 0
    server_errors: int = 0
    failed_attempts: int = 0
    times: tuple[tuple[int, int], ...] = ()

    @property
    def failed(self) -> int:
        """The requests it failed, one way or the other."""
        return self.server_errors + self.failed_attempts

    @property
    def failed_share(self) -> float:
        """Which part of its requests it failed, from 0 to 1; 0 without requests."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def answers(self) -> int:
        """How many answers have a time."""
        return sum(count for _, count in self.times)

    def quantile(self, part: float) -> float | None:
        """Seconds within which that part of the answers began, by the nearest rank; None without answers."""
        wanted, seen = part * self.answers, 0
        for milliseconds, count in self.times:
            seen += count
            if seen >= wanted:
                return milliseconds / 1000
        return None

    def slower_than(self, seconds: float) -> int:
        """How many answers took longer."""
        return sum(count for milliseconds, count in self.times if milliseconds > 1000 * seconds)

    def __add__(self, other: Sample) -> Sample:
        """Both taken together."""
        times = Counter(dict(self.times))
        times.update(dict(other.times))
        return Sample(
            requests=self.requests + other.requests,
            server_errors=self.server_errors + other.server_errors,
            failed_attempts=self.failed_attempts + other.failed_attempts,
            times=tuple(sorted(times.items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTraffic:
    """One step's window: what each color did, and what the users themselves met.

    `requests` are theirs, `failed` those answered with a 5xx or not at all. `unread` lines of the log were no entries of ours.
    """

    candidate: Sample = Sample()
    live: Sample = Sample()
    requests: int = 0
    failed: int = 0
    unread: int = 0

    def __add__(self, other: StepTraffic) -> StepTraffic:
        """Both windows as one."""
        return StepTraffic(
            candidate=self.candidate + other.candidate,
            live=self.live + other.live,
            requests=self.requests + other.requests,
            failed=self.failed + other.failed,
            unread=self.unread + other.unread,
        )


class AccessLog(Protocol):
    """The app's access log, as it grows."""

    def read(self) -> tuple[str, ...]:
        """The whole lines that came since the last time. Never waits for one."""

    def problem(self) -> str:
        """Why no more lines come, in words; empty while they do."""
