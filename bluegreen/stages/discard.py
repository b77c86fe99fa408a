"""Discard: a paused release ends, and the old one serves all of the traffic again."""

from __future__ import annotations

from bluegreen.decide.history import ABORTED
from bluegreen.decide.plan import Plan
from bluegreen.model.color import Split
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import leave, watch_over
from bluegreen.stages.job import Job

__all__ = ["discard", "stays_paused"]


def discard(job: Job, live: Replicas, candidate: Replicas) -> None:
    """Traffic first, by one rename; then the candidate finishes what it is answering, stops, and is removed with its recipe."""
    job.guardian.settle(Split.giving(live.color, 100))
    watch_over(job, candidate)
    job.tell.done(f"{live.name} has all of the traffic")
    leave(job, candidate)
    for container in candidate:
        job.host.containers.remove(container)
    job.guardian.release_watch()
    job.guardian.forget(candidate.release_id)
    job.guardian.record(ABORTED, version=candidate.version, release=candidate.release_id, to=live.version)


def stays_paused(job: Job, plan: Plan) -> bool:
    """Whether a promotion that does not succeed leaves its release the share it has.

    So it is when it was cancelled before anything was decided, and when no old release runs that could answer instead.
    """
    if plan.held is None or not (job.clock.hurried() or plan.live is None):
        return False
    committed = job.guardian.routes().committed
    return committed is not None and committed.share(plan.color) > 0
