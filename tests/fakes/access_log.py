"""The access log of a host in memory: users come at a steady rate, and NGINX logs what each of them met."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bluegreen.model.color import Color
from bluegreen.model.container import Role
from tests.fakes.world import App, World

__all__ = ["FakeAccessLog", "Request", "line"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One user's request: the servers that were asked, each with its status and the seconds to its first byte (`-` for none)."""

    asked: tuple[tuple[str, str, str], ...] = ()
    status: int = 200
    probe: str = ""
    path: str = "/"


def line(request: Request) -> str:
    """The request as the site's log format writes it."""
    columns = [", ".join(one[column] for one in request.asked) for column in range(3)]
    tried = dict(zip(("upstream", "upstream_status", "upstream_ht"), columns, strict=True))
    user = {"t": 1764000000.123, "id": "0" * 32, "m": "GET", "host": "localhost", "uri": request.path, "status": request.status}
    return json.dumps({**user, "rt": 0.01, **tried, "group": "bg_blue_hot", "bucket": "07", "probe": request.probe})


class FakeAccessLog:
    """Makes up, whenever it is read, the requests that came since; each tenth or hundredth is evenly spread over the buckets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read_to = world.clock.time
        self._due = 0.0
        self._number = 0

    def read(self) -> tuple[str, ...]:
        if self._world.log_problem:
            return ()
        self._due += self._world.users * (self._world.clock.time - self._read_to)
        self._read_to = self._world.clock.time
        lines = []
        while self._due >= 1:
            self._due -= 1
            self._number += 1
            lines.append(self._line())
        return tuple(lines)

    def problem(self) -> str:
        return self._world.log_problem

    def _line(self) -> str:
        route = self._world.routes.armed or self._world.routes.committed
        green = route is not None and self._number * 37 % 100 < route.green
        color = Color.GREEN if green else Color.BLUE
        here = (c for c in self._world.containers.values() if c.color is color and c.role is Role.WEB and self._world.now(c).running)
        container = next(here, None)
        if container is None:
            return line(Request(status=502, asked=(("bg_none", "502", "-"),)))
        app = self._world.apps[container.image_id]
        where = f"{container.address}:{container.port}"
        return self._other_answered(where, color) if app.silent and self._fails(app) else self._answered(app, where)

    def _answered(self, app: App, where: str) -> str:
        status = 500 if self._fails(app) else 200
        return line(Request(status=status, asked=((where, str(status), f"{app.milliseconds / 1000:.3f}"),)))

    def _other_answered(self, where: str, color: Color) -> str:
        others = (c for c in self._world.containers.values() if c.color is color.other and c.role is Role.WEB)
        other = next(others)
        return line(Request(asked=((where, "502", "-"), (f"{other.address}:{other.port}", "200", "0.010"))))

    def _fails(self, app: App) -> bool:
        return (self._number * 7919 // 100) % 100 < 100 * max(app.fails, self._world.outage)
