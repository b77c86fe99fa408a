"""How traffic is described: steps of a shift, and which answers are good."""

from __future__ import annotations

import re

from bluegreen.inputs.parse.phrases import gather
from bluegreen.inputs.parse.quantities import duration
from bluegreen.model.ask import ShiftStep

__all__ = ["shift", "status_ranges", "stick_by"]

_LOWEST_STATUS = 100
_HIGHEST_STATUS = 599


def shift(text: str) -> tuple[ShiftStep, ...]:
    """The steps of `10% 10s, 50% 10s`, without the last one, which is always all of the traffic. `100%` has no steps."""
    words = [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
    if words and re.fullmatch(r"100\s*%", words[-1]):
        words.pop()
    steps = tuple(gather(_step, words))
    shares = [step.share for step in steps]
    if shares != sorted(set(shares)):
        raise ValueError("each step needs a larger share than the one before it: " + ", ".join(f"{share}%" for share in shares))
    return steps


def _step(word: str) -> ShiftStep:
    found = re.fullmatch(r"(\d{1,3})\s*%(?:\s+(?:for\s+)?(?!pause\b)(\S+?)(?:\s+until\s+(\d{1,7})\s+requests?)?)?(\s+pause)?", word)
    if re.fullmatch(r"\d{1,2}\s*%", word):
        raise ValueError(f"`{word}` does not say how long to hold it: write `{word} 10s`, or `{word} pause`")
    if word == "100":
        raise ValueError("`100` is no step; did you mean `100%`?")
    if found is None or not (found[2] or found[4]):
        raise ValueError(
            f"`{word}` is no step such as `10% 30s`, `10% 5m until 500 requests` or `10% pause`: a percentage, and how long to hold it"
        )
    share = int(found[1])
    if share == 100:
        raise ValueError(f"`{word}`: all of the traffic is always the last step, and `watch` says how long to hold it; write `100%` alone")
    if not 1 <= share < 100:
        raise ValueError(f"`{word}`: a step's share is a percentage from 1 to 99")
    return ShiftStep(share=share, hold=duration(found[2] or "0"), until=int(found[3] or 0), pause=bool(found[4]))


def stick_by(text: str) -> str:
    """`request`, `ip` or `cookie:NAME`."""
    word = text.strip()
    kind, colon, name = word.partition(":")
    if word in {"request", "ip"}:
        return word
    if kind != "cookie" or not colon or not name:
        raise ValueError(f"`{word}` is none of: request, ip, cookie:NAME")
    if re.fullmatch(r"\w{1,64}", name, re.ASCII) is None:
        raise ValueError(f"`{name}` is no cookie that NGINX can name: letters, digits and underscores only")
    return word


def status_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """The ranges of `200-399,404`."""
    ranges = tuple(gather(_range, [part.strip() for part in re.split(r"[,\s]+", text) if part.strip()]))
    if not ranges:
        raise ValueError("it names no status at all; the default is `200-399`")
    return ranges


def _range(word: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{3})(?:-(\d{3}))?", word)
    if found is None:
        raise ValueError(f"`{word}` is no status or range such as `200`, `404` or `200-399`")
    low, high = int(found[1]), int(found[2] or found[1])
    if not _LOWEST_STATUS <= low <= high <= _HIGHEST_STATUS:
        raise ValueError(f"`{word}` is no range of HTTP statuses: they go from 100 to 599, the smaller one first")
    return low, high
