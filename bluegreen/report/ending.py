"""How a run ended, as the report tells it: any exception becomes an error in four parts, and nothing in it holds a secret."""

from __future__ import annotations

import traceback
from dataclasses import replace

from bluegreen import __version__
from bluegreen.errors import BlueGreenError
from bluegreen.model.outcome import Outcome
from bluegreen.report.recorder import Reporter
from bluegreen.report.records import ErrorRecord, Report, Run

__all__ = ["ISSUES", "gather"]

_STATE = (
    "If anything was changed, the guardian has put the traffic back to the last committed release; "
    "the next deployment clears up whatever was left behind."
)
ISSUES = "https://github.com/org/bluegreen-action/issues"
_TODO = f"Please report it at {ISSUES}, with this message and the report's “Where the bug is”. Running it again is safe."


def gather(tell: Reporter, end: Outcome | Exception, run: Run) -> Report:
    """Everything about a run that is over. An exception that is not one of ours is a bug, and where it happened becomes evidence."""
    duration = tell.elapsed()
    error = None if isinstance(end, Outcome) else _error(tell, end)
    if error and not isinstance(end, BlueGreenError) and isinstance(end, Exception):
        tell.keep_evidence("Where the bug is", _frames(end))
    outcome = _outcome(tell, end) if isinstance(end, Outcome) else None
    return Report(
        run=Run(
            command=run.command,
            app=tell.phrase(run.app),
            version=tell.phrase(run.version),
            host=tell.phrase(run.host),
            url=tell.phrase(run.url),
        ),
        told=tell.told,
        outcome=outcome,
        error=error,
        exit_code=error.exit_code if error else 0,
        started_at=tell.started_at,
        duration=duration,
        round_trips=tell.round_trips(),
        tool=f"bluegreen-action {__version__}",
    )


def _error(tell: Reporter, error: Exception) -> ErrorRecord:
    if isinstance(error, BlueGreenError):
        clean = ["\n".join(tell.clean(text)) for text in (error.what, error.means, error.state, error.todo)]
        return ErrorRecord(title=error.title, exit_code=error.exit_code, what=clean[0], means=clean[1], state=clean[2], todo=clean[3])
    # The text of a foreign exception may hold anything, also a secret nobody told us of: its type and place must do.
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {_short(place[0].filename)}:{place[0].lineno}" if place else ""
    return ErrorRecord(
        title="A bug in bluegreen-action",
        exit_code=1,
        what=f"An unexpected {type(error).__name__}{where}.",
        means="This is a mistake in bluegreen-action, not in your app or your workflow.",
        state=_STATE,
        todo=_TODO,
    )


def _frames(error: Exception) -> list[str]:
    found: list[str] = []
    link: BaseException | None = error
    while link is not None:
        found += [f"{type(link).__name__}:"] if not found else [f"caused by {type(link).__name__}:"]
        found += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(link.__traceback__)]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return found


def _short(filename: str) -> str:
    for root in ("/site-packages/", "/bluegreen/"):
        if root in filename:
            return filename.rpartition(root)[2] if root == "/site-packages/" else "bluegreen/" + filename.rpartition(root)[2]
    return filename.rpartition("/")[2]


def _outcome(tell: Reporter, outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        version=tell.phrase(outcome.version),
        previous_version=tell.phrase(outcome.previous_version),
        image_id=tell.phrase(outcome.image_id),
        containers=tuple(tell.phrase(name) for name in outcome.containers),
        url=tell.phrase(outcome.url),
        kept=tuple(tell.phrase(version) for version in outcome.kept),
        removed=tuple(tell.phrase(what) for what in outcome.removed),
        adopted=None if outcome.adopted is None else replace(outcome.adopted, name=tell.phrase(outcome.adopted.name)),
    )
