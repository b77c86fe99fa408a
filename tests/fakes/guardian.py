"""The guardian of a host in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bluegreen.errors import GuardianLost
from bluegreen.host import Routes, Seen
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container
from bluegreen.model.event import Event
from bluegreen.model.release import Release
from tests.fakes.world import World


class FakeGuardian:
    """Moves the traffic of the world, until it ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ended = False

    def _op(self, name: str) -> None:
        if self.ended:
            raise GuardianLost("The guardian has ended.")
        try:
            self._world.op(name)
        except GuardianLost:
            self.ended = True
            self._world.take_back()
            raise

    def routes(self) -> Routes:
        self._op("routes")
        return self._world.routes

    def look(self) -> tuple[Routes, tuple[Release, ...]]:
        self._op("look")
        return self._world.routes, tuple(self._world.releases.values())

    def arm(self, split: Split) -> None:
        self._op("arm")
        self._world.routes = replace(self._world.routes, armed=split)
        self._world.moved()
        self._op("proof")

    def disarm(self) -> None:
        self._op("disarm")
        self._world.routes = replace(self._world.routes, armed=None)
        self._world.moved()

    def commit(self) -> None:
        self._op("commit")
        self._world.routes = replace(self._world.routes, committed=self._world.routes.armed)
        self._world.watched.clear()
        self._op("committed")

    def adopt(self, split: Split) -> None:
        self._op("adopt")
        assert self._world.routes.committed is None
        self._world.routes = replace(self._world.routes, committed=split)
        self._world.moved()

    def forsake(self) -> None:
        self._op("forsake")
        self._world.routes = Routes(committed=None, armed=None)
        self._world.moved()

    def settle(self, split: Split) -> None:
        self._op("settle")
        self._world.routes = Routes(committed=split, armed=split)
        self._world.watched.clear()
        self._world.moved()

    def save(self, release: Release) -> None:
        self._op("save")
        self._world.releases[release.id] = release

    def mark(self, release: Release) -> None:
        self._op("mark")
        self._world.releases[release.id] = release

    def forget(self, release_id: str) -> None:
        self._op("forget")
        del self._world.releases[release_id]

    def sweep(self, stay: Iterable[str]) -> tuple[str, ...]:
        self._op("sweep")
        assert set(stay) == set(self._world.releases)
        gone, self._world.litter = self._world.litter, ()
        return gone

    def watch_over(self, container: Container, *, drain: float, stop: float) -> None:
        self._op("watch_over")
        assert drain >= 0
        assert stop >= 0
        self._world.watched.append(container)

    def release_watch(self) -> None:
        self._op("release_watch")
        self._world.watched.clear()

    def connections(self, containers: Iterable[Container]) -> int:
        self._op("connections")
        left = 0
        for container in containers:
            self._world.busy[container.id] = max(0, self._world.busy.get(container.id, 2) - 1)
            left += self._world.busy[container.id]
        return left

    def open_preview(self, color: Color) -> str:
        self._op("open_preview")
        return color.value

    def seen(self, token: str) -> Seen | None:
        self._op("seen")
        assert token
        route = self._world.routes.armed or self._world.routes.committed
        if self._world.front_door_elsewhere or route is None:
            return None
        site = self._world.site
        if site is not None and site.adopted is not None and site.adopted[0] is route.leader:
            return Seen(upstreams=(site.adopted[1],), group=route.leader.value)
        leader = [c for c in self._world.containers.values() if c.color is route.leader and c.running]
        return Seen(upstreams=tuple(f"{c.address}:{c.port}" for c in leader), group=route.leader.value)

    def history(self) -> tuple[Event, ...]:
        self._op("history")
        return tuple(self._world.events)

    def record(self, event: str, **details: str) -> None:
        self._op("record")
        assert event
        assert all(isinstance(value, str) for value in details.values())
        self._world.events.append(Event(at=self._world.clock.utc(), event=event, details=tuple(details.items())))
