"""The end of a run, told and written: this is what makes reports, and nothing of it is needed before."""

from __future__ import annotations

from collections.abc import Callable

from bluegreen.model.init_report import InitReport
from bluegreen.model.logs_report import LogsReport
from bluegreen.model.outcome import Outcome
from bluegreen.model.status import StatusReport
from bluegreen.report.ending import gather
from bluegreen.report.files import Problem, write_plan, write_report, write_status
from bluegreen.report.headline import headline, hints
from bluegreen.report.init import clean_init, init_lines
from bluegreen.report.json_report import render_init, render_logs, render_plan, render_report, render_status
from bluegreen.report.places import Places
from bluegreen.report.plan import clean_plan, plan_lines
from bluegreen.report.recorder import Reporter
from bluegreen.report.records import Answer, Run
from bluegreen.report.status import clean_status
from bluegreen.report.voice import SafeStream, Stream

__all__ = ["told_end"]


def told_end(tell: Reporter, end: Outcome | Answer | Exception, run: Run, where: Places, json_stream: Stream | None) -> int:
    """`bluegreen.report.finish`, which says what this means."""
    if isinstance(end, Answer):
        return _answer(tell, end, where, json_stream)
    report = gather(tell, end, run)
    files, problems = write_report(report, where)
    for problem in problems:
        tell.warn(problem)
    if json_stream is not None:
        _print(json_stream, render_report(report))
    tell.voice.end(report, headline(report), hints(report), [str(file) for file in files])
    return report.exit_code


def _answer(tell: Reporter, answer: Answer, where: Places, json_stream: Stream | None) -> int:
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
