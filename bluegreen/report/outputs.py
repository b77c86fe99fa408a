"""The action's outputs, written as the runner reads them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from bluegreen.model.outcome import Result
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.report.records import Report

__all__ = ["outputs_of", "plan_outputs", "render_outputs", "status_outputs"]


def outputs_of(report: Report, files: Mapping[str, str]) -> dict[str, str]:
    """Every output and its value; empty where a run that failed has none. `version` is then the one that was asked for."""
    outcome, traffic = report.outcome, report.told.traffic
    return {
        "result": (outcome.result if outcome else Result.FAILED).value,
        "version": outcome.version if outcome else report.run.version,
        "previous-version": outcome.previous_version if outcome else "",
        "color": outcome.color.value if outcome and outcome.color else "",
        "image-id": outcome.image_id if outcome else "",
        "containers": "\n".join(outcome.containers) if outcome else "",
        "url": (outcome.url if outcome else "") or report.run.url,
        "duration": f"{report.duration:.1f}",
        "requests": str(traffic.requests) if traffic else "",
        "failed-requests": str(traffic.failed) if traffic else "",
        **files,
    }


def status_outputs(status: StatusReport) -> dict[str, str]:
    """What `status` puts out: who serves."""
    return {
        "version": status.live_version,
        "color": status.live_color.value if status.live_color else "",
        "containers": "\n".join(
            container.name for container in status.containers if container.color is status.live_color and not container.process
        ),
        "url": status.url,
    }


def plan_outputs(plan: PlanReport) -> dict[str, str]:
    """What `plan` puts out: the release that would serve, and where."""
    return {
        "version": plan.version,
        "previous-version": plan.live_version,
        "color": plan.color.value,
        "image-id": plan.image_id,
        "containers": plan.container,
    }


def render_outputs(values: Mapping[str, str], *, token: Callable[[], str] = lambda: secrets.token_hex(16)) -> str:
    """The text to append to `$GITHUB_OUTPUT`. The delimiter cannot be guessed, so no value can end early and add outputs of its own."""
    parts: list[str] = []
    for name, value in values.items():
        delimiter = f"bluegreen_{token()}"
        parts.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    return "".join(parts)
