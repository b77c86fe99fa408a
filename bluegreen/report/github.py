"""The voice in the Actions log: a fold per stage, annotations, and no way for a program's output to give the runner commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bluegreen.model.status import StatusReport
from bluegreen.report.headline import Hint
from bluegreen.report.layout import last_words, mark, stage_row, step_rows, told
from bluegreen.report.line import Line, Look, Piece
from bluegreen.report.records import EvidenceRecord, Report, StageRecord, StepMark
from bluegreen.report.text import seconds
from bluegreen.report.voice import Detail, Kind, Stream

__all__ = ["GitHubVoice", "command", "harmless"]

_WIDTH = 88
_CODES = {Look.STRONG: "1", Look.QUIET: "90", Look.GOOD: "32", Look.BAD: "31", Look.WARNING: "33"}
_COMMAND = re.compile(r"[^!-9;-~│✓✗]*::")


def command(name: str, text: str, **properties: str) -> str:
    """A workflow command, escaped as @actions/core does."""
    given = ",".join(f"{key}={_escape(value, properties=True)}" for key, value in properties.items() if value)
    return f"::{name}{' ' if given else ''}{given}::{_escape(text)}"


def _escape(text: str, *, properties: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if properties else escaped


def harmless(line: str) -> str:
    """The line in a form that the runner never takes for a command.

    It looks for `::` at the start of a line after trimming, and for the older `##[` anywhere (actions/runner, ActionCommand.cs).
    """
    safe = line.replace("##[", "## [")
    return f"│ {safe}" if _COMMAND.match(safe) else safe


class GitHubVoice:
    """Speaks to the Actions log. Folds cannot be nested there, so a part within a stage closes the stage's fold and opens its own."""

    def __init__(self, stream: Stream, environ: Mapping[str, str], *, detail: Detail) -> None:
        self._stream = stream
        self._colors = not environ.get("NO_COLOR")
        self._detail = detail
        self._stack: list[str] = []
        self._open = ""
        self._seen: set[str] = set()

    def hello(self, text: str) -> None:
        """The first line."""
        self._print([(Piece(text, Look.STRONG),)])

    def stage_begins(self, name: str) -> None:
        """Its fold opens with its first line."""
        self._stack.append(name)

    def stage_ends(self, record: StageRecord, last: str) -> None:
        """Close its fold and say below it how it went."""
        self._fold()
        self._stack = self._stack[:-1]
        self._print([stage_row(record, last, width=_WIDTH, detail=self._detail)])

    def group_begins(self, title: str) -> None:
        """It has a fold of its own."""
        self._stack.append(title)

    def group_ends(self) -> None:
        """Close it; the stage's own fold opens again with the next line."""
        self._fold()
        self._stack = self._stack[:-1]

    def tell(self, kind: Kind, lines: Sequence[str]) -> None:
        """Say it inside the fold; a warning becomes an annotation too."""
        if kind is Kind.FACT and self._detail is Detail.NORMAL:
            return
        self._unfold()
        if kind is Kind.WARN:
            self._write(command("warning", "\n".join(lines)))
        elif kind is Kind.LOG:
            self._print((Piece(line),) for line in lines)
        elif kind is Kind.OUTPUT:
            self._print((Piece("│ ", Look.QUIET), Piece(line)) for line in lines)
        else:
            self._print(told(Look.GOOD if kind is Kind.DONE else Look.PLAIN, lines, sign="✓ " if kind is Kind.DONE else "  "))

    def evidence(self, record: EvidenceRecord) -> None:
        """Show it unfolded: it is what a person came to read."""
        self._fold()
        self._print([(Piece(record.title, Look.STRONG),)])
        self._print((Piece("│ ", Look.BAD), Piece(line)) for line in record.lines)

    def step(self, mark: StepMark) -> None:
        """A step of the shift is over."""
        self._unfold()
        self._print(step_rows(mark, width=_WIDTH))

    def end(self, report: Report, headline: str, hints: Sequence[Hint], files: Sequence[str]) -> None:
        """The last words; an error is one annotation that holds all of it."""
        self._fold()
        self._write("")
        if report.error is not None:
            title = (mark(good=False), Piece(report.error.title, Look.BAD))
            self._print([(*title, Piece(f" · exit code {report.error.exit_code} · {seconds(report.duration)}", Look.QUIET))])
            text = "\n\n".join(text for _, text in report.error.parts())
            self._write(command("error", text, title=report.error.title))
        self._print(last_words(report, headline, hints, files, width=_WIDTH))

    def status(self, status: StatusReport) -> None:
        """The answer of `status`: the terminal's table, line by line."""
        from bluegreen.report.status_table import status_lines  # noqa: PLC0415 — the only table in this log

        self._fold()
        self._print((Piece(line),) for line in status_lines(status))

    def show(self, lines: Sequence[Line]) -> None:
        """An answer of many lines."""
        self._fold()
        self._print(lines)

    def _unfold(self) -> None:
        title = " · ".join(self._stack)
        if self._open == title:
            return
        self._fold()
        if not title:
            return
        self._write(command("group", f"{title} (continued)" if title in self._seen else title))
        self._open = title
        self._seen.add(title)

    def _fold(self) -> None:
        if self._open:
            self._write("::endgroup::")
            self._open = ""

    def _print(self, lines: Iterable[Line]) -> None:
        for line in lines:
            text = "".join(piece.text for piece in line)
            safe = harmless(text)
            self._write("".join(self._paint(piece) for piece in line) if safe == text else safe)

    def _paint(self, piece: Piece) -> str:
        code = _CODES.get(piece.look)
        return f"\x1b[{code}m{piece.text}\x1b[0m" if self._colors and code and piece.text else piece.text

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()
