"""Where reports are written; a report that cannot be written never changes how a run ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.report.json_report import render_report
from bluegreen.report.outputs import outputs_of, plan_outputs, render_outputs, status_outputs
from bluegreen.report.pages import render_html, render_plan_summary, render_status_summary, render_summary
from bluegreen.report.places import Places
from bluegreen.report.records import Report

__all__ = ["Problem", "write_plan", "write_report", "write_status"]

Problem = str
"""A sentence about a file that could not be written."""


def write_report(report: Report, where: Places) -> tuple[list[Path], list[Problem]]:
    """Write all that is wanted; tell which report files there are now and what went wrong."""
    problems: list[Problem] = []
    written: dict[str, Path] = {}
    for name, file, render in (("report", "report.json", render_report), ("report-html", "report.html", render_html)):
        if where.directory is not None:
            path = where.directory / file
            problem = _put(path, "w", partial(render, report))
            problems += problem
            written |= {} if problem else {name: path}
    files = {name: str(written.get(name, "")) for name in ("report", "report-html")}
    problems += _put(where.outputs, "a", lambda: render_outputs(outputs_of(report, files)))
    problems += _put(where.summary, "a", partial(render_summary, report))
    return list(written.values()), problems


def write_status(status: StatusReport, where: Places) -> list[Problem]:
    """Outputs and job summary of `status`; tell what went wrong."""
    problems = _put(where.outputs, "a", lambda: render_outputs(status_outputs(status)))
    return problems + _put(where.summary, "a", partial(render_status_summary, status))


def write_plan(plan: PlanReport, where: Places) -> list[Problem]:
    """Outputs and job summary of `plan`; tell what went wrong."""
    problems = _put(where.outputs, "a", lambda: render_outputs(plan_outputs(plan)))
    return problems + _put(where.summary, "a", partial(render_plan_summary, plan))


def _put(path: Path | None, mode: Literal["w", "a"], render: Callable[[], str]) -> list[Problem]:
    if path is None:
        return []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(render())
    except Exception as error:  # noqa: BLE001 (whatever fails here, the deployment has already ended as it ended)
        reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}, a bug in bluegreen-action"
        return [f"{path} could not be written: {reason}."]
    return []
