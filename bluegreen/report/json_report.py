"""The report for machines: what happened, as JSON whose shape `docs/report.schema.json` promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bluegreen.model.init_report import InitReport
from bluegreen.model.logs_report import LogsReport
from bluegreen.model.outcome import Result
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.model.traffic import Sample
from bluegreen.report.init import init_workflow
from bluegreen.report.records import Report, StepMark

__all__ = ["SCHEMA_VERSION", "render_init", "render_logs", "render_plan", "render_report", "render_status"]

SCHEMA_VERSION = 1
"""Goes up only when something is renamed, removed or changes its meaning; new fields come without notice."""


def render_report(report: Report) -> str:
    """The report as indented JSON with a last newline."""
    return _dump(_document(report))


def render_status(status: StatusReport) -> str:
    """The answer of `status`, in the shape of `docs/status.schema.json`."""
    return _dump(
        {
            "schema": SCHEMA_VERSION,
            "app": status.app,
            "live": {
                "version": status.live_version,
                "color": status.live_color.value if status.live_color else None,
                "share": status.live_share,
            },
            "candidate": None if status.candidate_share is None else {"version": status.candidate_version, "share": status.candidate_share},
            "containers": [asdict(container) | {"color": container.color.value} for container in status.containers],
            "kept": list(status.kept),
            "lock_holder": status.lock_holder or None,
            "paused": status.paused or None,
            "history": [dict(event.details) | {"at": event.at, "event": event.event, "by": event.by} for event in status.history],
            "url": status.url,
            "adopted": status.adopted or None,
        }
    )


def render_plan(plan: PlanReport) -> str:
    """The answer of `plan`, in the shape of `docs/plan.schema.json`."""
    return _dump(
        {
            "schema": SCHEMA_VERSION,
            "app": plan.app,
            "version": plan.version,
            "image": plan.image,
            "image_id": plan.image_id or None,
            "unchanged": plan.unchanged,
            "live": {"version": plan.live_version, "color": plan.live_color.value if plan.live_color else None},
            "candidate": {"color": plan.color.value, "container": plan.container, "addresses": list(plan.addresses)},
            "creates": list(plan.creates),
            "settings": list(plan.settings),
            "steps": [{"stage": step.stage.value if step.stage else None, "does": step.text} for step in plan.steps],
            "problems": list(plan.problems),
            "notes": list(plan.notes),
            "site_diff": list(plan.diff),
            "lock_holder": plan.lock_holder or None,
        }
    )


def render_logs(logs: LogsReport, phrase: Callable[[str], str]) -> str:
    """The answer of `logs`: its lines, without secrets."""
    lines = [asdict(line) | {"text": phrase(line.text)} for line in logs.lines]
    return _dump({"schema": SCHEMA_VERSION, "app": logs.app, "lines": lines})


def render_init(init: InitReport) -> str:
    """The answer of `init`: the workflow's text, the secrets to create, the edits, and what to look at."""
    return _dump(
        {
            "schema": SCHEMA_VERSION,
            "app": init.app,
            "container": init.container,
            "image": init.image,
            "url": init.url,
            "workflow": init_workflow(init),
            "secrets": [asdict(secret) for secret in init.secrets],
            "edits": [asdict(edit) for edit in init.site.edits],
            "problems": list(init.site.problems),
            "notes": list(init.notes),
        }
    )


def _document(report: Report) -> dict[str, Any]:
    outcome, told = report.outcome, report.told
    return {
        "schema": SCHEMA_VERSION,
        "tool": report.tool,
        "result": (outcome.result if outcome else Result.FAILED).value,
        "exit_code": report.exit_code,
        "command": report.run.command,
        "app": report.run.app,
        "version": outcome.version if outcome else report.run.version,
        "previous_version": outcome.previous_version if outcome else "",
        "kept": list(outcome.kept) if outcome else [],
        "removed": list(outcome.removed) if outcome else [],
        "color": outcome.color.value if outcome and outcome.color else None,
        "image_id": outcome.image_id if outcome else "",
        "containers": list(outcome.containers) if outcome else [],
        "url": (outcome.url if outcome else "") or report.run.url,
        "started_at": report.started_at,
        "duration": _rounded(report.duration),
        "round_trips": report.round_trips,
        "stages": [asdict(stage) | {"start": _rounded(stage.start), "seconds": _rounded(stage.seconds)} for stage in told.stages],
        "steps": [_step(step) for step in told.steps],
        "warnings": list(told.warnings),
        "error": None if report.error is None else asdict(report.error),
        "evidence": [asdict(record) for record in told.evidence],
        "host": {"address": report.run.host, "facts": dict(told.facts)},
    }


def _step(step: StepMark) -> dict[str, Any]:
    return {
        "share": step.share,
        "start": _rounded(step.start),
        "seconds": _rounded(step.seconds),
        "verdict": step.verdict,
        "reason": step.reason,
        "requests": step.traffic.requests if step.traffic else None,
        "failed_requests": step.traffic.failed if step.traffic else None,
        "candidate": _color(step.traffic.candidate) if step.traffic else None,
        "live": _color(step.traffic.live) if step.traffic else None,
    }


def _color(sample: Sample) -> dict[str, Any]:
    return {
        "requests": sample.requests,
        "server_errors": sample.server_errors,
        "failed_attempts": sample.failed_attempts,
        **{name: sample.quantile(part) for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))},
    }


def _rounded(value: float) -> float:
    return round(value, 3)


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
