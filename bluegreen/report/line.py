"""A line before anyone paints it: pieces of text with a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Line", "Look", "Piece"]


class Look(Enum):
    """What a piece of a line means; the voices know how to paint it."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and what it means."""

    text: str
    look: Look = Look.PLAIN


Line = tuple[Piece, ...]
