"""The verdict on a candidate: its users' requests beside those of live in the same time. docs/verdicts.md explains it to users.

It is condemned when what was seen is a hundred times likelier otherwise than under any pair of rates in which it is worse than live by the
margin at most (see `confidence`; this holds at all looks of a step together). An outage that hurts both colors alike raises both rates, and
condemns nobody.
"""

from __future__ import annotations

from math import log

from bluegreen.decide.confidence import evidence_above, evidence_against, evidence_of_excess
from bluegreen.model.traffic import Sample, StepTraffic
from bluegreen.model.verdict import Judgement, LatencyLimit, Limits, LowTraffic, Verdict

__all__ = ["comparable", "final", "judge"]

_ENOUGH = log(100)
"""So a candidate that is just as much worse as it may be is condemned in one step with a probability of 1 % at most, by its failures."""
_SLOW = 0.05
"""The part of the answers that a p95 leaves out."""
_NOTICEABLE = 0.010
"""Seconds. A p95 of 4 ms beside one of 2 ms is twice as much, and nobody's trouble."""


def comparable(window: StepTraffic, before: Sample, limits: Limits) -> Sample | None:
    """Live in the same window; with all the traffic on the candidate, live in the steps before; None when it never had enough requests."""
    for sample in (window.live, before + window.live):
        if sample.requests >= max(limits.min_requests, 1):
            return sample
    return None


def judge(window: StepTraffic, before: Sample, limits: Limits) -> Judgement:
    """At any look: go back when the evidence suffices, wait while there are too few requests, else go on. `before` is live's past."""
    mine, live = window.candidate, comparable(window, before, limits)
    if mine.requests < limits.min_requests:
        return Judgement(verdict=Verdict.WAIT, reason=f"{mine.requests} of the {limits.min_requests} requests that a verdict needs")
    found = _errors(mine, live, limits) or (_latency(mine, live, limits.max_latency) if limits.max_latency else None)
    return found or Judgement(verdict=Verdict.GO_ON, reason="no worse than live" if live else "well by itself: live had no requests")


def final(window: StepTraffic, before: Sample, limits: Limits) -> Judgement:
    """When a step's time is over: WAIT only where `on-low-traffic` says so. Its probes were good, or the step had ended."""
    judged = judge(window, before, limits)
    if judged.verdict is not Verdict.WAIT:
        return judged
    match limits.on_low_traffic:
        case LowTraffic.PROBE:
            return Judgement(verdict=Verdict.GO_ON, reason=f"its probes were good; {judged.reason}")
        case LowTraffic.PROCEED:
            return Judgement(verdict=Verdict.GO_ON, reason=f"on to more traffic; {judged.reason}")
        case LowTraffic.WAIT:
            return judged
        case LowTraffic.FAIL:
            return Judgement(
                verdict=Verdict.GO_BACK,
                reason=f"it got {judged.reason}",
                means="`on-low-traffic: fail` wants users' requests before a release goes on.",
            )


def _errors(mine: Sample, live: Sample | None, limits: Limits) -> Judgement | None:
    margin, seen = limits.max_error_rate, (mine.failed, mine.requests)
    found = evidence_of_excess(margin, seen, (live.failed, live.requests)) if live else evidence_above(margin, *seen)
    if found < _ENOUGH:
        return None
    beside = f"live {live.failed:,} of {live.requests:,} ({_percent(live.failed_share)})" if live else "live had none to compare with"
    return Judgement(
        verdict=Verdict.GO_BACK,
        reason=f"it failed {mine.failed:,} of {mine.requests:,} requests of users ({_percent(mine.failed_share)}); {beside}",
        means=f"That is worse than live by more than `max-error-rate` ({_percent(limits.max_error_rate)}), and not by chance.",
    )


def _latency(mine: Sample, live: Sample | None, limit: LatencyLimit) -> Judgement | None:
    """Slower than a time means: more than a twentieth of the answers took longer than it."""
    slowest = limit.seconds or (_allowed(live, limit.times) if live else None)
    if slowest is None or not mine.answers:
        return None
    if evidence_above(_SLOW, mine.slower_than(slowest), mine.answers) < _ENOUGH:
        return None
    beside = f", live's {_milliseconds(live.quantile(1 - _SLOW))}" if live else ""
    asked = f"{limit.times:g}x" if limit.times else _milliseconds(limit.seconds)
    return Judgement(
        verdict=Verdict.GO_BACK,
        reason=f"its p95 is {_milliseconds(mine.quantile(1 - _SLOW))}{beside} ({mine.answers:,} answers)",
        means=f"That is beyond `max-latency` ({asked}), and not by chance.",
    )


def _allowed(live: Sample, times: float) -> float | None:
    """The p95 that live may have, at the most that its answers allow, times the limit; None when they are too few to know one."""
    answers, slower, most = live.answers, 0, None
    for milliseconds, count in reversed(live.times):
        if slower >= _SLOW * answers or evidence_against(_SLOW, slower, answers) < _ENOUGH:
            break
        most = milliseconds / 1000
        slower += count
    return None if most is None else max(times * most, most + _NOTICEABLE)


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %" if part < 1 else "100 %"


def _milliseconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{1000 * seconds:.0f} ms"
