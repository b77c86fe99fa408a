"""A host in memory that can be asked what is serving. It implements the protocols of `bluegreen.host`, and time is its own.

It keeps the rules that matter of the real one: an armed link wins over the committed one, a stopped container serves nothing, a site that
is not installed sends nobody anywhere, and a guardian that ends without a farewell takes the traffic back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bluegreen.errors import BlueGreenError, Cancelled, GuardianLost, HostNotReady, Unreachable
from bluegreen.host import Answer, ContainerSpec, Facts, Guard, Peek, Routes, Seen
from bluegreen.model.ask import BuildAsk
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Engine, Image, LogLine, Network, RestartPolicy, Role
from bluegreen.model.progress import Stage, StepRecord
from bluegreen.model.release import Release
from bluegreen.model.site import InstalledSite

GOOD = Answer(status=200, body="ok")


class FakeClock:
    """Time that passes only when somebody waits; `at` runs something at a moment of it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.cancelled = False
        self._shields = 0
        self._events: list[tuple[float, Callable[[], None]]] = []

    def at(self, when: float, event: Callable[[], None]) -> None:
        self._events.append((when, event))
        self._events.sort(key=lambda pair: pair[0])

    def now(self) -> float:
        return self.time

    def utc(self) -> str:
        return f"2026-01-01T{int(self.time) // 3600:02d}:{int(self.time) // 60 % 60:02d}:{int(self.time) % 60:02d}Z"

    def wait(self, seconds: float) -> None:
        self.time = round(self.time + max(seconds, 0.01), 3)
        while self._events and self._events[0][0] <= self.time:
            self._events.pop(0)[1]()
        self.check()

    def check(self) -> None:
        if self.cancelled and not self._shields:
            raise Cancelled("The deployment was cancelled.")

    @contextmanager
    def shield(self) -> Iterator[None]:
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def hurried(self) -> bool:
        return self.cancelled


class FakeProgress:
    """Remembers what was said, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warnings: list[str] = []
        self.proof: dict[str, list[str]] = {}
        self.stages: list[Stage] = []
        self.steps: list[StepRecord] = []
        self.hidden: list[str] = []

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        self.stages.append(stage)
        yield

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.said.append(title)
        yield

    def say(self, text: str) -> None:
        self.said.append(text)

    done = say
    output = say

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def evidence(self, title: str, lines: Iterable[str]) -> None:
        self.proof[title] = list(lines)

    def step(self, record: StepRecord) -> None:
        self.steps.append(record)

    def hide(self, secret: str) -> None:
        self.hidden.append(secret)

    def fact(self, name: str, value: str) -> None:
        self.said.append(f"{name}: {value}")


@dataclass
class App:
    """How the containers of one image behave. A fault begins `fault_after` seconds after the start."""

    image: Image
    answer: Answer = GOOD
    log: list[str] = field(default_factory=lambda: ["started"])
    exits: int | None = None
    exit_after: float = 0.0


@dataclass
class World:
    """The host's memory: what a reboot or another deployment would find."""

    clock: FakeClock
    routes: Routes = Routes(committed=None, armed=None)
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
    watched: Container | None = None
    front_door_elsewhere: bool = False
    faults: dict[str, list[BlueGreenError]] = field(default_factory=dict)
    ops: list[str] = field(default_factory=list)
    cut_at: int = 0
    serial: int = 0

    def op(self, name: str) -> None:
        """Every operation passes here: the place where a test makes the host fail."""
        self.clock.check()
        self.ops.append(name)
        if self.cut_at and len(self.ops) >= self.cut_at:
            raise Unreachable("The connection to the host was lost.")
        queue = self.faults.get(name)
        if queue:
            raise queue.pop(0)

    def now(self, container: Container) -> Container:
        known = self.containers.get(container.id)
        if known is None:
            return replace(container, running=False, pid=0, exit_code=137)
        app = self.apps[known.image_id]
        if known.running and app.exits is not None and self.clock.time >= self.born[known.id] + app.exit_after:
            known = replace(known, running=False, pid=0, exit_code=app.exits)
            self.containers[known.id] = known
        return known

    def serving(self) -> dict[str, int]:
        """Which version gets which percentage of the users' requests; `nobody` is what would be lost."""
        route = self.routes.armed or self.routes.committed
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
        mine = (self.now(c) for c in list(self.containers.values()) if c.color is color and c.role is Role.WEB)
        return next((c.version for c in mine if c.running and f"{c.address}:{c.port}" in (self.site.text if self.site else "")), None)

    def moved(self) -> None:
        self.log_of_moves.append((self.clock.time, self.serving()))

    def take_back(self) -> None:
        """What guardian and sentinel do when the deployment dies."""
        self.routes = replace(self.routes, armed=None)
        if self.watched is not None and self.watched.id in self.containers:
            self.containers[self.watched.id] = replace(self.containers[self.watched.id], running=False, pid=0, exit_code=0)
        self.watched = None
        self.moved()


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

    def releases(self) -> tuple[Release, ...]:
        self._op("releases")
        return tuple(self._world.releases.values())

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
        self._world.watched = None
        self._op("committed")

    def settle(self, split: Split) -> None:
        self._op("settle")
        self._world.routes = Routes(committed=split, armed=split)
        self._world.moved()

    def save(self, release: Release) -> None:
        self._op("save")
        self._world.releases[release.id] = release

    def forget(self, release_id: str) -> None:
        self._op("forget")
        del self._world.releases[release_id]

    def watch_over(self, container: Container, *, drain: float, stop: float) -> None:
        self._op("watch_over")
        assert drain >= 0
        assert stop >= 0
        self._world.watched = container

    def release_watch(self) -> None:
        self._op("release_watch")
        self._world.watched = None

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
        leader = [c for c in self._world.containers.values() if c.color is route.leader and c.running]
        return Seen(upstreams=tuple(f"{c.address}:{c.port}" for c in leader), group=route.leader.value)

    def record(self, event: str, **details: str) -> None:
        self._op("record")
        assert event
        assert all(isinstance(value, str) for value in details.values())


