"""The voice in a terminal: alive where a person sits in front of it, plain lines where the output goes to a file or a pipe."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from bluegreen.model.status import StatusReport
from bluegreen.report.headline import Hint
from bluegreen.report.layout import error_block, last_words, stage_row, step_rows, told
from bluegreen.report.line import Line, Look, Piece
from bluegreen.report.recorder import Clock
from bluegreen.report.records import EvidenceRecord, Report, StageRecord, StepMark
from bluegreen.report.status_table import print_status
from bluegreen.report.text import seconds
from bluegreen.report.voice import Detail, Kind, Stream

__all__ = ["TerminalVoice", "console_for"]

_STYLES = {
    Look.PLAIN: "",
    Look.STRONG: "bold",
    Look.QUIET: "bright_black",
    Look.GOOD: "green",
    Look.BAD: "red",
    Look.WARNING: "yellow",
}
_WIDEST = 100
_TAIL = 5
_KEPT = 30


def console_for(stream: Stream, environ: Mapping[str, str]) -> Console:
    """A console that takes nothing else from the environment than `TERM` and `NO_COLOR`."""
    alive = stream.isatty() and environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
    return Console(
        file=cast("TextIO", stream),
        force_terminal=alive,
        color_system="standard" if alive else None,
        no_color=bool(environ.get("NO_COLOR")),
        width=None if alive else _WIDEST,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={"TERM": environ.get("TERM", "dumb")},
    )


class TerminalVoice:
    """Speaks to a terminal, or to a plain stream.

    On a terminal what the build prints scrolls by in a few live lines, and stays only when the stage fails or all is to be told.
    """

    def __init__(self, stream: Stream, environ: Mapping[str, str], *, clock: Clock, detail: Detail) -> None:
        self._console = console_for(stream, environ)
        self._clock = clock
        self._detail = detail
        self._groups = 0
        self._now: _Now | None = None
        self._live: Live | None = None

    @property
    def _width(self) -> int:
        return min(self._console.width, _WIDEST)

    def hello(self, text: str) -> None:
        """The first line."""
        self._print([(Piece(text, Look.STRONG),), ()])

    def stage_begins(self, name: str) -> None:
        """Name it, and keep it moving while it lasts."""
        self._print([(Piece(name, Look.STRONG),)])
        if self._console.is_terminal:
            self._now = _Now(name, self._clock)
            self._live = Live(
                self._now,
                console=self._console,
                transient=True,
                refresh_per_second=8,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def stage_ends(self, record: StageRecord, last: str) -> None:  # noqa: ARG002
        """Say how long it took; what it got done stands above, unfolded."""
        if self._live is not None:
            self._live.stop()
        if self._now is not None and record.failed:
            self._print(_quoted(self._now.kept))
        self._live = self._now = None
        self._print([stage_row(record, "", width=self._width, detail=self._detail), ()])

    def group_begins(self, title: str) -> None:
        """Name it."""
        self._groups += 1
        self._print([(Piece(f"  {title}", Look.STRONG),)])

    def group_ends(self) -> None:
        """A terminal has no folds; there is nothing to close."""
        self._groups -= 1

    def tell(self, kind: Kind, lines: Sequence[str]) -> None:
        """Say it."""
        if kind is Kind.OUTPUT:
            if self._now is not None and not self._groups and self._detail is Detail.NORMAL:
                self._now.kept.extend(lines)
            else:
                self._print(_quoted(lines))
        elif kind is Kind.LOG:
            self._print((Piece(line),) for line in lines)
        elif kind is Kind.DONE:
            self._print(told(Look.GOOD, lines, sign="✓ "))
        elif kind is Kind.WARN:
            self._print(told(Look.WARNING, lines, sign="! "))
        elif kind is Kind.SAY or self._detail is Detail.VERBOSE:
            self._print(told(Look.QUIET, lines))

    def evidence(self, record: EvidenceRecord) -> None:
        """Show it under its title."""
        self._print([(Piece(f"  {record.title}", Look.STRONG),), *_quoted(record.lines, Look.BAD)])

    def step(self, mark: StepMark) -> None:
        """A step of the shift is over."""
        self._print(step_rows(mark, width=self._width))

    def end(self, report: Report, headline: str, hints: Sequence[Hint], files: Sequence[str]) -> None:
        """The last words."""
        if report.error is not None:
            self._print([*error_block(report.error, width=self._width), ()])
        self._print(last_words(report, headline, hints, files, width=self._width))

    def status(self, status: StatusReport) -> None:
        """The answer of `status`."""
        print_status(self._console, status)

    def show(self, lines: Sequence[Line]) -> None:
        """An answer of many lines."""
        self._print(lines)

    def _print(self, lines: Iterable[Line]) -> None:
        if texts := [_text(line) for line in lines]:
            self._console.print(*texts, sep="\n", soft_wrap=True)


class _Now:
    """The live part: a spinner, the stage's name and seconds, and the last lines another program printed."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.kept: deque[str] = deque(maxlen=_KEPT)
        self._name = name
        self._clock = clock
        self._began = clock.now()
        self._spinner = Spinner("dots", style="cyan")

    def __rich__(self) -> Group:
        tail = [Text(f"  │ {line}", style="bright_black", no_wrap=True, overflow="ellipsis") for line in list(self.kept)[-_TAIL:]]
        self._spinner.update(text=Text(f"{self._name}  {seconds(self._clock.now() - self._began)}", style="bright_black"))
        return Group(*tail, self._spinner)


def _quoted(lines: Iterable[str], look: Look = Look.QUIET) -> list[Line]:
    return [(Piece("  │ ", look), Piece(line, Look.QUIET if look is Look.QUIET else Look.PLAIN)) for line in lines]


def _text(line: Line) -> Text:
    return Text.assemble(*((piece.text, _STYLES[piece.look]) for piece in line))
