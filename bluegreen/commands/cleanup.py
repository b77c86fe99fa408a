"""Cleanup: what is the app's own and needed no more goes, whatever earlier deployments left; what serves or is kept stays."""

from __future__ import annotations

from bluegreen.commands.guarded import guarded
from bluegreen.commands.refusals import refuse_paused
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.observed import Observed
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress
from bluegreen.stages.job import Job
from bluegreen.stages.prune import Pruned, prune

__all__ = ["cleanup"]


def cleanup(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """Recover, then remove containers, images and records beyond `keep`. Nothing of a release that serves, of a newer image, of others."""
    with guarded(ask, host, tell, clock) as (job, seen):
        refuse_paused(job, seen)
        pruned = _prune(job, seen)
        swept = job.guardian.sweep(release.id for release in job.guardian.look()[1])
        for path in swept:
            tell.say(f"{path} is removed")
        live = seen.live
        return Outcome(
            result=Result.CLEANED,
            version=live.version if live else "",
            color=live.color if live else None,
            image_id=live.image_id if live else "",
            containers=live.names if live else (),
            kept=pruned.kept,
            removed=(*job.cleared, *pruned.removed, *swept),
        )


def _prune(job: Job, seen: Observed) -> Pruned:
    """With no release running nobody can say which image is older than the live one: then what is kept stays as it is."""
    if seen.live is None:
        job.tell.say("no release is running, so no image or container of a release is removed")
        return Pruned(removed=(), kept=())
    return prune(job, seen, seen.live)