class FakeContainers:
    """The engine of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def engine(self) -> Engine:
        return Engine(version="20.10.24")

    def list(self, app: str) -> tuple[Container, ...]:
        self._world.op("list")
        assert app
        return tuple(self._world.now(c) for c in list(self._world.containers.values()))

    def inspect(self, container: Container) -> Container:
        self._world.op("inspect")
        return self._world.now(container)

    def image(self, reference: str) -> Image | None:
        known = (app.image for app in self._world.apps.values())
        return next((image for image in known if reference == image.id or reference in image.tags), None)

    def images(self, app: str) -> tuple[Image, ...]:
        self._world.op("images")
        assert app
        return tuple(sorted((known.image for known in self._world.apps.values()), key=lambda image: image.created, reverse=True))

    def build(self, ask: BuildAsk, on_line: Callable[[str], None]) -> Image:
        self._world.op("build")
        on_line(f"building {ask.tag}")
        image = self.image(ask.tag)
        assert image is not None
        return image

    def network(self, app: str) -> Network:
        self._world.op("network")
        return Network(name=f"bluegreen-{app}", subnet="10.9.0.0/16", blue=("10.9.0.2",), green=("10.9.0.34",))

    def create(self, spec: ContainerSpec) -> Container:
        self._world.op("create")
        self._world.serial += 1
        container = Container(
            id=f"c{self._world.serial}",
            name=spec.name if all(c.name != spec.name for c in self._world.containers.values()) else f"{spec.name}-{spec.release_id}",
            color=spec.color,
            release_id=spec.release_id,
            version=spec.version,
            settings_digest=spec.settings.digest,
            role=spec.role,
            image_id=spec.image_id,
            running=False,
            address=spec.address,
            port=spec.settings.container_port,
        )
        self._world.containers[container.id] = container
        self._world.restart[container.id] = RestartPolicy.NO
        self._world.op("created")
        return container

    def start(self, container: Container) -> Container:
        self._world.op("start")
        slot = (c for c in self._world.containers.values() if c.running and c.address == container.address and c.address)
        if other := next(slot, None):
            raise HostNotReady(f"address {container.address} is taken by {other.name}")
        ends = container.role is Role.RELEASE_COMMAND
        started = replace(container, running=not ends, pid=0 if ends else 100 + self._world.serial, started_at=f"{self._world.serial:04d}")
        self._world.containers[container.id] = started
        self._world.born[container.id] = self._world.clock.time
        return started

    def logs(self, container: Container, *, after: str = "", tail: int = 0) -> tuple[LogLine, ...]:
        self._world.op("logs")
        texts = self._world.apps[container.image_id].log
        lines = [LogLine(at=f"{number:09d}", text=text) for number, text in enumerate(texts, 1)]
        return tuple(line for line in lines if line.at > after)[-tail:]

    def set_restart(self, container: Container, policy: RestartPolicy) -> None:
        self._world.op("set_restart")
        self._world.restart[container.id] = policy

    def stop(self, container: Container, timeout: float) -> None:
        self._world.op("stop")
        assert timeout >= 0
        if container.version in self._world.serving() and self._world.now(container).running:
            route = self._world.routes.armed or self._world.routes.committed
            if route and route.share(container.color):
                self._world.stopped_with_share.append(container.name)
        if container.id in self._world.containers:
            self._world.containers[container.id] = replace(self._world.now(container), running=False, pid=0)

    def remove(self, container: Container) -> None:
        self._world.op("remove")
        self._world.containers.pop(container.id, None)

    def remove_image(self, reference: str) -> bool:
        self._world.op("remove_image")
        image = self.image(reference)
        if image is None or any(c.image_id == image.id for c in self._world.containers.values()):
            return False
        del self._world.apps[image.id]
        return True

    def memory_use(self, container: Container) -> int:
        assert container.running
        return 100 * 1024**2


class FakeNginx:
    """The NGINX of the world: it has one site at most."""

    def __init__(self, world: World) -> None:
        self._world = world

    def version(self) -> tuple[int, ...]:
        return (1, 22, 1)

    def site(self, app: str) -> InstalledSite | None:
        self._world.op("site")
        assert app
        return self._world.site

    def install(self, app: str, text: str) -> InstalledSite | None:
        self._world.op("install")
        assert app in text
        previous, self._world.site = self._world.site, InstalledSite(text=text, edited=False)
        self._world.moved()
        return previous

    def restore(self, app: str, previous: InstalledSite | None) -> None:
        self._world.op("restore")
        assert app
        self._world.site = previous
        self._world.moved()

    def problems(self, app: str, server_names: tuple[str, ...], listen: tuple[str, ...]) -> tuple[str, ...]:
        self._world.op("problems")
        assert app
        assert server_names
        assert listen
        return ()


class FakeHost:
    """One host over a connection that never breaks unless a test breaks it."""

    def __init__(self, clock: FakeClock) -> None:
        self.world = World(clock=clock)
        self.containers = FakeContainers(self.world)
        self.nginx = FakeNginx(self.world)
        self.facts = Facts(
            user="ubuntu", root=False, sudo=True, os="Debian GNU/Linux 12", docker="20.10.24", docker_problem="", nginx="1.22.1",
            nginx_modules="", memory_available=4 * 1024**3, disk_free=20 * 1024**3, prepared=True,
        )  # fmt: skip
        self.guards: list[FakeGuardian] = []

    def prepare(self, app: str) -> tuple[str, ...]:
        self.world.op("prepare")
        assert app
        return ()

    @contextmanager
    def guard(self, guard: Guard) -> Iterator[FakeGuardian]:
        self.world.op("guard")
        assert not self.world.locked_by
        self.world.locked_by = guard.owner
        guardian = FakeGuardian(self.world)
        self.guards.append(guardian)
        try:
            yield guardian
        except BaseException:
            if not guardian.ended:
                self.world.take_back()
            raise
        finally:
            self.world.locked_by = ""
            guardian.ended = True

    def get(self, address: str, port: int, path: str, *, host: str, timeout: float) -> Answer:
        self.world.op("get")
        assert path.startswith("/")
        assert timeout > 0
        assert host == "" or host
        here = (c for c in list(self.world.containers.values()) if (c.address, c.port) == (address, port))
        return self._answer(next((c for c in here if self.world.now(c).running), None))

    def preview(self, name: str, path: str, *, timeout: float) -> Answer:
        self.world.op("preview")
        assert path
        assert timeout > 0
        here = (c for c in list(self.world.containers.values()) if c.color.value == name and c.role is Role.WEB)
        return self._answer(next((c for c in here if self.world.now(c).running), None))

    def _answer(self, container: Container | None) -> Answer:
        if container is None:
            return Answer(status=0, problem="connection refused")
        return self.world.apps[container.image_id].answer

    def knock(self, url: str, token: str, *, timeout: float) -> Answer:
        self.world.op("knock")
        assert url
        assert token
        assert timeout > 0
        return GOOD

    def peek(self, app: str) -> Peek:
        assert app
        return Peek(routes=self.world.routes, releases=tuple(self.world.releases.values()), holder=self.world.locked_by)

    def read_file(self, path: str) -> str:
        self.world.op("read_file")
        return f"# {path}\nFROM_HOST=yes\n"

    def round_trips(self) -> int:
        return 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        yield
