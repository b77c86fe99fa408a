"""Promote: a paused deployment goes on from the share it has, through the steps that are left, to its commit."""

from __future__ import annotations

from bluegreen.commands.deploy import conclude, shift_to
from bluegreen.commands.guarded import guarded
from bluegreen.commands.outcomes import told_state
from bluegreen.commands.refusals import paused_candidate, refuse_bare_site
from bluegreen.decide.history import pause_of
from bluegreen.decide.plan import Plan, promotion
from bluegreen.errors import CandidateFailed, HostNotReady
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.container import Network
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress
from bluegreen.model.replicas import Replicas
from bluegreen.stages.discard import discard, stays_paused
from bluegreen.stages.job import Job
from bluegreen.stages.undo import Undo

__all__ = ["promote"]


def promote(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """Prove the paused release again, and give it the rest of the traffic. If it misbehaves, all of it goes back to the old one."""
    with guarded(ask, host, tell, clock) as (job, before):
        candidate = paused_candidate(before)
        refuse_bare_site(job, before)
        release = before.release(candidate.release_id)
        if release is None:
            raise HostNotReady(
                f"The recipe of {candidate.version} is no longer on the host.",
                means="Somebody removed it from /var/lib/bluegreen.",
                state="Nothing was changed; both releases serve as before.",
                todo="End the paused deployment with `command: abort`, and deploy again.",
            )
        pause = pause_of(job.guardian.history(), release.id)
        return _go_on(job, promotion(before, candidate, release, host.containers.network(release.app), pause), candidate)


def _go_on(job: Job, plan: Plan, candidate: Replicas) -> Outcome:
    with told_state(job, plan, undone="The paused release was removed."), Undo(job.tell, job.clock) as undo:
        undo.push("remove the paused release", lambda: _give_up(job, plan, candidate, undo))
        _need_network(candidate, plan.network)
        step = shift_to(job, plan, candidate, undo)
    return conclude(job, plan, candidate, Result.DEPLOYED if plan.withdraws is None else Result.ROLLED_BACK, step)


def _need_network(candidate: Replicas, network: Network) -> None:
    """Raises `CandidateFailed` for a release that no request can reach any more."""
    lost = [container.name for container in candidate if not container.address]
    if lost:
        raise CandidateFailed(
            f"{' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} not on the network {network.name} any more.",
            means="Somebody disconnected it while the deployment was paused. NGINX cannot reach it, so the old release answered for it.",
            todo="Deploy it again: the new container joins the network.",
        )


def _give_up(job: Job, plan: Plan, candidate: Replicas, undo: Undo) -> None:
    """A release that fails has no claim to its share. A promotion that decided nothing leaves the deployment paused as before.

    When a cancel came after the verdict, the traffic is back, and the rest is the host's to do.
    """
    if plan.live is not None and not job.clock.hurried() and not stays_paused(job, plan, undo.cause):
        discard(job, plan.live, candidate, plan.release)
