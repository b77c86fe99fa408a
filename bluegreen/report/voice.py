"""A voice says things to a person at once; which one speaks depends on who listens."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from bluegreen.model.status import StatusReport
from bluegreen.report.headline import Hint
from bluegreen.report.line import Line
from bluegreen.report.records import EvidenceRecord, Report, StageRecord, StepMark

__all__ = ["Detail", "Kind", "SafeStream", "Stream", "Voice"]


class Detail(Enum):
    """How much is said."""

    NORMAL = "normal"
    VERBOSE = "verbose"


class Kind(Enum):
    """What a line is."""

    SAY = "say"
    DONE = "done"
    WARN = "warn"
    OUTPUT = "output"
    FACT = "fact"
    LOG = "log"


class Stream(Protocol):
    """What a voice writes to."""

    def write(self, text: str, /) -> int:
        """Write the text."""

    def flush(self) -> None:
        """Make sure it is seen now."""

    def isatty(self) -> bool:
        """Whether a person sits in front of it."""


class Voice(Protocol):
    """How the recorder speaks. All text is masked and clean already; an item of `lines` is one line."""

    def hello(self, text: str) -> None:
        """The first line: who speaks and what was asked."""

    def stage_begins(self, name: str) -> None:
        """What follows belongs to this stage."""

    def stage_ends(self, record: StageRecord, last: str) -> None:
        """The stage is over; `last` is the last thing it got done."""

    def group_begins(self, title: str) -> None:
        """What follows is a foldable part of the stage."""

    def group_ends(self) -> None:
        """The foldable part is over."""

    def tell(self, kind: Kind, lines: Sequence[str]) -> None:
        """Say it."""

    def evidence(self, record: EvidenceRecord) -> None:
        """Show why something failed."""

    def step(self, mark: StepMark) -> None:
        """A step of the shift is over."""

    def end(self, report: Report, headline: str, hints: Sequence[Hint], files: Sequence[str]) -> None:
        """The last words: how it went, what to do next, and the files to read on."""

    def status(self, status: StatusReport) -> None:
        """The answer of `status`, for a person."""

    def show(self, lines: Sequence[Line]) -> None:
        """An answer of many lines."""


class SafeStream:
    """A stream that can never fail a deployment: a closed pipe makes it mute, a character it cannot spell becomes `?`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._mute = False
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str, /) -> int:
        """Write what can be written."""
        if not self._mute:
            try:
                self._stream.write(text.encode(self.encoding, "replace").decode(self.encoding))
            except (OSError, ValueError):
                self._mute = True
        return len(text)

    def flush(self) -> None:
        """Make sure it is seen now, if anyone still listens."""
        if not self._mute:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._mute = True

    def isatty(self) -> bool:
        """Whether a person sits in front of it."""
        try:
            return self._stream.isatty()
        except (OSError, ValueError):
            return False
