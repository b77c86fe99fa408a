"""Deploy: the whole sequence on one screen. Read this file first.

    build → [lock, recover, observe, plan] → launch → probe → reroute, which ends in the commit → retire

Each effect pushes its reversal on `undo`. Before the commit any fault runs them all and the old release goes on serving;
after it nothing is undone, and a fault only leaves some cleaning up to the next deployment.
"""

from __future__ import annotations

from bluegreen.commands.guarded import guarded
from bluegreen.commands.outcomes import changed, paused, superseded, told_state, unchanged
from bluegreen.commands.refusals import refuse_paused, refuse_withdrawn
from bluegreen.decide.plan import Plan, make_plan, newer_run, no_pause
from bluegreen.decide.processes import swap
from bluegreen.errors import BadInput, stating
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask, ShiftStep
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress, Stage
from bluegreen.model.replicas import Replicas
from bluegreen.stages.adoption import serves_already
from bluegreen.stages.build import build
from bluegreen.stages.front_door import check_front_door, check_way_in
from bluegreen.stages.job import Job
from bluegreen.stages.launch import launch
from bluegreen.stages.probe import probe
from bluegreen.stages.processes import swap_processes
from bluegreen.stages.reroute import reroute
from bluegreen.stages.retire import retire
from bluegreen.stages.site import check_site, fit_site
from bluegreen.stages.undo import Undo

__all__ = ["conclude", "deploy", "replace_live", "shift_to"]

_UNTOUCHED = "Nothing was changed; what serves goes on serving."


def deploy(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """Build the image on the host and put it in the place of the live release."""
    if ask.build is None:
        raise BadInput(["`image` is missing: deploy needs the name of the image to build"])
    begun = clock.utc()
    with tell.stage(Stage.BUILD), stating(_UNTOUCHED):
        release = build(ask, ask.build, host, tell)
    with guarded(ask, host, tell, clock) as (job, before):
        refuse_paused(job, before)
        if newer := newer_run(before, release, since=begun):
            return superseded(job, newer)
        with stating(_UNTOUCHED):
            plan = make_plan(before, release, host.containers.network(release.app), serves_already(ask, host, tell, before))
        if plan.unchanged and plan.live is not None:
            return _same_again(job, plan, plan.live)
        refuse_withdrawn(job, plan)
        return replace_live(job, plan, Result.DEPLOYED)


def replace_live(job: Job, plan: Plan, result: Result) -> Outcome:
    """Launch the planned release, prove it, shift the traffic to it, retire the one before."""
    tell = job.tell
    with told_state(job, plan, undone=""), stating("Nothing was started."):
        check_site(job, plan)
        check_way_in(job.ask, job.host)
    if why := no_pause(job.ask.traffic.steps, plan):
        tell.warn(why)
    with told_state(job, plan, undone="Nothing of the candidate is left."), Undo(tell, job.clock) as undo:
        with tell.stage(Stage.LAUNCH):
            candidate = launch(job, plan, undo)
        step = shift_to(job, plan, candidate, undo)
    return conclude(job, plan, candidate, result, step)


def shift_to(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> ShiftStep | None:
    """Prove the candidate, and give it the traffic up to the commit; the step that paused it, if one did."""
    # A release that goes on running after it was live has a log of its own days.
    since = job.clock.utc() if plan.stands_by else ""
    with job.tell.stage(Stage.PROBE):
        watcher = probe(job, candidate, plan.live, since=since)
    with job.tell.stage(Stage.REROUTE):
        return reroute(job, plan, candidate, watcher, undo)


def conclude(job: Job, plan: Plan, candidate: Replicas, result: Result, step: ShiftStep | None) -> Outcome:
    """Retire the release before, unless the deployment is paused and both go on."""
    if step is not None:
        return paused(job, plan, candidate, step)
    with job.tell.stage(Stage.RETIRE):
        kept = retire(job, plan, candidate)
    return changed(job, plan, result, candidate, kept)


def _same_again(job: Job, plan: Plan, live: Replicas) -> Outcome:
    """The very same release is live: at most its site changes, and its users must reach it all the same."""
    with job.tell.stage(Stage.REROUTE), told_state(job, plan, undone="NGINX's site is what it was."), Undo(job.tell, job.clock) as undo:
        refitted = fit_site(job, plan, live, undo)
        check_front_door(job, live)
    if todo := swap(plan.before.containers, plan.release, live.color, again=True):
        with job.tell.stage(Stage.RETIRE):
            swap_processes(job, plan.release, live.color, todo)
    return changed(job, plan, Result.DEPLOYED, live) if refitted or todo else unchanged(job, plan, live)
