"""Retire: drain, stop and clean up (`docker stop`, `docker rm`). The deployment has succeeded: whatever fails here only warns."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.plan import Plan
from bluegreen.decide.processes import swap
from bluegreen.errors import BlueGreenError
from bluegreen.model.color import Split
from bluegreen.model.container import Role
from bluegreen.model.observed import Observed
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import leave, put_down, watch_over
from bluegreen.stages.job import Job
from bluegreen.stages.processes import swap_processes
from bluegreen.stages.prune import prune

__all__ = ["retire"]


def retire(job: Job, plan: Plan, candidate: Replicas) -> tuple[str, ...]:
    """Leave hot, let the old release finish, stop it, remove what is not kept; the versions that are, the newest first."""
    try:
        job.guardian.settle(Split.giving(candidate.color, 100))
        if plan.live is not None:
            watch_over(job, plan.live)
            leave(job, plan.live)
            job.guardian.release_watch()
        elif plan.adopted is None:
            job.tell.done("no release before it runs: there is nothing to stop")
        for container in plan.before.containers:
            # What crashes again and again served nobody when the plan was made, and would go on for ever.
            if container.restarting and container.role is Role.WEB and container.color is not plan.color:
                put_down(job, container)
                job.tell.done(f"{container.name}, which crashed again and again, is stopped")
        swap_processes(job, plan.release, plan.color, swap(plan.before.containers, plan.release, plan.color, again=True))
        return prune(job, _after(plan, candidate), candidate).kept
    except BlueGreenError as error:
        job.tell.warn(f"{candidate.name} is live, but cleaning up did not finish: {error.what} The next deployment finishes it.")
        return ()


def _after(plan: Plan, candidate: Replicas) -> Observed:
    """What there is now: the release before is stopped, and the candidate is one of the releases."""
    earlier = (release for release in plan.before.releases if release.id != plan.release.id)
    ours = {container.id for container in candidate}
    stopped = (replace(container, running=False) for container in plan.before.containers if container.id not in ours)
    return replace(plan.before, containers=(*stopped, *candidate), releases=(*earlier, plan.release))
