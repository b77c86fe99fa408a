"""The collaborators that every stage works with, passed as one."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.host import Clock, Guardian, Host
from bluegreen.model.ask import Ask
from bluegreen.model.progress import Progress

__all__ = ["Job"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What was asked, the host, the guardian that holds its lock, who is told, and the time.

    `cleared` are the names of containers that recovery removed at the start.
    """

    ask: Ask
    host: Host
    guardian: Guardian
    tell: Progress
    clock: Clock
    cleared: tuple[str, ...] = ()
