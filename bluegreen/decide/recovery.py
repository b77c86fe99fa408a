"""Recovery: what an earlier deployment left half-done, and the steps that put it right.

Armed but not committed goes back. Committed but not retired goes forward. Ours, but neither live nor kept, is drained and removed.
Applied twice it finds nothing to do the second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bluegreen.decide.processes import Swap, swap
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Role
from bluegreen.model.observed import Observed
from bluegreen.model.release import Release

__all__ = ["Disarm", "Forget", "Promote", "Remedy", "Remove", "Retire", "Settle", "Work", "remedies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarm:
    """Take the armed route away: its deployment never committed."""

    armed: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Leave hot: the deployment committed and then died. All goes to the release that runs, should the other be gone."""

    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Drain and stop a container that may have had traffic and has none now; `remove` it unless it is a kept release's."""

    container: Container
    remove: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Remove a stopped container that is neither live nor kept."""

    container: Container


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """Mark the live release's recipe as committed: its deployment died between the commit and the note of it."""

    release: Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Remove the recipe of a release that was never committed."""

    release: Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Make the workers those of the live release: its deployment died between the commit and the last of them."""

    release: Release
    color: Color
    todo: Swap


Remedy = Disarm | Settle | Retire | Remove | Promote | Forget | Work


def remedies(observed: Observed, spared: Iterable[Container] = ()) -> tuple[Remedy, ...]:
    """The steps, in the order in which they are safe: traffic first, then the containers that have none, then the recipes, then workers.

    `spared` are containers that the command itself will see to; it will see to the workers then, too.
    """
    ids = {container.id for container in spared}
    containers = (step for step in _containers(observed) if step.container.id not in ids)
    return (*_traffic(observed), *containers, *_recipes(observed), *(() if ids else _workers(observed)))


def _traffic(observed: Observed) -> tuple[Remedy, ...]:
    committed, armed = observed.routes.committed, observed.routes.armed
    steps: list[Remedy] = []
    if armed is not None and armed != committed:
        steps.append(Disarm(armed=armed))
    live, half_done = observed.live_color, committed is not None and (committed.hot or committed.green not in (0, 100))
    if half_done and live is not None and observed.candidate_color is None:
        steps.append(Settle(split=Split.giving(live, 100)))
    return tuple(steps)


def _containers(observed: Observed) -> tuple[Retire | Remove, ...]:
    kept = {release.id for release in observed.releases if release.committed_at}
    live = observed.live
    steps: list[Retire | Remove] = []
    for container in observed.containers:
        if container.role is Role.PROCESS or (live is not None and container in live.containers) or _is_paused(container, observed):
            continue
        keep = container.role is Role.WEB and container.release_id in kept
        if container.running or (container.restarting and container.color is not observed.live_color):
            steps.append(Retire(container=container, remove=not keep))
        elif not keep:
            steps.append(Remove(container=container))
    return tuple(steps)


def _is_paused(container: Container, observed: Observed) -> bool:
    """A paused deployment waits for a person, for days perhaps; what it needs is nobody's left-over."""
    return container.color is observed.candidate_color and container.release_id == observed.paused_release


def _recipes(observed: Observed) -> tuple[Remedy, ...]:
    live = observed.live
    unmarked = (r for r in observed.releases if not r.committed_at and r.id != observed.paused_release)
    return tuple(Promote(release=r) if live is not None and r.id == live.release_id else Forget(release=r) for r in unmarked)


def _workers(observed: Observed) -> tuple[Remedy, ...]:
    """Only beside a live release whose recipe is known: without one, whoever works goes on."""
    live = observed.live
    release = observed.release(live.release_id) if live is not None else None
    if live is None or release is None:
        return ()
    todo = swap(observed.containers, release, live.color, again=False)
    return (Work(release=release, color=live.color, todo=todo),) if todo else ()
