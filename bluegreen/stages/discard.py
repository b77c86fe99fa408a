"""Discard: a paused release ends, and the old one serves all of the traffic again."""

from __future__ import annotations

from bluegreen.decide.history import ABORTED
from bluegreen.model.color import Split
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import leave
from bluegreen.stages.job import Job

__all__ = ["discard"]


def discard(job: Job, live: Replicas, candidate: Replicas) -> None:
    """Traffic first, by one rename; then the candidate finishes what it is answering, stops, and is removed with its recipe."""
    job.guardian.settle(Split.giving(live.color, 100))
    job.tell.done(f"{live.name} has all of the traffic")
    leave(job, candidate)
    for container in candidate:
        job.host.containers.remove(container)
    job.guardian.forget(candidate.release_id)
    job.guardian.record(ABORTED, version=candidate.version, release=candidate.release_id, to=live.version)
