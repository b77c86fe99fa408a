"""Roll back: the release before the live one is created again, proved and given the traffic, like any other.

While it still runs beside the live one nothing is created, and all traffic goes back to it by one rename.
"""

from __future__ import annotations

from dataclasses import replace

from bluegreen.commands.deploy import replace_live
from bluegreen.commands.guarded import guarded
from bluegreen.commands.refusals import refuse_bare_site, refuse_paused
from bluegreen.decide.plan import make_plan, rollback_target, still_running, was_live
from bluegreen.errors import NothingToRollBack
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress
from bluegreen.stages.room import warn_of_room

__all__ = ["rollback"]


def rollback(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """Put the kept release that was committed last in the place of the live one; one that was rolled back only where there is no other."""
    with guarded(ask, host, tell, clock, spare=still_running) as (job, before):
        refuse_paused(job, before)
        refuse_bare_site(job, before)
        running = still_running(before)
        target = rollback_target(before, job.guardian.history() if running is None else ())
        if host.containers.image(target.image_id) is None:
            raise NothingToRollBack(
                f"The image of {target.version} ({target.image_id[:19]}) is no longer on the host.",
                means="Somebody removed it, by `docker image prune -a` for example.",
                state="Nothing was changed; the live release goes on serving.",
                todo=f"Deploy {target.version} again from its commit.",
            )
        tell.say(f"rolling back to {target.version}, which was committed at {target.committed_at}")
        plan = make_plan(before, target, host.containers.network(target.app))
        if running is None:
            warn_of_room(target.settings, before.containers, host, tell)
        plan = replace(plan, withdraws=before.release(was_live(before)), running=running)
        return replace_live(job, plan, Result.ROLLED_BACK)
