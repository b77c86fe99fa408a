"""Tell: everything the user reads. A reporter speaks while the run goes on; `finish` says how it ended and writes the reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bluegreen import __version__
from bluegreen.model.init_report import InitReport
from bluegreen.model.logs_report import LogsReport
from bluegreen.model.outcome import Outcome
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.report.ending import ISSUES, gather
from bluegreen.report.files import Places, Problem, places, write_plan, write_report, write_status
from bluegreen.report.github import GitHubVoice
from bluegreen.report.headline import headline, hints
from bluegreen.report.init import clean_init, init_lines
from bluegreen.report.json_report import render_init, render_logs, render_plan, render_report, render_status
from bluegreen.report.masker import Masker
from bluegreen.report.plan import clean_plan, plan_lines
from bluegreen.report.recorder import Clock, Reporter
from bluegreen.report.records import Run
from bluegreen.report.status import clean_status
from bluegreen.report.terminal import TerminalVoice
from bluegreen.report.voice import Detail, SafeStream, Stream, Voice

__all__ = ["ISSUES", "Answer", "Clock", "Detail", "Masker", "Places", "Reporter", "Run", "Stream", "finish", "greet", "places", "reporter"]

Answer = StatusReport | PlanReport | LogsReport | InitReport
"""What a command that only asks comes back with."""


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
    if isinstance(end, StatusReport | PlanReport | LogsReport | InitReport):
        return _answer(tell, end, where=where, json_stream=json_stream)
    report = gather(tell, end, run)
    files, problems = write_report(report, where)
    for problem in problems:
        tell.warn(problem)
    if json_stream is not None:
        _print(json_stream, render_report(report))
    tell.voice.end(report, headline(report), hints(report), [str(file) for file in files])
    return report.exit_code


def _answer(tell: Reporter, answer: Answer, *, where: Places, json_stream: Stream | None) -> int:
    if isinstance(answer, LogsReport):
        if json_stream is not None:
            _print(json_stream, render_logs(answer, tell.phrase))
        return 0
    problems: list[Problem]
    show: Callable[[], None]
    if isinstance(answer, StatusReport):
        status = clean_status(answer, tell.phrase)
        problems, document, show = write_status(status, where), render_status(status), lambda: tell.voice.status(status)
    elif isinstance(answer, InitReport):
        init = clean_init(answer, tell.phrase, tell.clean)
        problems, document, show = [], render_init(init), lambda: tell.voice.show(init_lines(init))
    else:
        plan = clean_plan(answer, tell.phrase, tell.clean)
        problems, document, show = write_plan(plan, where), render_plan(plan), lambda: tell.voice.show(plan_lines(plan))
    for problem in problems:
        tell.warn(problem)
    if json_stream is not None:
        _print(json_stream, document)
    else:
        show()
    return 0


def _print(stream: Stream, text: str) -> None:
    safe = SafeStream(stream)
    safe.write(text)
    safe.flush()
