"""Text that others wrote, made harmless and even: no terminal controls, one line a line, seconds in one spelling."""

from __future__ import annotations

import re

from bluegreen.model.traffic import Sample

__all__ = ["bar", "lines", "round_trips", "sampled", "seconds"]

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


def sampled(sample: Sample) -> str:
    """`no requests`, or `1,204 requests, 3 failed (1 without an answer), p95 12 ms`."""
    if not sample.requests:
        return "no requests"
    silent = f" ({sample.failed_attempts:,} without an answer)" if sample.failed_attempts else ""
    failed = f"{sample.failed:,} failed{silent}" if sample.failed else "none failed"
    slowest = sample.quantile(0.95)
    time = "" if slowest is None else f", p95 {_short(slowest)}"
    return f"{sample.requests:,} request{'' if sample.requests == 1 else 's'}, {failed}{time}"


def _short(value: float) -> str:
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.2f} s"


def bar(share: int, width: int = 20) -> tuple[str, str]:
    """The filled and the empty part of a bar for a percentage."""
    full = round(share * width / 100)
    return "█" * full, "░" * (width - full)
