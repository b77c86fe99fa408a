"""A color is one of the two slots on the host; a split is how much of the traffic the green one gets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

__all__ = ["Color", "Split"]


class Color(Enum):
    """One of the two slots an app has on the host."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Color:
        """The slot this one is not."""
        return Color.GREEN if self is Color.BLUE else Color.BLUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Green's percentage of requests, and whether both colors serve and back each other up (`hot`).

    On the host it is the name of a directory, `030` or `030-hot`, that a link points at.
    """

    green: int
    hot: bool = False

    @property
    def name(self) -> str:
        """The directory's name on the host."""
        return f"{self.green:03d}{'-hot' if self.hot else ''}"

    @classmethod
    def parse(cls, name: str) -> Split | None:
        """The split a directory name stands for, or None for anything else."""
        found = re.fullmatch(r"(\d{3})(-hot)?", name)
        if found is None or int(found[1]) > 100:
            return None
        return cls(green=int(found[1]), hot=bool(found[2]))

    @classmethod
    def giving(cls, color: Color, share: int, *, hot: bool = False) -> Split:
        """The split in which `color` gets `share` percent of the requests."""
        return cls(green=share if color is Color.GREEN else 100 - share, hot=hot)

    def share(self, color: Color) -> int:
        """The percentage of requests that `color` gets."""
        return self.green if color is Color.GREEN else 100 - self.green

    @property
    def leader(self) -> Color:
        """The color that gets the larger half."""
        return Color.GREEN if self.green > 50 else Color.BLUE
