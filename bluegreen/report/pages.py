"""The reports a person opens afterwards: the job summary in Markdown and one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from bluegreen.model.color import Color
from bluegreen.model.outcome import Result
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.report.chart import spans, traffic
from bluegreen.report.headline import headline, hints
from bluegreen.report.plan import plan_headline, plan_notes
from bluegreen.report.records import Report
from bluegreen.report.render import html, markdown
from bluegreen.report.status import happened, started, status_headline, status_notes

__all__ = ["render_html", "render_plan_summary", "render_status_summary", "render_summary"]

# Made when this module is loaded, which is at a time when the run waits for something else.
_PAGE = html("report.html.j2")
_SUMMARY = markdown("summary.md.j2")
_SHOWN = 200
"""Lines of one piece of evidence in the summary, which GitHub cuts off at 1 MiB; the page has all of them."""


def render_summary(report: Report) -> str:
    """The job summary, to be appended to `$GITHUB_STEP_SUMMARY`."""
    return _SUMMARY.render(report=report, headline=headline(report), hints=hints(report), evidence=_cut(report))


def render_status_summary(status: StatusReport) -> str:
    """The job summary of `status`."""
    past = [(event, happened(event)) for event in status.history]
    return markdown("status.md.j2").render(
        status=status, headline=status_headline(status), notes=status_notes(status), past=past, started=started
    )


def render_plan_summary(plan: PlanReport) -> str:
    """The job summary of `plan`."""
    return markdown("plan.md.j2").render(plan=plan, headline=plan_headline(plan), notes=plan_notes(plan))


def render_html(report: Report) -> str:
    """The whole page: no script, nothing fetched, light or dark as the reader likes."""
    color = (report.outcome.color if report.outcome else None) or Color.GREEN
    new, old = _versions(report)
    return _PAGE.render(
        report=report,
        headline=headline(report),
        hints=hints(report),
        chart=traffic(report),
        spans=spans(report),
        facts=_facts(report),
        color=color.value,
        other=color.other.value,
        new=new,
        old=old,
        state=_state(report),
        started=report.started_at.replace("T", " ").replace("Z", " UTC"),
    )


def _state(report: Report) -> str:
    if report.error is not None:
        return "cancelled" if report.exit_code == 130 else "failed"
    return (report.outcome.result if report.outcome else Result.UNCHANGED).value


def _versions(report: Report) -> tuple[str, str]:
    """What the picture calls the two sides; a run that failed knows only what it was about."""
    if report.outcome is None:
        return report.run.version or "the new release", "the live release"
    return report.outcome.version, report.outcome.previous_version


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """What is known about this release and its host."""
    found: list[tuple[str, str]] = []
    if report.outcome is not None:
        found = [("url", report.outcome.url), ("image", report.outcome.image_id), ("containers", ", ".join(report.outcome.containers))]
    return tuple((name, value) for name, value in (*found, *report.told.facts) if value)


def _cut(report: Report) -> Sequence[tuple[str, str]]:
    found = []
    for record in report.told.evidence:
        more = len(record.lines) - _SHOWN
        head = [f"… {more} earlier lines are in the report"] if more > 0 else []
        found.append((record.title, "\n".join([*head, *record.lines[-_SHOWN:]])))
    return found
