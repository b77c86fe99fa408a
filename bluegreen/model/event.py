"""One line of an app's journal: what happened on the host, and who did it."""

from __future__ import annotations

import json
from dataclasses import dataclass

__all__ = ["Event"]

_OWN = ("at", "event", "by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` is RFC 3339 in UTC, `by` the run or the guardian; what else the line says is in `details`, by name."""

    at: str
    event: str
    by: str = ""
    details: tuple[tuple[str, str], ...] = ()

    def detail(self, name: str) -> str:
        """One detail, empty when the line has none of that name."""
        return next((value for known, value in self.details if known == name), "")

    @classmethod
    def from_json(cls, text: str) -> Event:
        """The event of a line. Raises ValueError, KeyError or TypeError for anything else."""
        raw = json.loads(text)
        details = tuple((str(name), str(value)) for name, value in raw.items() if name not in _OWN)
        return cls(at=str(raw["at"]), event=str(raw["event"]), by=str(raw.get("by", "")), details=details)
