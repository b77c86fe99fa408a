"""Probe: the candidate's log and its health (`docker logs`), before anyone reaches it."""

from __future__ import annotations

from bluegreen.decide.health import check_in_words
from bluegreen.errors import CandidateFailed
from bluegreen.model.container import Container
from bluegreen.model.fault import Fault
from bluegreen.model.observed import Answer
from bluegreen.model.replicas import Replicas
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.job import Job
from bluegreen.stages.watcher import ONE_REQUEST, Watcher

__all__ = ["probe"]

_CONFIRM_AFTER = 0.2
_UP_AGAIN = (0.04, 0.1)
_LAST_ASKED = 10


def probe(job: Job, candidate: Replicas, live: Replicas | None, *, since: str = "") -> Watcher:
    """Prove every replica, one after the other: they start at the same time. Return the eye that goes on watching all of them.

    Of a candidate that was live before, what it logs counts from `since` on, RFC 3339.
    """
    first, *others = [_prove(job, container, live, since) for container in candidate]
    return first.beside(others)


def _prove(job: Job, candidate: Container, live: Replicas | None, since: str) -> Watcher:
    """Ask until enough good answers came in a row and the log is clean."""
    expect = job.ask.expect
    watcher = Watcher(job, candidate, live, since)
    begun = job.clock.now()
    with job.host.waiting():
        fault = _fault_until_good(job, watcher, candidate)
    if fault is not None:
        show_candidate(job, candidate, watcher.transcript[-_LAST_ASKED:])
        raise CandidateFailed(
            f"{candidate.name} failed its probe: {fault.reason}.",
            means=fault.means,
            todo="Its last log lines show more. Run the image locally, or correct `health-path`, `container-port` or its settings.",
        )
    seconds = job.clock.now() - begun
    job.tell.done(f"{expect.successes} good answers in a row to {check_in_words(expect)} after {seconds:.1f} s, and a clean log")
    return watcher


def _fault_until_good(job: Job, watcher: Watcher, candidate: Container) -> Fault | None:
    """Confirming answers ask nothing else in between, which saves round trips; the container and its log have the last word."""
    expect, clock = job.ask.expect, job.clock
    begun = clock.now()
    until = begun + expect.timeout
    good, fault = 0, None
    while fault is None:
        asked = clock.now()
        bad = watcher.ask(lambda: _ask(job, candidate))
        good = 0 if bad else good + 1
        confirmed = good >= expect.successes
        late = clock.now() >= until
        if confirmed or late:
            fault = watcher.fault()
        if fault is None and confirmed and watcher.ready:
            return None
        if fault is None and late:
            fault = _too_late(bad, watcher, expect.timeout)
        if fault is None:
            clock.wait(_pause(bad, expect.interval, confirmed=confirmed, since=clock.now() - asked, waited=asked - begun))
        if fault is None and bad:
            # Looked at just before it is asked again: the address of one that has ended answers nothing, and asking it takes long.
            fault = watcher.fault()
    return fault


def _pause(bad: Fault | None, interval: float, *, confirmed: bool, since: float, waited: float) -> float:
    """A port on which nothing listens yet costs the app nothing to ask again; an app that answers badly is left its interval.

    So it is asked again after a tenth of the time `waited` for it so far, within `_UP_AGAIN`. Confirming questions are asked
    `_CONFIRM_AFTER` apart, and `since` of it has passed.
    """
    if bad is not None:
        soonest, latest = _UP_AGAIN
        return min(interval, latest, max(soonest, waited / 10)) if bad.silent else interval
    return interval if confirmed else max(0.0, _CONFIRM_AFTER - since)


def _too_late(bad: Fault | None, watcher: Watcher, timeout: float) -> Fault:
    last = bad or (Fault(reason="good answers came too late") if watcher.ready else watcher.unready())
    return Fault(reason=f"it was not healthy within {timeout:g} s; at last, {last.reason}", means=last.means)


def _ask(job: Job, candidate: Container) -> Answer:
    expect = job.ask.expect
    return job.host.get(candidate.address, candidate.port, expect.path, host=expect.host, timeout=min(ONE_REQUEST, expect.timeout))
