"""Tell: everything the user reads. A reporter speaks while the run goes on; `finish` says how it ended and writes the reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bluegreen import __version__
from bluegreen.model.outcome import Outcome
from bluegreen.report.ending import ISSUES
from bluegreen.report.github import GitHubVoice
from bluegreen.report.masker import Masker
from bluegreen.report.places import Places, places
from bluegreen.report.recorder import Clock, Reporter
from bluegreen.report.records import Answer, Run
from bluegreen.report.voice import Detail, SafeStream, Stream, Voice

__all__ = ["ISSUES", "Answer", "Clock", "Detail", "Masker", "Places", "Reporter", "Run", "Stream", "finish", "greet", "places", "reporter"]


def reporter(
    environ: Mapping[str, str],
    *,
    clock: Clock,
    stream: Stream,
    secrets: Iterable[str] = (),
    detail: Detail = Detail.NORMAL,
) -> Reporter:
    """The reporter for whoever listens: the Actions log when `GITHUB_ACTIONS` is `true`, else a terminal or a plain stream.

    Of the environment only `GITHUB_ACTIONS`, `NO_COLOR` and `TERM` are read. With `--json` give it stderr, so that stdout holds only JSON.
    """
    safe = SafeStream(stream)
    voice: Voice
    if environ.get("GITHUB_ACTIONS") == "true":
        voice = GitHubVoice(safe, environ, detail=detail)
    else:
        from bluegreen.report.terminal import TerminalVoice  # noqa: PLC0415 — the runner's log has no use for what paints a terminal

        voice = TerminalVoice(safe, environ, clock=clock, detail=detail)
    return Reporter(voice=voice, clock=clock, masker=Masker(secrets))


def greet(tell: Reporter, run: Run) -> None:
    """The first line: who speaks and what was asked."""
    asked = " ".join(filter(None, (run.command, run.app, run.version)))
    tell.hello(f"bluegreen-action {__version__} · {asked}{f' on {run.host}' if run.host else ''}")


def finish(
    tell: Reporter,
    end: Outcome | Answer | Exception,
    *,
    run: Run,
    where: Places,
    json_stream: Stream | None = None,
) -> int:
    """Say how the run ended, write every report that is wanted, and return the exit code.

    An exception that is not a `BlueGreenError` is told as a bug, exit code 1. A report that cannot be written is a warning.
    `json_stream` is where `--json` wants the report, or the answer of `status` or `plan`; nothing else is written there.
    """
    from bluegreen.report.finishing import told_end  # noqa: PLC0415 — what writes reports is loaded while the run waits for something else

    return told_end(tell, end, run, where, json_stream)
