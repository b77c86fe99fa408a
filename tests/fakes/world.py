"""The memory of a host: its links, containers, recipes and site, and how the apps on it behave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bluegreen.errors import BlueGreenError, Unreachable
from bluegreen.host import Answer, Routes
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Image, RestartPolicy, Role
from bluegreen.model.event import Event
from bluegreen.model.portrait import Portrait
from bluegreen.model.release import Release
from bluegreen.model.site import InstalledSite, UsersSite, Way
from tests.fakes.clock import FakeClock

GOOD = Answer(status=200, body="ok")


@dataclass
class App:
    """How the containers of one image behave; those only whose name ends with `ill`, where that is given: the others are well.

    `fails` is the part of the users' requests that it answers with 500; if it is `silent` it drops them, and NGINX asks the other.
    """

    image: Image
    answer: Answer = GOOD
    log: list[str] = field(default_factory=lambda: ["started"])
    exits: int | None = None
    exit_after: float = 0.0
    ill: str = ""
    smoke: int | None = 0
    fails: float = 0.0
    silent: bool = False
    milliseconds: int = 10


@dataclass
class World:
    """The host's memory: what a reboot or another deployment would find."""

    clock: FakeClock
    routes: Routes = field(default_factory=lambda: Routes(committed=None, armed=None))
    containers: dict[str, Container] = field(default_factory=dict)
    born: dict[str, float] = field(default_factory=dict)
    restart: dict[str, RestartPolicy] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    site: InstalledSite | None = None
    apps: dict[str, App] = field(default_factory=dict)
    log_of_moves: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    stopped_with_share: list[str] = field(default_factory=list)
    busy: dict[str, int] = field(default_factory=dict)
    locked_by: str = ""
    watched: list[Container] = field(default_factory=list)
    networked: bool = False
    events: list[Event] = field(default_factory=list)
    litter: tuple[str, ...] = ()
    front_door_elsewhere: bool = False
    knocked: Answer = GOOD
    smoke_tests: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    conflicts: tuple[str, ...] = ()
    users_site: UsersSite = field(default_factory=lambda: UsersSite(part="/etc/nginx/bluegreen/myexample.conf"))
    way: Way = field(default_factory=Way)
    portraits: list[Portrait] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Apps that are not ours, by where they answer; before there is a site their users reach the first of them some other way."""
    lacking: list[str] = field(default_factory=list)
    engine_warns: tuple[str, ...] = ()
    faults: dict[str, list[BlueGreenError]] = field(default_factory=dict)
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)
    ops: list[str] = field(default_factory=list)
    logs_read: Counter[str] = field(default_factory=Counter)
    cut_at: int = 0
    users: float = 0.0
    outage: float = 0.0
    log_problem: str = ""
    serial: int = 0
    memory: int = 100 * 1024**2
    """What every container uses."""

    def op(self, name: str) -> None:
        """Every operation passes here: the place where a test makes the host fail."""
        self.clock.check()
        self.ops.append(name)
        if self.cut_at and len(self.ops) >= self.cut_at:
            raise Unreachable("The connection to the host was lost.")
        if hook := self.hooks.pop(name, None):
            hook()
        queue = self.faults.get(name)
        if queue:
            raise queue.pop(0)

    def now(self, container: Container) -> Container:
        known = self.containers.get(container.id)
        if known is None:
            return replace(container, running=False, pid=0, exit_code=137)
        app = self.apps[known.image_id]
        if (
            known.running
            and app.exits is not None
            and known.name.endswith(app.ill)
            and self.clock.time >= self.born[known.id] + app.exit_after
        ):
            known = replace(known, running=False, pid=0, exit_code=app.exits)
            self.containers[known.id] = known
        return known

    def serving(self) -> dict[str, int]:
        """Which version gets which percentage of the users' requests; `nobody` is what would be lost."""
        route = self.routes.armed or self.routes.committed
        if self.site is None and self.elsewhere:
            return {next(iter(self.elsewhere.values())): 100}
        if self.site is None or route is None:
            return {"nobody": 100}
        shares: dict[str, int] = {}
        for color in Color:
            share = route.share(color)
            if share:
                name = self._version(color) or (self._version(color.other) if route.hot else None) or "nobody"
                shares[name] = shares.get(name, 0) + share
        return shares

    def _version(self, color: Color) -> str | None:
        if self.site is not None and self.site.adopted is not None and self.site.adopted[0] is color:
            return self.elsewhere.get(self.site.adopted[1])
        mine = (self.now(c) for c in list(self.containers.values()) if c.color is color and c.role is Role.WEB)
        return next((c.version for c in mine if c.running and f"{c.address}:{c.port}" in (self.site.text if self.site else "")), None)

    def moved(self) -> None:
        self.log_of_moves.append((self.clock.time, self.serving()))

    def take_back(self) -> None:
        """What guardian and sentinel do when the deployment dies."""
        self.routes = replace(self.routes, armed=None)
        for watched in self.watched:
            if watched.id in self.containers:
                self.containers[watched.id] = replace(self.containers[watched.id], running=False, pid=0, exit_code=0)
        self.watched.clear()
        self.moved()
