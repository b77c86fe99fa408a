"""Retire: drain, stop and clean up (`docker stop`, `docker rm`). The deployment has succeeded: whatever fails here only warns."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.plan import Plan
from bluegreen.decide.processes import swap
from bluegreen.decide.retention import kept, prunable, spare_containers
from bluegreen.errors import BlueGreenError
from bluegreen.model.color import Split
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import leave
from bluegreen.stages.job import Job
from bluegreen.stages.processes import swap_processes

__all__ = ["retire"]


def retire(job: Job, plan: Plan, candidate: Replicas) -> tuple[str, ...]:
    """Leave hot, let the old release finish, stop it, remove what is not kept; the versions that are, the newest first."""
    try:
        job.guardian.settle(Split.giving(candidate.color, 100))
        if plan.live is not None:
            for container in plan.live:
                job.guardian.watch_over(container, drain=job.ask.retire.drain_timeout, stop=job.ask.retire.stop_timeout)
            leave(job, plan.live)
            job.guardian.release_watch()
        swap_processes(job, plan.release, plan.color, swap(plan.before.containers, plan.release, plan.color, again=True))
        return _prune(job, plan, candidate)
    except BlueGreenError as error:
        job.tell.warn(f"{candidate.name} is live, but cleaning up did not finish: {error.what} The next deployment finishes it.")
        return ()


def _prune(job: Job, plan: Plan, candidate: Replicas) -> tuple[str, ...]:
    containers, app = job.host.containers, plan.release.app
    earlier = tuple(release for release in plan.before.releases if release.id != plan.release.id)
    stay = kept((*earlier, plan.release), plan.release.id, job.ask.retire.keep)
    for release in earlier:
        if release not in stay:
            job.guardian.forget(release.id)
    stopped = (replace(container, running=False) for container in plan.before.containers)
    for container in spare_containers((*stopped, *candidate), candidate, stay):
        containers.remove(container)
        job.tell.say(f"{container.name} is removed")
    for image in prunable(containers.images(app), candidate.image_id, stay, earlier):
        for reference in image.tags or (image.id,):
            if containers.remove_image(reference):
                job.tell.say(f"image {reference} is removed")
    return tuple(release.version for release in stay if release.id != plan.release.id)
