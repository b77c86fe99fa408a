"""Which variables are secrets: nobody says so of them, but their names and their values do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["SHORTEST_HIDDEN", "secret_values"]

SHORTEST_HIDDEN = 6
"""Characters. Shorter values are no secrets worth the name, and hiding every `1` would leave nothing to read."""

_NAMES = re.compile(r"pass|pwd|secret|token|key|credential|auth|private|dsn|salt|cookie|cert|signature|webhook|api", re.IGNORECASE)
_URL_LOGIN = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+=_-][A-Za-z0-9+/=_-]{19,}")


def secret_values(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Values that look like secrets. Hiding every value would hide `production` and `8000` all over the log, and in URLs."""
    for name, value in pairs:
        login = _URL_LOGIN.search(value)
        if login:
            yield login[1]
        if login or _NAMES.search(name) or _RANDOM.fullmatch(value):
            yield value
