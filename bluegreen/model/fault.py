"""A fault is why a candidate must not go on: the evidence in a clause, and what it probably means."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`reason` fits after a colon and names what was seen; `means` is a sentence, or empty when the reason says it all.

    `silent` when the fault is that nothing answered at all, as while an app is still starting.
    """

    reason: str
    means: str = ""
    silent: bool = False
