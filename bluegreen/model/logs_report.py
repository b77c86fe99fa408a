"""What `logs` answers, once it has shown everything: the lines of which containers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Logged", "LogsReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One line; `at` is RFC 3339 as the engine prints it."""

    at: str
    container: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsReport:
    """The lines that were shown, or the last of them."""

    app: str
    lines: tuple[Logged, ...] = ()
