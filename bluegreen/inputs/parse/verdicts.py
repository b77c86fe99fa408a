"""What a release is held to while it has traffic: a share of failures, a latency, a number of requests."""

from __future__ import annotations

import re

from bluegreen.inputs.parse.quantities import seconds, whole
from bluegreen.model.verdict import LatencyLimit

__all__ = ["latency", "requests", "share"]

_MOST_REQUESTS = 1_000_000


def share(text: str) -> float:
    """A part of the whole, 0 to 1, of `1%` or `0.5%`."""
    word = text.strip()
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", word)
    if found is None:
        hint = ""
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", word):
            # `0.01` is one in a hundred to some, and one in ten thousand to others.
            fraction = f" or `{float(word) * 100:g}%`" if 0 < float(word) < 1 else ""
            hint = f"; did you mean `{word}%`{fraction}?"
        raise ValueError(f"`{word}` is no percentage such as `1%` or `0.5%`{hint}")
    if float(found[1]) > 100:
        raise ValueError(f"`{word}` is more than 100%")
    return float(found[1]) / 100


def latency(text: str) -> LatencyLimit | None:
    """`500ms` is a time, `1.5x` a multiple of live's; None where none is given."""
    word = text.strip()
    if not word:
        return None
    found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)\s*[x×]", word)
    if found is None:
        try:
            return LatencyLimit(seconds=seconds(word))
        except ValueError as error:
            raise ValueError(f"{error}, and no multiple of the live release's such as `1.5x`") from None
    if float(found[1]) < 1:
        raise ValueError(f"`{word}` asks the new release to be faster than the live one; the least is `1x`")
    return LatencyLimit(times=float(found[1]))


def requests(text: str) -> int:
    """A number of requests."""
    return whole(text, 1, _MOST_REQUESTS)
