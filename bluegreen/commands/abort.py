"""Abort: a paused deployment ends, and everything is as it was before it."""

from __future__ import annotations

from bluegreen.commands.guarded import guarded
from bluegreen.commands.refusals import paused_candidate
from bluegreen.decide.site_spec import own_url
from bluegreen.errors import HostNotReady
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress, Stage
from bluegreen.stages.discard import discard

__all__ = ["abort"]


def abort(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """All traffic goes back to the old release; then the paused one is drained and removed."""
    with guarded(ask, host, tell, clock) as (job, before):
        candidate, live = paused_candidate(before), before.live
        if live is None:
            raise HostNotReady(
                f"The release beside {candidate.name} does not run, so there is nothing to go back to.",
                means="It was stopped or has crashed; since both were hot, the paused release answers for it.",
                state=f"Nothing was changed; {candidate.name} serves.",
                todo="Start the old container, or keep the new release with `command: promote`.",
            )
        with tell.stage(Stage.RETIRE):
            discard(job, live, candidate, before.release(candidate.release_id))
        return Outcome(
            result=Result.ABORTED,
            version=live.version,
            previous_version=candidate.version,
            color=live.color,
            image_id=live.image_id,
            containers=live.names,
            url=own_url(ask),
            removed=candidate.names,
        )
