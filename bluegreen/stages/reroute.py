"""Reroute: NGINX shifts the traffic step by step, watched, until all of it flows to the candidate; it ends in the commit."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.history import COMMITTED, ROLLED_BACK
from bluegreen.decide.plan import Plan
from bluegreen.errors import WentBack
from bluegreen.model.ask import ShiftStep
from bluegreen.model.color import Split
from bluegreen.model.container import RestartPolicy
from bluegreen.model.progress import StepRecord
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import drain
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.front_door import check_front_door
from bluegreen.stages.job import Job
from bluegreen.stages.site import fit_site
from bluegreen.stages.smoke import smoke_test
from bluegreen.stages.undo import Undo
from bluegreen.stages.watcher import Watcher

__all__ = ["reroute"]

_PREVIEW_TIMEOUT = 2.0
_LAST_ASKED = 5


def reroute(job: Job, plan: Plan, candidate: Replicas, watcher: Watcher, undo: Undo) -> None:
    """Everything up to and including the commit. Going back is the undo of what was done so far."""
    fit_site(job, plan, candidate, undo)
    preview = job.guardian.open_preview(plan.color)
    smoke_test(job, candidate, watcher, preview)
    undo.push("take the traffic back", lambda: _take_back(job, candidate))
    _shift_all(job, plan, candidate, watcher, preview)
    check_front_door(job, candidate)
    _commit(job, plan, candidate, undo)


def _shift_all(job: Job, plan: Plan, candidate: Replicas, watcher: Watcher, preview: str) -> None:
    """Step by step while two releases serve; at once when there is no other."""
    if plan.live is None:
        _step(job, candidate, ShiftStep(share=100, hold=0), watcher, preview, Split.giving(candidate.color, 100))
        return
    job.guardian.arm(Split.giving(candidate.color, 0, hot=True))
    job.tell.say(f"hot: {plan.live.name} and {candidate.name} back each other up")
    # What ran a moment ago and still runs need not be tried bit by bit.
    for step in (*(() if plan.running else job.ask.traffic.steps), ShiftStep(share=100, hold=job.ask.traffic.watch)):
        _step(job, candidate, step, watcher, preview, Split.giving(candidate.color, step.share, hot=True))


def _step(job: Job, candidate: Replicas, step: ShiftStep, watcher: Watcher, preview: str, split: Split) -> None:
    begun = job.clock.now()
    job.guardian.arm(split)
    job.tell.say(f"{step.share} % of the requests go to {candidate.name}, watched for {step.hold:g} s")
    with job.host.waiting():
        fault = watcher.hold(step.hold, lambda: job.host.preview(preview, job.ask.expect.path, timeout=_PREVIEW_TIMEOUT))
    seconds = job.clock.now() - begun
    if fault is None:
        job.tell.step(StepRecord(share=step.share, seconds=seconds, verdict="go on", reason="well all the while"))
        return
    job.guardian.disarm()
    job.tell.step(StepRecord(share=step.share, seconds=seconds, verdict="go back", reason=fault.reason))
    show_candidate(job, watcher.suspect, watcher.transcript[-_LAST_ASKED:])
    raise WentBack(
        f"{watcher.suspect.name} misbehaved at {step.share} % of the traffic: {fault.reason}.",
        means=fault.means,
        todo="Its last log lines show more. Mend it and deploy again.",
    )


def _take_back(job: Job, candidate: Replicas) -> None:
    """All traffic follows the committed route again; the candidate may finish what it is still answering."""
    if job.guardian.routes().armed is not None:
        job.guardian.disarm()
    job.tell.say("all traffic is on the committed route again")
    for container in candidate:
        job.host.containers.set_restart(container, RestartPolicy.NO)
    if not job.clock.hurried():
        drain(job, candidate)


def _commit(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """The recipe lies on the host before the commit, unmarked; recovery marks it if we die before we can.

    Only now is the candidate to outlive a reboot: before, a host that restarts in the middle of a shift must come back without it.
    """
    job.guardian.save(plan.release)
    for container in candidate:
        job.host.containers.set_restart(container, RestartPolicy.UNLESS_STOPPED)
    job.guardian.commit()
    undo.commit()
    job.guardian.save(replace(plan.release, committed_at=job.clock.utc()))
    job.guardian.record(COMMITTED, version=plan.release.version, release=plan.release.id, color=plan.color.value)
    if plan.withdraws and plan.live is not None:
        job.guardian.record(ROLLED_BACK, version=plan.live.version, release=plan.live.release_id, to=plan.release.version)
    job.tell.done(f"committed: {candidate.name} is live")
