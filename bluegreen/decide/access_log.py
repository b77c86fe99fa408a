"""The access log: what its lines say of each color, whoever answered the user in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bluegreen.model.traffic import Sample, StepTraffic, each_attempt

__all__ = ["Attempt", "Entry", "read_entry", "tally", "told_failures"]

_SERVER_ERROR = 500
_OF_GRPC = {"2": 500, "4": 504, "12": 501, "13": 500, "14": 503, "15": 500}
"""What a server is to blame for, as the HTTP statuses they amount to: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE
and DATA_LOSS (google/rpc/code.proto); any other gRPC status is the caller's, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """NGINX asked one server. `status` is 0 when the user gave up first; `milliseconds` to the first byte, None when none came."""

    address: str
    status: int
    milliseconds: int | None

    @property
    def failed(self) -> bool:
        """Whether it answered 5xx, or NGINX had to answer for it."""
        return self.status >= _SERVER_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request. `probe` is true for our own knock at the front door."""

    method: str
    path: str
    status: int
    attempts: tuple[Attempt, ...]
    probe: bool

    @property
    def failed(self) -> bool:
        """Whether its user noticed."""
        return self.status >= _SERVER_ERROR or self.status == 0


def read_entry(line: str) -> Entry | None:
    """One line of the log; None for one that is cut off or somebody else's."""
    try:
        raw = json.loads(line)
        called = _OF_GRPC.get(raw.get("grpc", ""))
        return Entry(
            method=raw["m"],
            path=raw["uri"],
            status=called or int(raw["status"]),
            attempts=_ended(_attempts(raw), called),
            probe=bool(raw.get("probe")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def tally(entries: Iterable[Entry | None], candidate: Collection[str]) -> StepTraffic:
    """What these entries say. `candidate` are the addresses of its replicas; whoever else was asked is the live release."""
    unread = requests = failed = 0
    mine: list[Attempt] = []
    other: list[Attempt] = []
    for entry in entries:
        if entry is None:
            unread += 1
        elif not entry.probe:
            requests += 1
            failed += int(entry.failed)
            for attempt in entry.attempts:
                (mine if attempt.address in candidate else other).append(attempt)
    return StepTraffic(candidate=_sample(mine), live=_sample(other), requests=requests, failed=failed, unread=unread)


def told_failures(entries: Iterable[Entry | None], candidate: Collection[str], most: int) -> tuple[str, ...]:
    """The first so many requests that the candidate failed, each in a line for people."""
    found: list[str] = []
    for entry in entries:
        if len(found) >= most:
            break
        if entry is not None and not entry.probe:
            found += [_told(entry, attempt) for attempt in entry.attempts if attempt.failed and attempt.address in candidate][:1]
    return tuple(found)


def _told(entry: Entry, attempt: Attempt) -> str:
    how = f"answered {attempt.status}" if attempt.milliseconds is not None else "gave no answer"
    end = "" if entry.status == attempt.status else f"; the user got {entry.status}, from the other release"
    return f"{entry.method} {entry.path}  {how}{end}"


def _attempts(raw: dict[str, str]) -> tuple[Attempt, ...]:
    addresses, statuses, times = (each_attempt(raw[name]) for name in ("upstream", "upstream_status", "upstream_ht"))
    return tuple(
        Attempt(
            address=address.rpartition(":")[0],
            status=int(statuses[number]) if _has(statuses, number) else 0,
            milliseconds=round(1000 * float(times[number])) if _has(times, number) else None,
        )
        for number, address in enumerate(addresses)
        if ":" in address  # the name of a group stands there when NGINX found none of its servers fit to be asked
    )


def _ended(attempts: tuple[Attempt, ...], called: int | None) -> tuple[Attempt, ...]:
    """How a call ended is the last one's: for HTTP its answer was 200, since its status comes after its message."""
    return (*attempts[:-1], replace(attempts[-1], status=called)) if attempts and called else attempts


def _has(values: Sequence[str], number: int) -> bool:
    return number < len(values) and values[number] not in ("", "-")


def _sample(attempts: Sequence[Attempt]) -> Sample:
    answered = Counter(attempt.milliseconds for attempt in attempts if attempt.milliseconds is not None)
    bad = [attempt for attempt in attempts if attempt.failed]
    silent = sum(attempt.milliseconds is None for attempt in bad)
    return Sample(
        requests=len(attempts),
        server_errors=len(bad) - silent,
        failed_attempts=silent,
        times=tuple(sorted(answered.items())),
    )
