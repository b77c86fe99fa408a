"""What a command came to, in the words of the outputs, and the state of the host in the words of an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from bluegreen.decide.history import FAILED
from bluegreen.decide.plan import Plan
from bluegreen.decide.site_spec import own_url
from bluegreen.errors import BlueGreenError, UndoFailed, Unreachable
from bluegreen.model.ask import ShiftStep
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import SiteMode
from bluegreen.stages.discard import stays_paused
from bluegreen.stages.job import Job

__all__ = ["changed", "paused", "superseded", "told_state", "unchanged"]

_NONE = "No release serves: none did before."
_THEIRS = "No release serves yet: your own location leads where it led before."


def changed(job: Job, plan: Plan, result: Result, live: Replicas, kept: tuple[str, ...] = ()) -> Outcome:
    """The planned release is live now."""
    return Outcome(
        result=result,
        version=plan.release.version,
        previous_version=plan.live.version if plan.live else "",
        color=live.color,
        image_id=plan.release.image_id,
        containers=live.names,
        kept=kept,
        adopted=plan.adopted,
        url=own_url(job.ask),
    )


def paused(job: Job, plan: Plan, candidate: Replicas, step: ShiftStep) -> Outcome:
    """The planned release keeps a share of the traffic until somebody decides."""
    return replace(changed(job, plan, Result.PAUSED, candidate), share=step.share)


def unchanged(job: Job, plan: Plan, live: Replicas) -> Outcome:
    """The planned release was live before."""
    job.tell.done(f"{live.name} is this very release, and live: nothing was touched")
    return changed(job, plan, Result.UNCHANGED, live)


def superseded(job: Job, newer: Release) -> Outcome:
    """A newer run of the same workflow committed while this one waited for its turn."""
    job.tell.done(f"run {newer.run.number} of this workflow has deployed {newer.version} meanwhile: this run has nothing left to do")
    return Outcome(result=Result.SUPERSEDED, version=newer.version, image_id=newer.image_id, url=own_url(job.ask))


@contextmanager
def told_state(job: Job, plan: Plan, *, undone: str) -> Iterator[None]:
    """An error is told here what serves now, once the undo has run, besides what its room knew; `undone` says what that removed.

    It goes into the journal too, as far as there is still a guardian to write it.
    """
    try:
        yield
    except BlueGreenError as error:
        with job.clock.shield():
            if not error.state:
                error.state = _state(job, plan, error, undone)
            elif not isinstance(error, Unreachable):
                error.state = f"{error.state} {_state(job, plan, error, undone)}"
            with suppress(BlueGreenError):
                job.guardian.record(FAILED, version=plan.release.version, release=plan.release.id, title=error.title)
        raise


def _state(job: Job, plan: Plan, error: BlueGreenError, undone: str) -> str:
    if _paused_as_before(job, plan, error):
        return f"The deployment is paused as before: {plan.name} keeps {plan.held} % of the requests, within the lease at the latest."
    serves = _serves(job, plan)
    match error:
        case UndoFailed():
            unchanged = "The committed route was not changed. " if plan.held is None else ""
            return f"{unchanged}Look with `command: status` at what serves."
        case Unreachable():
            return f"The host takes all traffic back by itself within the lease. Then: {serves}"
        case _ if job.clock.hurried():
            return f"{serves} What was started is drained and stopped by the host itself."
        case _:
            return f"{serves} {undone}".strip()


def _paused_as_before(job: Job, plan: Plan, error: BlueGreenError) -> bool:
    """Where the host can tell no more: so it was when it was asked last."""
    if plan.held is not None and not isinstance(error, Unreachable):
        with suppress(Unreachable):
            return stays_paused(job, plan, error.__cause__ if isinstance(error, UndoFailed) else error)
    return plan.held is not None


def _serves(job: Job, plan: Plan) -> str:
    before = plan.live or plan.adopted
    if before is not None:
        return f"{before.name} serves all traffic{', as before' if plan.held is None else ''}."
    return _THEIRS if job.ask.traffic.site is SiteMode.INCLUDE and plan.before.routes.committed is None else _NONE
