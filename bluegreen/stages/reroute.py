"""Reroute: NGINX shifts the traffic step by step, watched, until all of it flows to the candidate; it ends in the commit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from bluegreen.decide.history import COMMITTED, PAUSED, ROLLED_BACK
from bluegreen.decide.plan import Plan, steps_left
from bluegreen.errors import GuardianLost, WentBack
from bluegreen.model.ask import ShiftStep
from bluegreen.model.color import Split
from bluegreen.model.container import RestartPolicy
from bluegreen.model.observed import Answer
from bluegreen.model.progress import StepRecord
from bluegreen.model.replicas import Replicas
from bluegreen.model.verdict import Judgement, Verdict
from bluegreen.stages.adoption import adopt
from bluegreen.stages.discard import stays_paused
from bluegreen.stages.drain import drain, watch_over
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.front_door import check_front_door
from bluegreen.stages.job import Job
from bluegreen.stages.site import fit_site
from bluegreen.stages.smoke import smoke_test
from bluegreen.stages.traffic import Traffic
from bluegreen.stages.undo import Undo
from bluegreen.stages.watcher import Watcher

__all__ = ["reroute"]

_LAST_ASKED = 5


def reroute(job: Job, plan: Plan, candidate: Replicas, watcher: Watcher, undo: Undo) -> ShiftStep | None:
    """Everything up to and including the commit, or up to the step that pauses the deployment, which is returned.

    Going back is the undo of what was done so far.
    """
    if plan.adopted is not None:
        adopt(job, plan, plan.adopted, candidate)
    else:
        fit_site(job, plan, candidate, undo)
    # Only now: a connection for the preview would keep a reload's old worker alive, and be answered by it.
    with job.host.access_log(plan.release.app) as log:
        traffic = Traffic(job, log, plan.network.addresses(plan.color))
        eyes = _Eyes(watcher=watcher, traffic=traffic, preview=job.guardian.open_preview(plan.color))
        smoke_test(job, candidate, watcher, eyes.preview)
        undo.push(f"let {candidate.name} finish and go", lambda: _let_go(job, plan, candidate, undo))
        undo.push("take the traffic back", lambda: _take_back(job, plan, candidate, undo))
        step = _shift_all(job, plan, candidate, eyes)
    if step is not None:
        _pause(job, plan, candidate, step, undo)
        return step
    check_front_door(job, candidate)
    _commit(job, plan, candidate, undo)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eyes:
    """What looks at the candidate while it has traffic: at its container and its log, at users' requests, and at its preview's answers."""

    watcher: Watcher
    traffic: Traffic
    preview: str


def _shift_all(job: Job, plan: Plan, candidate: Replicas, eyes: _Eyes) -> ShiftStep | None:
    """Step by step while two releases serve; at once when there is no other. Returns the step that pauses, if one does."""
    before = plan.live or plan.adopted
    if before is None:
        _step(job, plan, candidate, ShiftStep(share=100, hold=0), eyes)
        return None
    if plan.held is None:
        job.guardian.arm(Split.giving(candidate.color, 0, hot=True))
        job.tell.say(f"hot: {before.name} and {candidate.name} back each other up")
    for step in steps_left(job.ask.traffic.steps, plan):
        _step(job, plan, candidate, step, eyes)
        if step.pause and plan.live is not None:
            return step
    _step(job, plan, candidate, ShiftStep(share=100, hold=job.ask.traffic.watch), eyes)
    return None


def _step(job: Job, plan: Plan, candidate: Replicas, step: ShiftStep, eyes: _Eyes) -> None:
    begun = job.clock.now()
    eyes.traffic.begin(step)
    job.guardian.arm(Split.giving(candidate.color, step.share, hot=(plan.live or plan.adopted) is not None))
    early = f" or until it got {step.until} requests" if step.until else ""
    watched = f", watched for {step.hold:g} s{early}" if step.hold else ""
    job.tell.say(f"{step.share} % of the requests go to {candidate.name}{watched}")
    with job.host.waiting():
        judged = eyes.watcher.hold(step.hold, lambda: _ask(job, eyes), eyes.traffic)
    seconds = job.clock.now() - begun
    if judged.verdict is Verdict.GO_BACK:
        # A cancel that comes now comes too late: it was decided, and has to be told.
        with job.clock.shield():
            _back(job, plan, candidate)
            _sum_up(job, step, eyes, judged, seconds)
            _tell_why(job, eyes)
        raise WentBack(
            f"{eyes.watcher.suspect.name} misbehaved at {step.share} % of the traffic: {judged.reason}.",
            means=judged.means,
            todo="Its last log lines show more. Mend it and deploy again.",
        )
    _sum_up(job, step, eyes, judged, seconds)


def _sum_up(job: Job, step: ShiftStep, eyes: _Eyes, judged: Judgement, seconds: float) -> None:
    met = eyes.traffic.sum_up()
    job.tell.step(StepRecord(share=step.share, seconds=seconds, verdict=judged.verdict.value, reason=judged.reason, traffic=met))


def _tell_why(job: Job, eyes: _Eyes) -> None:
    show_candidate(job, eyes.watcher.suspect, eyes.watcher.transcript[-_LAST_ASKED:])
    if eyes.traffic.failures:
        job.tell.evidence("The first requests of users that it failed", eyes.traffic.failures)


def _ask(job: Job, eyes: _Eyes) -> Answer:
    return job.host.preview(eyes.preview, job.ask.expect.path, timeout=eyes.watcher.patience)


def _back(job: Job, plan: Plan, candidate: Replicas) -> None:
    """All traffic on the old release, where one runs. A paused deployment's committed route, which gives the candidate a share, goes too.

    From then on that candidate is one that the host drains and stops when we die, as any other is from its start.
    """
    if plan.held is None or plan.live is None:
        job.guardian.disarm()
    else:
        job.guardian.settle(Split.giving(plan.color.other, 100))
        watch_over(job, candidate)


def _take_back(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """All traffic follows the committed route again. A paused deployment whose promotion decided nothing is paused again."""
    if stays_paused(job, plan, undo.cause):
        job.guardian.disarm()
        job.tell.say(f"{candidate.name} is paused again, at {plan.held} % of the requests")
        return
    if job.guardian.routes().armed is not None:
        _back(job, plan, candidate)
    before = plan.live or plan.adopted
    job.tell.say(f"all traffic is on {before.name} again" if before else "no release has traffic, as before")


def _let_go(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """It may finish what it is still answering, and no reboot brings it back."""
    if stays_paused(job, plan, undo.cause):
        return
    job.guardian.routes()  # With a guardian that was lost in the middle of the commit nobody knows whether this is the live one.
    for container in candidate:
        job.host.containers.set_restart(container, RestartPolicy.NO)
    if not job.clock.hurried():
        drain(job, candidate)


def _pause(job: Job, plan: Plan, candidate: Replicas, step: ShiftStep, undo: Undo) -> None:
    """Commit the share as it is: it outlives this run and a reboot, until somebody promotes the deployment or aborts it."""
    _make_last(job, plan, candidate, undo)
    with job.clock.shield(), suppress(GuardianLost):
        withdraws = {} if plan.withdraws is None else {"withdraws": plan.withdraws.id}
        job.guardian.record(PAUSED, version=plan.release.version, release=plan.release.id, share=f"{step.share}", **withdraws)
    job.tell.done(f"paused: {candidate.name} keeps {step.share} % of the requests until it is promoted or aborted")


def _commit(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """Commit all of the traffic. What cannot be noted then makes no failure of it; if the recipe is not marked, recovery marks it."""
    _make_last(job, plan, candidate, undo)
    with job.clock.shield(), suppress(GuardianLost):
        job.guardian.mark(replace(plan.release, committed_at=job.clock.utc()))
        job.guardian.record(COMMITTED, version=plan.release.version, release=plan.release.id, color=plan.color.value)
        if plan.withdraws is not None:
            job.guardian.record(ROLLED_BACK, version=plan.withdraws.version, release=plan.withdraws.id, to=plan.release.version)
    job.tell.done(f"committed: {candidate.name} is live")


def _make_last(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """Make what is armed the committed route; the recipe lies on the host before that, unmarked.

    Only now is the candidate to outlive a reboot: before, a host that restarts in the middle of a shift must come back without it.
    """
    with job.host.together() as aside:
        lasting = [aside(partial(job.host.containers.set_restart, each, RestartPolicy.UNLESS_STOPPED)) for each in candidate]
        job.guardian.save(plan.release)
    for each in lasting:
        each.result()
    # A cancel that comes now comes too late: what the host may have committed already is not undone.
    with job.clock.shield():
        job.guardian.commit()
    undo.commit()
