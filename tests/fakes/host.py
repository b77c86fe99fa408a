"""A host in memory, with an NGINX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from bluegreen.host import Answer, Aside, Facts, Guard, Peek
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Role
from bluegreen.model.observed import NOT_IN_TIME
from bluegreen.model.site import AppProtocol, InstalledSite, SiteMode, SiteSpec, UsersSite, Way
from tests.fakes.access_log import FakeAccessLog
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeContainers
from tests.fakes.guardian import FakeGuardian
from tests.fakes.world import GOOD, World


class FakeNginx:
    """The NGINX of the world: it has one site at most."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.notes: tuple[str, ...] = ()

    def version(self) -> tuple[int, ...]:
        return (1, 22, 1)

    def site(self, app: str) -> InstalledSite | None:
        self._world.op("site")
        assert app
        return self._world.site

    def text(self, spec: SiteSpec) -> str:
        return repr(spec)

    def install(self, app: str, text: str) -> InstalledSite | None:
        self._world.op("install")
        assert app in text
        mode = SiteMode.INCLUDE if repr(SiteMode.INCLUDE) in text else SiteMode.MANAGED
        protocol = AppProtocol.GRPC if repr(AppProtocol.GRPC) in text else AppProtocol.HTTP
        names = tuple(re.findall(r"'([^']+)'", _field(text, r"server_names=\(([^)]*)\)"))) if mode is SiteMode.MANAGED else ("_",)
        certificate = _field(text, r"tls_certificate='([^']*)'")
        adopted = _adopted(text)
        site = InstalledSite(text=text, edited=False, mode=mode, protocol=protocol, adopted=adopted, names=names, certificate=certificate)
        previous, self._world.site = self._world.site, site
        self._world.moved()
        self._world.op("installed")
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
        return self._world.conflicts

    def users_site(self, app: str, url: str, installed: InstalledSite | None) -> UsersSite:
        self._world.op("users_site")
        assert app
        assert url
        assert installed is None or installed.text
        return self._world.users_site

    def users_way(self, app: str, places: tuple[str, ...], url: str) -> Way:
        self._world.op("users_way")
        assert app
        return replace(self._world.way, url=self._world.way.url or url) if self._world.way.place in ("", *places) else Way(url=url)


def _field(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    assert found
    return found[1]


def _adopted(text: str) -> tuple[Color, str] | None:
    """Whom the site's text names as adopted, and where."""
    found = re.search(r"adopted=<Color\.(\w+)", text)
    if found is None:
        return None
    color = Color[found[1]]
    place = re.search(rf"{color.value}=\('([^']+)'", text)
    assert place is not None
    return color, place[1]


def _in(timeout: float, answer: Answer) -> Answer:
    """What a client with so much patience sees of it."""
    return answer if answer.seconds <= timeout else Answer(status=0, problem=NOT_IN_TIME)


T = TypeVar("T")


def _asked(question: Callable[[], T], /) -> Future[T]:
    answer: Future[T] = Future()
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 - as a thread would keep it
        answer.set_exception(error)
    return answer


class FakeHost:
    """One host over a connection that never breaks unless a test breaks it."""

    def __init__(self, clock: FakeClock) -> None:
        self.world = World(clock=clock)
        self.containers = FakeContainers(self.world)
        self.nginx = FakeNginx(self.world)
        self.facts = Facts(
            user="ubuntu", root=False, sudo=True, os="Debian GNU/Linux 12", docker="20.10.24", nginx="1.22.1",
            nginx_modules="", memory_available=4 * 1024**3, disk_free=20 * 1024**3, prepared=True,
        )  # fmt: skip
        self.guards: list[FakeGuardian] = []

    def prepare(self, app: str) -> tuple[str, ...]:
        self.world.op("prepare")
        assert app
        return ()

    def set_up(self, app: str, *, dry: bool) -> tuple[str, ...]:
        self.world.op("set_up")
        assert app
        lacking = tuple(self.world.lacking)
        if not dry:
            self.world.lacking.clear()
        return lacking

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
        if f"{address}:{port}" in self.world.elsewhere:
            return GOOD
        here = (c for c in list(self.world.containers.values()) if (c.address, c.port) == (address, port))
        return _in(timeout, self._answer(next((c for c in here if self.world.now(c).running), None)))

    def preview(self, name: str, path: str, *, timeout: float) -> Answer:
        self.world.op("preview")
        assert path
        assert timeout > 0
        return _in(timeout, self._answer(self._previewed(name)))

    def smoke_test(self, name: str, script: str, *, timeout: float, on_line: Callable[[str], None]) -> int | None:
        """Remembers which version it reached, and what served users meanwhile."""
        self.world.op("smoke_test")
        assert timeout > 0
        container = self._previewed(name)
        assert container is not None
        assert self.world.site is not None
        self.world.smoke_tests.append((container.version, self.world.serving()))
        on_line(f"+ {script}")
        self.world.clock.wait(1)
        return self.world.apps[container.image_id].smoke

    def _previewed(self, color: str) -> Container | None:
        here = (c for c in list(self.world.containers.values()) if c.color.value == color and c.role is Role.WEB)
        return next((c for c in here if self.world.now(c).running), None)

    def _answer(self, container: Container | None) -> Answer:
        if container is None:
            return Answer(status=0, problem="connection refused")
        app = self.world.apps[container.image_id]
        return app.answer if container.name.endswith(app.ill) else GOOD

    def knock(self, url: str, token: str, *, timeout: float) -> Answer:
        self.world.op("knock")
        assert url
        assert token
        assert timeout > 0
        return self.world.knocked

    @contextmanager
    def access_log(self, app: str) -> Iterator[FakeAccessLog]:
        assert app
        yield FakeAccessLog(self.world)

    def peek(self, app: str) -> Peek:
        assert app
        return Peek(
            routes=self.world.routes,
            releases=tuple(self.world.releases.values()),
            holder=self.world.locked_by,
            events=tuple(self.world.events),
        )

    def read_file(self, path: str) -> str:
        self.world.op("read_file")
        return f"# {path}\nFROM_HOST=yes\nHOST_TOKEN=hunter2-of-the-host\n"

    def round_trips(self) -> int:
        return 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        yield

    @contextmanager
    def together(self) -> Iterator[Aside]:
        """One after the other, so that a test can make any of them fail."""
        yield _asked
