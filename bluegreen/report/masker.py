"""The last line of defence for secrets: whatever leaves through a voice or a file passes here first."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "Masker"]

MASK = "***"
_SHORTEST = 4
"""Shorter values are words: masking `on` or `80` everywhere would hide the report and protect nothing."""


class Masker:
    """Replaces secrets by `***`, in the spellings they travel in: as they are, line by line, base64, URL-encoded, JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide this value from now on too."""
        wanted = {form for form in _forms(secret) if len(form) >= _SHORTEST}
        self._forms = tuple(sorted(wanted.union(self._forms), key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text without secrets. Secrets that overlap are hidden as one, so that no tail of the second survives."""
        spans = sorted(span for form in self._forms if form in text for span in _spans(form, text))
        if not spans:
            return text
        parts: list[str] = []
        shown = 0
        hidden = 0
        for start, end in spans:
            if start >= hidden:
                parts += [text[shown:start], MASK]
            hidden = shown = max(hidden, end)
        return "".join([*parts, text[shown:]])


def _spans(form: str, text: str) -> Iterable[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _forms(secret: str) -> Iterable[str]:
    whole = secret.strip()
    yield from _spellings(whole)
    if len(whole.splitlines()) > 1:
        for line in whole.splitlines():
            # `-----BEGIN … KEY-----` is no secret, and our own advice spells it.
            if not line.startswith("-----"):
                yield from _spellings(line.strip())


def _spellings(value: str) -> Iterable[str]:
    if len(value) < _SHORTEST:
        return
    yield value
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield from _base64(value.encode())


def _base64(value: bytes) -> Iterable[str]:
    """What is left of the value in base64 wherever in a longer text it stands, such as `user:password` in a header."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value).decode().rstrip("=")
        # The characters at either end mix our bits with a neighbour's; what lies between is ours alone.
        first = -(-before * 8 // 6)
        last = (before + len(value)) * 8 // 6
        inner = encoded[first:last]
        if len(inner) >= 2 * _SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
        elif before == 0:
            yield base64.b64encode(value).decode()
