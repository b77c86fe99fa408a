"""Decides from what users met, and from what was declared, whether the promise was kept: invariants 1 and 2. Pure functions."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.load.record import Kind, Record

__all__ = ["Died", "Phase", "Violation", "check", "cut", "declared_mix", "healthy_load", "in_flight", "nobody_noticed"]

_GRACE = 0.1
_EVIDENCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From `at` (wall clock) until the next phase, these releases serve, with these percentages.

    A release at 0 that may still answer, because it is the backup of a hot group, is in `shares` with 0. `at` is when the declaration
    was seen to hold, `after` when the one before was seen last: on a busy machine a while may lie between.
    """

    at: float
    shares: Mapping[str, int]
    after: float = math.inf

    @property
    def earliest(self) -> float:
        """The first moment at which it may have held."""
        return min(self.at, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A release whose process ended at `at` (wall clock) by itself while it had traffic."""

    at: float
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which the promise was broken, in words, and the first request that shows it."""

    rule: str
    text: str
    record: Record | None = None

    def __str__(self) -> str:
        """The rule and the words."""
        shown = f" (first: {self.record})" if self.record is not None else ""
        return f"{self.rule}: {self.text}{shown}"


def check(
    records: Sequence[Record],
    phases: Sequence[Phase],
    *,
    deaths: Sequence[Died] = (),
    most_in_flight: int = 5,
    drain: float = 30.0,
    rate: float = 0.0,
) -> list[Violation]:
    """Everything that is wrong. `rate` is how many requests a second the load was to send; 0 does not check."""
    return [
        *healthy_load(records, rate),
        *nobody_noticed(records, deaths, most_in_flight=most_in_flight, drain=drain),
        *declared_mix(records, phases, deaths),
    ]


def healthy_load(records: Sequence[Record], rate: float, *, gap: float = 1.0) -> list[Violation]:
    """Whether the load proves anything: it was there without a gap, and it did not itself hold its users up."""
    if not records:
        return [Violation(rule="load", text="there was no load")]
    found: list[Violation] = []
    late = [record for record in records if record.late > gap]
    if late:
        text = f"the generator itself stalled: {len(late)} requests were sent more than {gap:g} s late"
        found.append(Violation(rule="load", text=text, record=late[0]))
    starts = sorted(record.start for record in records)
    pauses = [(after - before, before) for before, after in itertools.pairwise(starts) if after - before > gap]
    if pauses:
        longest, since = max(pauses)
        found.append(Violation(rule="load", text=f"no user came for {longest:.1f} s from {since:.3f} on"))
    lasted = starts[-1] - starts[0]
    if rate and lasted > gap and len(records) < 0.9 * rate * lasted:
        found.append(Violation(rule="load", text=f"{len(records) / lasted:.0f} requests/s were sent where {rate:g} were meant"))
    return found


def nobody_noticed(records: Sequence[Record], deaths: Sequence[Died], *, most_in_flight: int = 5, drain: float = 30.0) -> list[Violation]:
    """Invariant 1: no request fails, but for the few that were inside a process as it died; no WebSocket is cut."""
    failed = [record for record in records if record.failed]
    excused = in_flight(failed, deaths)
    own = [record for record in failed if record not in excused]
    found: list[Violation] = []
    if own:
        kinds = ", ".join(f"{count} {name}" for name, count in Counter(record.kind.value for record in own).items())
        raced = sum(record.race for record in own)
        text = f"{len(own)} of {len(records)} requests failed ({kinds}; {raced} on a kept connection closed under them)"
        found.append(Violation(rule="I1", text=text, record=own[0]))
    if len(excused) > most_in_flight:
        text = f"{len(excused)} requests failed as a release died, more than {most_in_flight}"
        found.append(Violation(rule="I1", text=text, record=excused[0]))
    retried = [record for record in excused if record.kind in {Kind.GET, Kind.FRESH}]
    if retried:
        text = f"{len(retried)} GETs failed as a release died; the other release should have answered them"
        found.append(Violation(rule="I1", text=text, record=retried[0]))
    lost = [record for record in records if cut(record, drain) and not record.failed]
    if lost:
        found.append(Violation(rule="I1", text=f"{len(lost)} WebSockets were cut", record=lost[0]))
    return found


def in_flight(failed: Iterable[Record], deaths: Sequence[Died]) -> list[Record]:
    """The failed requests that were under way when a release died: begun before, over at its death or soon after.

    A new connection's request may be sent to the dead address for an instant, hence the grace on the start.
    """

    def under_way(record: Record, death: Died) -> bool:
        return record.start <= death.at + _GRACE and death.at - _GRACE <= record.end <= death.at + _EVIDENCE

    return [record for record in failed if any(under_way(record, death) for death in deaths)]


def cut(record: Record, drain: float) -> bool:
    """Whether a WebSocket ended without a close frame, or was sent away (1001) before the drain timeout could have passed."""
    if record.kind is not Kind.WEBSOCKET or record.status != 101:
        return False
    return record.code == 0 or (record.code == 1001 and not record.ended_by_us and record.duration < drain)


def declared_mix(
    records: Sequence[Record], phases: Sequence[Phase], deaths: Sequence[Died] = (), *, sigmas: float = 5.0
) -> list[Violation]:
    """Invariant 2: every answer comes from a release that was declared to serve then, in about the declared shares.

    From a release's death to the next declaration the other one answers for it, so that no shares are expected.
    """
    if not phases:
        return [Violation(rule="I2", text="nothing was declared")]
    ordered = sorted(phases, key=lambda phase: phase.at)
    first: dict[str, Record] = {}
    wrong: Counter[str] = Counter()
    ends = [*(phase.at for phase in ordered[1:]), math.inf]
    windows = [(phase.earliest, end, frozenset(phase.shares)) for phase, end in zip(ordered, ends, strict=True)]
    for record in records:
        if record.version and not _answered_by_right(record, windows):
            wrong[record.version] += 1
            first.setdefault(record.version, record)
    declared = {version for phase in ordered for version in phase.shares}
    found: list[Violation] = []
    for version, count in wrong.items():
        when = "which was not declared to serve then" if version in declared else "which was never to serve"
        found.append(Violation(rule="I2", text=f"{count} answers came from {version}, {when}", record=first[version]))
    for place, phase in enumerate(ordered):
        following = ordered[place + 1].earliest if place + 1 < len(ordered) else math.inf
        until = min([following, *(death.at for death in deaths if phase.at <= death.at < following)])
        found += _shares(records, phase, until, sigmas)
    return found


def _answered_by_right(record: Record, windows: Sequence[tuple[float, float, frozenset[str]]]) -> bool:
    """Whether its release was declared in a phase that the request touches, from its start to its first answer.

    Long ones were routed when they began.
    """
    long = record.kind in {Kind.STREAM, Kind.WEBSOCKET}
    begin, end = record.start - _GRACE, (record.start if long else record.end) + _GRACE
    return any(record.version in versions and earliest <= end and latest >= begin for earliest, latest, versions in windows)


def _shares(records: Sequence[Record], phase: Phase, until: float, sigmas: float) -> list[Violation]:
    """Whether the answers to requests wholly inside a phase were shared as declared, as far as chance can tell."""
    inside = [record for record in records if record.version and record.start > phase.at + _GRACE and record.end < until - _GRACE]
    if len(inside) < 100:
        return []
    counts = Counter(record.version for record in inside)
    found = []
    for version, share in phase.shares.items():
        expected, total = share / 100, len(inside)
        allowance = sigmas * math.sqrt(max(expected * (1 - expected), 1 / total) / total)
        if abs(counts[version] / total - expected) > allowance:
            text = f"{version} answered {100 * counts[version] / total:.1f} % where {share} % were declared"
            found.append(Violation(rule="I2", text=text))
    return found
