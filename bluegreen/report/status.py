"""The answer of `status` for a person: one sentence, one table, and what else there is to know."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.segment import SegmentLines
from rich.table import Table
from rich.text import Text

from bluegreen.model.color import Color
from bluegreen.model.event import Event
from bluegreen.model.status import ContainerStatus, StatusReport

__all__ = ["clean_status", "happened", "print_status", "started", "status_headline", "status_lines", "status_notes"]

_WIDEST = 400
_PAINT = {Color.BLUE: "blue", Color.GREEN: "green"}


def status_headline(status: StatusReport) -> str:
    """Who serves, in one sentence."""
    if status.adopted:
        share = status.candidate_share
        shift = "all traffic" if share is None else f"{100 - share} % of the traffic, {status.candidate_version} {share} %"
        return f"{status.app}: no release is live yet; {status.adopted}, which was adopted, serves {shift}"
    if status.live_color is None:
        return f"{status.app}: no release is live"
    if not status.live_version:
        return f"{status.app}: nothing runs of the release that is live ({status.live_color.value})"
    if status.candidate_share is None:
        return f"{status.app} {status.live_version} serves all traffic ({status.live_color.value})"
    return (
        f"{status.app} {status.live_version} serves {status.live_share} % of the traffic ({status.live_color.value}), "
        f"{status.candidate_version} {status.candidate_share} %{', paused' if status.paused else ''}"
    )


def status_notes(status: StatusReport) -> tuple[tuple[str, str], ...]:
    """Label and text of what the table does not show."""
    kept = ", ".join(status.kept) or "none; a rollback is not possible"
    paused = f"since {status.paused}; `promote` or `abort` it" if status.paused else ""
    every = (("paused", paused), ("url", status.url), ("kept for a rollback", kept), ("lock", status.lock_holder or "free"))
    return tuple((label, text) for label, text in every if text)


def print_status(console: Console, status: StatusReport) -> None:
    """The sentence, the table and the notes on a console."""
    dot = Text("● ", style=_PAINT[status.live_color]) if status.live_color else Text("○ ")
    console.print(dot + Text(status_headline(status), style="bold"), soft_wrap=True)
    console.print()
    if status.containers:
        _print_whole(console, _table(status))
        console.print()
    for label, text in status_notes(status):
        console.print(Text.assemble((f"  {label:<21}", "bright_black"), text), soft_wrap=True)
    if status.history:
        console.print()
        _print_whole(console, _past(status))


def _print_whole(console: Console, table: Table) -> None:
    """A table with nothing cut off: half a version is none, and a narrow terminal wraps lines by itself."""
    lines = console.render_lines(table, console.options.update_width(_WIDEST), pad=False)
    console.print(SegmentLines(lines, new_lines=True), soft_wrap=True, end="")


def status_lines(status: StatusReport) -> list[str]:
    """The same as plain lines, as wide as they need to be."""
    console = Console(file=io.StringIO(), width=_WIDEST, color_system=None, highlight=False, markup=False, emoji=False, _environ={})
    with console.capture() as captured:
        print_status(console, status)
    return [line.rstrip() for line in captured.get().splitlines()]


def clean_status(status: StatusReport, phrase: Callable[[str], str]) -> StatusReport:
    """The same without secrets and control characters."""
    return replace(
        status,
        app=phrase(status.app),
        live_version=phrase(status.live_version),
        candidate_version=phrase(status.candidate_version),
        containers=tuple(_clean_container(container, phrase) for container in status.containers),
        kept=tuple(phrase(version) for version in status.kept),
        lock_holder=phrase(status.lock_holder),
        paused=phrase(status.paused),
        history=tuple(_clean_event(event, phrase) for event in status.history),
        url=phrase(status.url),
        adopted=phrase(status.adopted),
    )


def _clean_event(event: Event, phrase: Callable[[str], str]) -> Event:
    details = tuple((phrase(name), phrase(value)) for name, value in event.details)
    return Event(at=phrase(event.at), event=phrase(event.event), by=phrase(event.by), details=details)


def _clean_container(container: ContainerStatus, phrase: Callable[[str], str]) -> ContainerStatus:
    return replace(
        container,
        name=phrase(container.name),
        process=phrase(container.process),
        version=phrase(container.version),
        state=phrase(container.state),
        health=phrase(container.health),
        address=phrase(container.address),
        started_at=phrase(container.started_at),
    )


def happened(event: Event) -> str:
    """What came of which release."""
    version, to, share = event.detail("version"), event.detail("to"), event.detail("share")
    said = " ".join(filter(None, (version, f"at {share} %" if share else "", f"to {to}" if to else "", event.detail("title"))))
    return said or _moved(event.detail("detail"))


def started(container: ContainerStatus) -> str:
    """When it started, to the second: Docker says it to the nanosecond."""
    return re.sub(r"\.\d+", "", container.started_at) or "–"


def _moved(detail: str) -> str:
    """What the guardian notes, `from 030-hot to 000`, in words: a split is green's share, which is nobody's business."""
    found = re.fullmatch(r"from (\d{3})(?:-hot)? to (\d{3})(?:-hot)?", detail)
    if found is None:
        return detail
    share = int(found[2])
    return {0: "all traffic on blue again", 100: "all traffic on green again"}.get(share, f"{share} % of the traffic on green again")


def _past(status: StatusReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bright_black")
    for heading in ("", "WHEN", "EVENT", "RELEASE", "BY"):
        table.add_column(heading, no_wrap=True)
    for event in status.history:
        table.add_row("", event.at, event.event, happened(event), event.by)
    return table


def _table(status: StatusReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bright_black")
    for heading in ("", "CONTAINER", "COLOR", "VERSION", "STATE", "HEALTH", "ADDRESS", "STARTED"):
        table.add_column(heading, no_wrap=True)
    for container in status.containers:
        live = container.color is status.live_color
        table.add_row(
            Text("→" if live and container.state.startswith("running") else " "),
            Text(container.name, style="bold" if live else ""),
            Text(container.color.value, style=_PAINT[container.color]),
            Text(container.version),
            Text(container.state),
            Text(container.health or "–"),
            Text(container.address or "–"),
            Text(started(container)),
        )
    return table
