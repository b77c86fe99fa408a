"""The answer of `plan` for a person: one sentence, what would be done stage by stage, what is in the way, and the site's diff."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from bluegreen.model.plan_report import PlanReport, PlanStep
from bluegreen.report.line import Line, Look, Piece

__all__ = ["clean_plan", "plan_headline", "plan_lines", "plan_notes"]

_BUCKET = re.compile(r"[-+ ] +(?:1%|\*) +\d\d;")
_BUCKETS_SHOWN = 5
_STAGE = 10
_LABEL = 21


def plan_headline(plan: PlanReport) -> str:
    """What would come of a deployment, in one sentence."""
    name = f"{plan.app} {plan.version}"
    if plan.problems:
        return f"{name} could not be deployed as the host is: {len(plan.problems)} problem{'s' if len(plan.problems) > 1 else ''}"
    if plan.unchanged:
        changes = "; only NGINX's site" if plan.diff else ", and nothing"
        return f"{name} is live already{changes} would change"
    if not plan.live_version:
        return f"{name} would be the first release on this host ({plan.color.value})"
    live = f"{plan.live_version} ({plan.live_color.value})" if plan.live_color else plan.live_version
    return f"{name} would take the place of {live}, as the {plan.color.value} one"


def plan_notes(plan: PlanReport) -> tuple[tuple[str, str], ...]:
    """Label and text of the rest."""
    every = (
        ("would be made", "; ".join(plan.creates)),
        ("settings that differ", ", ".join(plan.settings)),
        ("site", "changes as shown below" if plan.diff else "stays as it is"),
        *(("note", note) for note in plan.notes),
    )
    return tuple((label, text) for label, text in every if text)


def plan_lines(plan: PlanReport) -> tuple[Line, ...]:
    """The whole answer, line by line."""
    return tuple(_lines(plan))


def _lines(plan: PlanReport) -> Iterator[Line]:
    yield (Piece("✗ " if plan.problems else "○ ", Look.BAD if plan.problems else Look.PLAIN), Piece(plan_headline(plan), Look.STRONG))
    yield ()
    for problem in plan.problems:
        yield (Piece("  ✗ ", Look.BAD), Piece(problem))
    if plan.problems:
        yield ()
    yield from _steps(plan.steps)
    yield ()
    for label, text in plan_notes(plan):
        yield (Piece(f"  {label:<{_LABEL}}", Look.QUIET), Piece(text))
    if plan.diff:
        yield ()
        yield from ((Piece(f"  {line}", _look(line)),) for line in _folded(plan.diff))
    yield ()
    yield (Piece("  Nothing was changed.", Look.QUIET),)


def _folded(diff: Iterable[str]) -> Iterator[str]:
    """The diff with one line in the place of the hundred buckets of requests, which say nothing to a reader."""
    for buckets, group in groupby(diff, key=lambda line: _BUCKET.fullmatch(line) is not None):
        lines = list(group)
        if not buckets or len(lines) <= _BUCKETS_SHOWN:
            yield from lines
        else:
            yield from (lines[0], f"{lines[0][0]}    … {len(lines) - 2} more of these …", lines[-1])


def _steps(steps: Iterable[PlanStep]) -> Iterator[Line]:
    before = None
    for step in steps:
        stage = step.stage.value if step.stage else "first"
        yield (Piece(f"  {'' if stage == before else stage:<{_STAGE}}", Look.STRONG), Piece(step.text))
        before = stage


def _look(line: str) -> Look:
    if line.startswith(("+++", "---", "@@", " ")):
        return Look.QUIET
    return Look.GOOD if line.startswith("+") else Look.BAD


def clean_plan(plan: PlanReport, phrase: Callable[[str], str], clean: Callable[[str], list[str]]) -> PlanReport:
    """The same without secrets and control characters; the diff keeps its indentation."""
    return replace(
        plan,
        app=phrase(plan.app),
        version=phrase(plan.version),
        image=phrase(plan.image),
        image_id=phrase(plan.image_id),
        container=phrase(plan.container),
        addresses=tuple(phrase(text) for text in plan.addresses),
        live_version=phrase(plan.live_version),
        creates=tuple(phrase(text) for text in plan.creates),
        settings=tuple(phrase(text) for text in plan.settings),
        steps=tuple(replace(step, text=phrase(step.text)) for step in plan.steps),
        problems=tuple(phrase(text) for text in plan.problems),
        notes=tuple(phrase(text) for text in plan.notes),
        diff=tuple(line for text in plan.diff for line in clean(text)),
        lock_holder=phrase(plan.lock_holder),
    )
