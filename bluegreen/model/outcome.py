"""What a command came to when it did not fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bluegreen.model.color import Color
from bluegreen.model.neighbor import Adopted

__all__ = ["Outcome", "Result"]


class Result(Enum):
    """The `result` output."""

    DEPLOYED = "deployed"
    ROLLED_BACK = "rolled-back"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    PAUSED = "paused"
    ABORTED = "aborted"
    CLEANED = "cleaned"
    READY = "ready"
    NOT_READY = "not-ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What serves now and what served before. `previous_version` is empty on a first deployment.

    `kept` are the versions whose stopped releases a rollback could return to, the newest first. `removed` is what `cleanup` removed.
    `adopted` is the app that served before the first release: it still runs, and has no traffic any more.
    `made` is what `setup` made, or would make.
    `share` is the percentage of requests that `version` gets.
    """

    result: Result
    version: str
    previous_version: str = ""
    color: Color | None = None
    image_id: str = ""
    containers: tuple[str, ...] = ()
    url: str = ""
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    adopted: Adopted | None = None
    share: int = 100
