"""The geometry of the page's pictures, in percent of their width and height, so that the template only has to place them."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.outcome import Result
from bluegreen.report.records import Report, StepMark
from bluegreen.report.text import seconds

__all__ = ["Chart", "Span", "Tick", "spans", "traffic"]

_EDGE = 7.0
"""How much of the width, in percent, shows the time before the first step and after the last one."""
_APART = 9.0
"""Labels closer than this, in percent of the width, would overlap on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label at a place: `x` from the left, `y` from the top."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The candidate's share over time. `area` and `line` are SVG paths in a box of 100 by 100; `back` is where traffic went back."""

    area: str
    line: str
    shares: tuple[Tick, ...]
    times: tuple[Tick, ...]
    back: Tick | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One stage's bar in the timeline."""

    name: str
    left: float
    width: float
    seconds: str
    round_trips: int
    failed: bool


def traffic(report: Report) -> Chart | None:
    """The picture of the shift, or None when there was none: no user reached the candidate, or there was no other release."""
    steps = report.told.steps
    if not steps or (report.outcome is not None and not report.outcome.previous_version):
        return None
    kept = _kept(report)
    begin = steps[0].start
    length = max(steps[-1].start + steps[-1].seconds - begin, 0.001)

    def place(moment: float) -> float:
        return round(_EDGE + (moment - begin) / length * (100 - 2 * _EDGE), 2)

    points: list[tuple[float, float]] = [(0, 100)]
    for step in steps:
        points += [(place(step.start), points[-1][1]), (place(step.start), 100 - step.share)]
    end = place(begin + length)
    last = 100 - kept
    points += [(end, points[-1][1]), (end, last), (100, last)]
    line = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
    return Chart(
        area=f"{line} L100 100 L0 100 Z",
        line=line,
        shares=_shares(steps, [place(step.start) for step in steps]),
        times=_times(steps, [*(place(step.start) for step in steps), end], begin),
        back=None if kept else Tick(x=end, y=100 - steps[-1].share, text="went back"),
        words=_words(steps, kept),
    )


def spans(report: Report) -> tuple[Span, ...]:
    """The stages as bars over the whole run."""
    whole = max(report.duration, 0.001)
    return tuple(
        Span(
            name=stage.name,
            left=round(min(100 * stage.start / whole, 99.5), 2),
            width=round(max(min(100 * stage.seconds / whole, 100 - 100 * stage.start / whole), 0.5), 2),
            seconds=seconds(stage.seconds),
            round_trips=stage.round_trips,
            failed=stage.failed,
        )
        for stage in report.told.stages
    )


def _kept(report: Report) -> int:
    """The share that the candidate has in the end: its step's while it is paused, else all or nothing."""
    if report.outcome is not None and report.outcome.result is Result.PAUSED:
        return report.told.steps[-1].share
    # Retire begins only after the commit.
    return 100 if report.outcome is not None or any(stage.name == "retire" for stage in report.told.stages) else 0


def _shares(steps: tuple[StepMark, ...], places: list[float]) -> tuple[Tick, ...]:
    """A label for each step that has room for one; the last step always has, at the cost of those close before it."""
    last = Tick(x=places[-1], y=100 - steps[-1].share, text=f"{steps[-1].share} %")
    ticks: list[Tick] = []
    for step, x in zip(steps[:-1], places[:-1], strict=True):
        if last.x - x >= _APART and (not ticks or x - ticks[-1].x >= _APART):
            ticks.append(Tick(x=x, y=100 - step.share, text=f"{step.share} %"))
    return (*ticks, last)


def _times(steps: tuple[StepMark, ...], places: list[float], begin: float) -> tuple[Tick, ...]:
    moments = [*(step.start for step in steps), steps[-1].start + steps[-1].seconds]
    ticks: list[Tick] = []
    for moment, x in zip(moments, places, strict=True):
        if not ticks or x - ticks[-1].x >= _APART:
            ticks.append(Tick(x=x, y=100, text=f"{moment - begin:.0f}s"))
    return tuple(ticks)


def _words(steps: tuple[StepMark, ...], kept: int) -> str:
    """The picture for those who cannot see it."""
    parts = [f"{step.share} % for {seconds(step.seconds)}" for step in steps]
    end = {0: "the traffic went back", 100: "it kept all of it"}.get(kept, f"it was paused and kept {kept} %")
    return f"The new release got {', then '.join(parts)}; then {end}."
