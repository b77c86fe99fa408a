"""The sentence that matters, in the same words for the log, the summary and the page, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.outcome import Outcome, Result
from bluegreen.report.records import Report

__all__ = ["Hint", "headline", "hints"]


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to do next: a sentence that ends with a command."""

    text: str
    command: str


def headline(report: Report) -> str:
    """One sentence: who serves, or what went wrong."""
    if report.error is not None:
        several = "\n" in report.error.what
        return report.error.title if several else f"{report.error.title}: {report.error.what}"
    if report.outcome is None:
        return f"{report.run.command} is done."
    return _good(report.run.app, report.outcome)


def _good(app: str, outcome: Outcome) -> str:
    name = f"{app} {outcome.version}".strip()
    if outcome.result in {Result.READY, Result.NOT_READY}:
        return _ready(app, outcome)
    removed = ", ".join(outcome.removed)
    ends = {
        Result.UNCHANGED: f"{name} already serves all traffic; nothing was changed.",
        Result.SUPERSEDED: f"A newer run has deployed {name} meanwhile; this run changed nothing.",
        Result.PAUSED: f"{name} is paused at {outcome.share} % of the requests; {outcome.previous_version} serves the rest.",
        Result.ABORTED: f"{name} serves all traffic again; the paused {outcome.previous_version} is removed.",
        Result.CLEANED: f"{app}: {f'removed {removed}' if removed else 'nothing was left over to remove'}.",
        Result.ROLLED_BACK: f"{name} serves all traffic again; {_previous(outcome)}.",
    }
    return ends.get(outcome.result, f"{name} serves all traffic; {_previous(outcome)}.")


def _ready(app: str, outcome: Outcome) -> str:
    if outcome.result is Result.NOT_READY:
        return f"The host lacks {len(outcome.made)} of the things that {app} needs; nothing was changed."
    return f"The host is ready for {app}{': what it lacked was made' if outcome.made else ', and was before: nothing was changed'}."


def _previous(outcome: Outcome) -> str:
    if outcome.adopted is not None:
        return f"it took over from {outcome.adopted.name}, which still runs"
    if not outcome.previous_version:
        return "it is the first release on this host"
    if outcome.previous_version in outcome.kept:
        return f"{outcome.previous_version} is kept, stopped"
    if outcome.previous_version == outcome.version:
        return "it runs with new settings"
    return f"it replaced {outcome.previous_version}"


def hints(report: Report) -> tuple[Hint, ...]:
    """What to do next after a good end; errors bring their own advice."""
    outcome = report.outcome
    if outcome is None:
        return ()
    status = Hint("To see who serves, run it with the command", "status")
    after = {
        Result.NOT_READY: (Hint("To make them, run it without `dry-run`, with the command", "setup"),),
        Result.READY: (Hint("To put a release on it, run it with the command", "deploy"),),
        Result.PAUSED: (Hint("To go on with it, run the command", "promote"), Hint("To end it, run the command", "abort"), status),
    }
    if outcome.result in after:
        return after[outcome.result]
    if outcome.adopted is not None:
        look = " see what it is with" if outcome.adopted.stop.startswith("sudo ss") else " stop it with"
        text = f"{outcome.adopted.name} gets no requests any more and is yours to stop: when you are content,{look}"
        return status, Hint(text, outcome.adopted.stop)
    if outcome.result in (Result.DEPLOYED, Result.ROLLED_BACK) and outcome.kept:
        return Hint(f"To go back to {outcome.kept[0]}, run it with the command", "rollback"), status
    return (status,)
