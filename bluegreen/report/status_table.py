"""The answer of `status` for a person: one sentence, one table, and what else there is to know."""

from __future__ import annotations

import io

from rich.console import Console
from rich.segment import SegmentLines
from rich.table import Table
from rich.text import Text

from bluegreen.model.color import Color
from bluegreen.model.status import StatusReport
from bluegreen.report.status import happened, started, status_headline, status_notes

__all__ = ["print_status", "status_lines"]

_WIDEST = 400
_PAINT = {Color.BLUE: "blue", Color.GREEN: "green"}


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
