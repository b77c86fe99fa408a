"""Reroute: NGINX shifts the traffic step by step, watched, until all of it flows to the candidate; it ends in the commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bluegreen.decide.history import COMMITTED, ROLLED_BACK
from bluegreen.decide.plan import Plan
from bluegreen.errors import WentBack
from bluegreen.model.ask import ShiftStep
from bluegreen.model.color import Split
from bluegreen.model.container import RestartPolicy
from bluegreen.model.observed import Answer
from bluegreen.model.progress import StepRecord
from bluegreen.model.replicas import Replicas
from bluegreen.model.verdict import Verdict
from bluegreen.stages.adoption import adopt
from bluegreen.stages.drain import drain
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.front_door import check_front_door
from bluegreen.stages.job import Job
from bluegreen.stages.site import fit_site
from bluegreen.stages.smoke import smoke_test
from bluegreen.stages.traffic import Traffic
from bluegreen.stages.undo import Undo
from bluegreen.stages.watcher import Watcher

__all__ = ["reroute"]

_PREVIEW_TIMEOUT = 2.0
_LAST_ASKED = 5


def reroute(job: Job, plan: Plan, candidate: Replicas, watcher: Watcher, undo: Undo) -> None:
    """Everything up to and including the commit. Going back is the undo of what was done so far."""
    with job.host.access_log(plan.release.app) as log:
        if plan.adopted is not None:
            adopt(job, plan, plan.adopted, candidate)
        else:
            fit_site(job, plan, candidate, undo)
        traffic = Traffic(job, log, plan.network.addresses(plan.color))
        eyes = _Eyes(watcher=watcher, traffic=traffic, preview=job.guardian.open_preview(plan.color))
        smoke_test(job, candidate, watcher, eyes.preview)
        undo.push("take the traffic back", lambda: _take_back(job, candidate))
        _shift_all(job, plan, candidate, eyes)
    check_front_door(job, candidate)
    _commit(job, plan, candidate, undo)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eyes:
    """What looks at the candidate while it has traffic: at its container and its log, at users' requests, and at its preview's answers."""

    watcher: Watcher
    traffic: Traffic
    preview: str


def _shift_all(job: Job, plan: Plan, candidate: Replicas, eyes: _Eyes) -> None:
    """Step by step while two releases serve; at once when there is no other."""
    before = plan.live or plan.adopted
    if before is None:
        _step(job, candidate, ShiftStep(share=100, hold=0), eyes, Split.giving(candidate.color, 100))
        return
    job.guardian.arm(Split.giving(candidate.color, 0, hot=True))
    job.tell.say(f"hot: {before.name} and {candidate.name} back each other up")
    # What ran a moment ago and still runs need not be tried bit by bit.
    for step in (*(() if plan.running else job.ask.traffic.steps), ShiftStep(share=100, hold=job.ask.traffic.watch)):
        _step(job, candidate, step, eyes, Split.giving(candidate.color, step.share, hot=True))


def _step(job: Job, candidate: Replicas, step: ShiftStep, eyes: _Eyes, split: Split) -> None:
    begun = job.clock.now()
    eyes.traffic.begin(step)
    job.guardian.arm(split)
    early = f" or until it got {step.until} requests" if step.until else ""
    job.tell.say(f"{step.share} % of the requests go to {candidate.name}, watched for {step.hold:g} s{early}")
    with job.host.waiting():
        judged = eyes.watcher.hold(step.hold, lambda: _ask(job, eyes), eyes.traffic)
    seconds = job.clock.now() - begun
    if judged.verdict is Verdict.GO_BACK:
        job.guardian.disarm()
    met = eyes.traffic.sum_up()
    job.tell.step(StepRecord(share=step.share, seconds=seconds, verdict=judged.verdict.value, reason=judged.reason, traffic=met))
    if judged.verdict is Verdict.GO_BACK:
        _tell_why(job, eyes)
        raise WentBack(
            f"{eyes.watcher.suspect.name} misbehaved at {step.share} % of the traffic: {judged.reason}.",
            means=judged.means,
            todo="Its last log lines show more. Mend it and deploy again.",
        )


def _tell_why(job: Job, eyes: _Eyes) -> None:
    show_candidate(job, eyes.watcher.suspect, eyes.watcher.transcript[-_LAST_ASKED:])
    if eyes.traffic.failures:
        job.tell.evidence("The first requests of users that it failed", eyes.traffic.failures)


def _ask(job: Job, eyes: _Eyes) -> Answer:
    return job.host.preview(eyes.preview, job.ask.expect.path, timeout=_PREVIEW_TIMEOUT)


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
