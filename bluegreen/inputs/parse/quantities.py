"""Numbers with a meaning: durations, sizes, ports, counts."""

from __future__ import annotations

import re

__all__ = [
    "body_size",
    "budget",
    "count",
    "cpus",
    "duration",
    "kept",
    "lease",
    "lines",
    "memory",
    "port",
    "port_or_none",
    "replicas",
    "seconds",
    "whole",
]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)")
_LONGEST = 7 * 24 * 3600.0
_POWERS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SMALLEST_MEMORY = 6 * 1024**2
_SHORTEST_LEASE = 3.0
_MOST_KEPT = 20
_LARGEST_BUDGET = 1_000_000
_MOST_REPLICAS = 8


def duration(text: str) -> float:
    """Seconds of `10s`, `5m`, `1h`, `500ms`, `1m30s`, or a plain `0`."""
    word = text.strip()
    if word == "0":
        return 0.0
    parts = _PART.findall(word)
    if not parts or "".join(number + unit for number, unit in parts) != word:
        raise ValueError(f"`{word}` is no duration such as `10s`, `5m`, `1h`, `500ms` or `1m30s`{_meant(word)}")
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if total > _LONGEST:
        raise ValueError(f"`{word}` is longer than a week")
    return total


def _meant(word: str) -> str:
    """What somebody who wrote `10`, `10 s`, `2min` or `5 minutes` probably meant."""
    short = re.sub(r"(?<=[smh])(?:ec|econd|in|inute|r|our)s?(?![a-z])", "", word.lower().replace(" ", ""))
    if re.fullmatch(r"\d+(\.\d+)?", short):
        short += "s"
    return f"; did you mean `{short}`?" if re.fullmatch(rf"(?:{_PART.pattern})+", short) else ""


def seconds(text: str) -> float:
    """A duration that is not zero."""
    total = duration(text)
    if not total:
        raise ValueError("it must be longer than 0")
    return total


def lease(text: str) -> float:
    """A duration that leaves room for a beat every 2 s."""
    total = duration(text)
    if total < _SHORTEST_LEASE:
        raise ValueError(f"`{text.strip()}` is shorter than {_SHORTEST_LEASE:g}s: the deployment says that it lives every 2 s")
    return total


def count(text: str) -> int:
    """A whole number, 1 to 100."""
    return whole(text, 1, 100)


def budget(text: str) -> int:
    """How many of something bad are put up with."""
    return whole(text, 0, _LARGEST_BUDGET)


def replicas(text: str) -> int:
    """How many containers of a release serve."""
    return whole(text, 1, _MOST_REPLICAS)


def kept(text: str) -> int:
    """How many old releases may be kept."""
    return whole(text, 0, _MOST_KEPT)


def lines(text: str) -> int:
    """How many lines of a log."""
    return whole(text, 1, 100_000)


def port(text: str) -> int:
    """A TCP port."""
    return whole(text, 1, 65535)


def port_or_none(text: str) -> int:
    """A TCP port, or 0 where none is given."""
    word = text.strip()
    if re.fullmatch(r"(?:[\d.]+:)?\d+:\d+(?:/tcp)?", word):
        raise ValueError(f"`{word}` publishes a port, and nothing is published: give the one in the container alone")
    return port(word) if word else 0


def memory(text: str) -> int:
    """Bytes of docker's `512m`, `1.5g`, `512MiB`, `536870912`; 0 where none is given."""
    word = text.strip().lower()
    if not word:
        return 0
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?(?:([kmgt])i?b?|b)?", word)
    if found is None:
        raise ValueError(f"`{text.strip()}` is no size such as `512m` or `1.5g`")
    size = int(float(found[1]) * 1024 ** _POWERS[found[2] or ""])
    if size < _SMALLEST_MEMORY:
        raise ValueError(f"`{text.strip()}` is less than 6m, the least Docker accepts; a plain number counts bytes")
    return size


def cpus(text: str) -> float:
    """A number of processors, such as `1.5`; 0 where none is given."""
    word = text.strip()
    if not word:
        return 0.0
    if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", word) is None or not float(word):
        raise ValueError(f"`{word}` is no number of processors such as `0.5` or `2`")
    return float(word)


def body_size(text: str) -> str:
    """NGINX's own spelling of a size: `50m`, `1g`, `8k`, or `0` for no limit."""
    word = text.strip().lower()
    if re.fullmatch(r"\d{1,9}[kmg]?", word) is None:
        raise ValueError(f"`{text.strip()}` is no NGINX size such as `50m`, `1g` or `0` for no limit")
    return word


def whole(text: str, low: int, high: int) -> int:
    """A whole number in that range."""
    word = text.strip()
    if re.fullmatch(r"\d{1,9}", word, re.ASCII) is None or not low <= int(word) <= high:
        raise ValueError(f"`{word}` is no whole number from {low} to {high}")
    return int(word)
