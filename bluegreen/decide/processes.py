"""Processes: which of a release's workers must be started, and which of earlier releases may go.

A worker belongs to the live release when release and color say so. One that was started once and does not run any more failed: it stays,
stopped, as the witness of that, and its predecessor goes on working until another deployment brings a better one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bluegreen.model.color import Color
from bluegreen.model.container import Container, Role
from bluegreen.model.release import Process, Release

__all__ = ["Swap", "swap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What makes the workers those of the live release. `watch` already run; `start` have none; `spent` are stopped and of no use.

    `stop` are the earlier releases' that run: each leaves once those of its name, if there are any, have proved themselves.
    """

    start: tuple[Process, ...]
    watch: tuple[Container, ...]
    spent: tuple[Container, ...]
    stop: tuple[Container, ...]

    def __bool__(self) -> bool:
        return bool(self.start or self.spent or self.stop)


def swap(containers: Iterable[Container], release: Release, color: Color, *, again: bool) -> Swap:
    """What is left to do for `release`, live in `color`. With `again`, one that has failed gets another try."""
    all_ = tuple(container for container in containers if container.role is Role.PROCESS)
    wanted = {process.name for process in release.settings.processes}
    mine = {c.process: c for c in all_ if (c.color, c.release_id) == (color, release.id) and c.process in wanted}
    running = {name: c for name, c in mine.items() if c.running}
    failed = {name for name, c in mine.items() if not c.running and not c.fresh and not again}
    others = tuple(c for c in all_ if c not in mine.values())
    stop = tuple(c for c in others if c.running and c.process not in failed)
    replaced = {container.process for container in stop}
    return Swap(
        start=tuple(process for process in release.settings.processes if process.name not in {*running, *failed}),
        watch=tuple(container for name, container in running.items() if name in replaced),
        spent=tuple(c for c in (*others, *mine.values()) if not c.running and c.process not in failed),
        stop=stop,
    )
