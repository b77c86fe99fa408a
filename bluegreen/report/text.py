"""Text that others wrote, made harmless and even: no terminal controls, one line a line, seconds in one spelling."""

from __future__ import annotations

import re

__all__ = ["bar", "lines", "round_trips", "seconds"]

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b[P^_X][^\x1b]*(?:\x1b\\)?"  # DCS, PM, APC, SOS
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colors, cursor
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Besides the control characters those that are invisible or turn the reading direction: a log must read as it is."""


def lines(text: str) -> list[str]:
    """The text as lines a terminal cannot be led astray by. A bare CR ends a line too, as the Actions runner sees it."""
    # Lone surrogates come from bytes that were no UTF-8, and could not be written to a file.
    clean = _ESCAPES.sub("", text.encode("utf-8", "replace").decode("utf-8"))
    return [_CONTROLS.sub("", line.expandtabs(4)).rstrip() for line in clean.splitlines()] or [""]


def seconds(value: float) -> str:
    """`0.4s`, `12.3s`, `2m 05s`."""
    if value < 60:
        return f"{value:.1f}s"
    whole = round(value)
    return f"{whole // 60}m {whole % 60:02d}s"


def round_trips(count: int) -> str:
    """`1 round trip`, `12 round trips`."""
    return f"{count} round trip{'' if count == 1 else 's'}"


def bar(share: int, width: int = 20) -> tuple[str, str]:
    """The filled and the empty part of a bar for a percentage."""
    full = round(share * width / 100)
    return "█" * full, "░" * (width - full)
