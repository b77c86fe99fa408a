"""How a line looks, before anyone paints it: pieces with a meaning, aligned, seconds on the right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from bluegreen.report.headline import Hint
from bluegreen.report.line import Line, Look, Piece
from bluegreen.report.records import ErrorRecord, Report, StageRecord, StepMark
from bluegreen.report.text import bar, round_trips, sampled, seconds
from bluegreen.report.voice import Detail

__all__ = ["error_block", "last_words", "mark", "stage_row", "step_rows", "told"]

_LABEL = 16
_NAME = 9


def mark(good: bool) -> Piece:  # noqa: FBT001 (a mark has two forms)
    """A tick or a cross."""
    return Piece("✓ ", Look.GOOD) if good else Piece("✗ ", Look.BAD)


def stage_row(record: StageRecord, last: str, *, width: int, detail: Detail) -> Line:
    """`✓ probe    three good answers in a row      3.2s`."""
    trips = f"{round_trips(record.round_trips)}  " if detail is Detail.VERBOSE else ""
    left = (mark(not record.failed), Piece(f"{record.name:<{_NAME}}", Look.STRONG), Piece(last))
    return _row(left, Piece(f"{trips}{seconds(record.seconds):>7}", Look.QUIET), width)


def step_rows(step: StepMark, *, width: int) -> Iterable[Line]:
    """`  ✓  50 %  ██████████░░░░░░░░░░  go on: no worse than live     10.0s`; a longer reason and both colors' numbers go on below."""
    full, empty = bar(step.share)
    left = (
        Piece("  "),
        mark(not step.back),
        Piece(f"{step.share:>3} %  ", Look.STRONG),
        Piece(full, Look.BAD if step.back else Look.GOOD),
        Piece(f"{empty}  ", Look.QUIET),
    )
    held = Piece(f"{seconds(step.seconds):>7}", Look.QUIET)
    indent = sum(len(piece.text) for piece in left)
    reason = list(_wrap(": ".join(filter(None, (step.verdict, step.reason))), width - indent - len(held.text) - 2))
    yield _row((*left, Piece(reason[0] if reason else "")), held, width)
    yield from ((Piece(" " * indent), Piece(line)) for line in reason[1:])
    if step.traffic is not None:
        for name, sample in (("new ", step.traffic.candidate), ("live", step.traffic.live)):
            yield (Piece(f"{' ' * indent}{name} ", Look.QUIET), Piece(sampled(sample), Look.QUIET))


def told(look: Look, lines: Sequence[str], *, sign: str = "  ") -> Iterable[Line]:
    """Lines as they are, the first with a sign, the others below its text."""
    for number, line in enumerate(lines):
        yield (Piece(f"  {sign}" if number == 0 else "    ", look), Piece(line, look if look is Look.QUIET else Look.PLAIN))


def error_block(error: ErrorRecord, *, width: int) -> Iterable[Line]:
    """Title and exit code, then what happened, what it means, how the host is and what to do."""
    yield _row((mark(good=False), Piece(error.title, Look.BAD)), Piece(f"exit code {error.exit_code}", Look.QUIET), width)
    for label, text in error.parts():
        yield ()
        for number, line in enumerate(_wrap(text, width - _LABEL - 2)):
            yield (Piece(f"  {label if number == 0 else '':<{_LABEL}}", Look.QUIET), Piece(line)) if line else ()


def last_words(report: Report, headline: str, hints: Sequence[Hint], files: Sequence[str], *, width: int) -> Iterable[Line]:
    """How it went and where to go from here."""
    if report.error is None:
        lines = list(_wrap(headline, width - 11))
        yield _row((mark(good=True), Piece(lines[0], Look.STRONG)), Piece(f"{seconds(report.duration):>7}", Look.QUIET), width)
        yield from ((Piece("  "), Piece(line, Look.STRONG)) for line in lines[1:])
        if report.outcome is not None and report.outcome.url:
            yield (Piece("  "), Piece(report.outcome.url))
    for hint in hints:
        yield (Piece(f"  {hint.text} ", Look.QUIET), Piece(hint.command, Look.STRONG))
    for file in files:
        yield (Piece("  report: ", Look.QUIET), Piece(file))


def _row(left: Line, right: Piece, width: int) -> Line:
    """Left and right with a gap; what does not fit is cut from the last piece on the left."""
    used = sum(cell_len(piece.text) for piece in left)
    space = width - used - cell_len(right.text)
    if space >= 2:
        return (*left, Piece(" " * space), right)
    last = left[-1]
    room = max(cell_len(last.text) + space - 3, 0)
    return (*left[:-1], Piece(f"{set_cell_size(last.text, room)}…", last.look), Piece("  "), right)


def _wrap(text: str, width: int) -> Iterable[str]:
    for line in text.splitlines():
        # An indented line is something to copy: a command, a fingerprint. It stays in one piece.
        if not line.strip() or line.startswith("  "):
            yield line
        else:
            hanging = "  " if line.startswith("• ") else ""
            yield from textwrap.wrap(line, max(width, 30), subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
