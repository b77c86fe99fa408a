"""What must be true at the end of the demo, each in a sentence that says what was found instead."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.story import ACTS, FIRST
from tests.load.checker import Died
from tests.load.summary import Summary

__all__ = ["disappointments"]

_LEAST_REQUESTS = 5000
_MOST_IN_FLIGHT = 5


def disappointments(codes: Mapping[str, int], summary: Summary, deaths: Sequence[Died], folder: Path) -> list[str]:
    """Everything that did not go as told; empty when the demo may end with 0."""
    found = [
        f"{act.version} must end with exit code {act.exit_code}, and {_ended(codes.get(act.version))}"
        for act in (FIRST, *ACTS)
        if codes.get(act.version) != act.exit_code
    ]
    rules = (
        (summary.requests >= _LEAST_REQUESTS, f"the load must be at least {_LEAST_REQUESTS:,} requests, and was {summary.requests:,}"),
        (len(deaths) == 1, f"v4 must have died once, and did {len(deaths)} times"),
        (
            summary.failed == summary.in_flight,
            f"only requests inside v4's process may fail, and {summary.failed - summary.in_flight} others did",
        ),
        (summary.in_flight <= _MOST_IN_FLIGHT, f"at most {_MOST_IN_FLIGHT} requests may be lost with v4, and {summary.in_flight} were"),
        (summary.failed_get == 0, f"no GET may fail, and {summary.failed_get} did"),
        (not summary.websocket_cut, "no WebSocket may be cut, and one was"),
        ("v3" not in summary.by_release, f"no user may reach v3, and {summary.by_release.get('v3')} did"),
        ({"v1", "v2", "v4"} <= summary.by_release.keys(), f"v1, v2 and v4 must all have answered, and only {list(summary.by_release)} did"),
    )
    found += [text for kept, text in rules if not kept]
    return found + [problem for act in ACTS for problem in _report_problems(folder / act.report, act.version, act.exit_code)]


def _ended(code: int | None) -> str:
    return "was never deployed" if code is None else f"ended with {code}"


def _report_problems(file: Path, version: str, code: int) -> list[str]:
    """Whether a report was left, and says the same as the exit code."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [f"{file.name} must be the report of {version}, and is not there or no JSON"]
    return (
        [] if (told["version"], told["exit_code"]) == (version, code) else [f"{file.name} says {told['version']}, exit {told['exit_code']}"]
    )
