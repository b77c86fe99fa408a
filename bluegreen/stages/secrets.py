"""What a release was given as secrets is one in every command: its log, which a failure quotes, may hold them."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.decide.secrecy import SHORTEST_HIDDEN, secret_values
from bluegreen.model.progress import Progress

__all__ = ["hide_secrets"]


def hide_secrets(env: Iterable[tuple[str, str]], tell: Progress) -> None:
    """Hide those of an environment that no input told: it is read on the host, from a recipe or a file."""
    for value in secret_values(env):
        if len(value) >= SHORTEST_HIDDEN:
            tell.hide(value)
