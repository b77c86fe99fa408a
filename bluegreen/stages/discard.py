"""Discard: a paused release ends, and the old one serves all of the traffic again."""

from __future__ import annotations

from bluegreen.decide.history import ABORTED
from bluegreen.decide.plan import Plan
from bluegreen.errors import CandidateFailed, WentBack
from bluegreen.model.color import Split
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import leave, watch_over
from bluegreen.stages.job import Job

__all__ = ["discard", "stays_paused"]


def discard(job: Job, live: Replicas, candidate: Replicas, recipe: Release | None) -> None:
    """Traffic first, by one rename; then the candidate finishes what it is answering, stops, and is removed.

    With its recipe, unless that is one of a kept release, which somebody wanted to roll back to and still may.
    """
    job.guardian.settle(Split.giving(live.color, 100))
    watch_over(job, candidate)
    job.tell.done(f"{live.name} has all of the traffic")
    leave(job, candidate)
    for container in candidate:
        job.host.containers.remove(container)
    job.guardian.release_watch()
    if recipe is None or not recipe.committed_at:
        job.guardian.forget(candidate.release_id)
    job.guardian.record(ABORTED, version=candidate.version, release=candidate.release_id, to=live.version)


def stays_paused(job: Job, plan: Plan, cause: BaseException | None) -> bool:
    """Whether a promotion that does not succeed, for that cause, leaves its release the share it has.

    Only a release that was found wanting loses it, and only where an old release runs that can answer instead. A run that was cancelled,
    whose time was up, or for which the host was not ready has decided nothing.
    """
    found_wanting = isinstance(cause, CandidateFailed | WentBack) and not job.clock.hurried()
    if plan.held is None or (found_wanting and plan.live is not None):
        return False
    committed = job.guardian.routes().committed
    return committed is not None and committed.share(plan.color) > 0
