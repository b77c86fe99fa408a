"""Values that go to a host or come from it: what it is, what to create on it, what was seen there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bluegreen.model.color import Color
from bluegreen.model.container import Container, Network, Role
from bluegreen.model.event import Event
from bluegreen.model.nginx_container import NginxContainer
from bluegreen.model.observed import Observed, Routes
from bluegreen.model.release import Release, Settings
from bluegreen.model.site import InstalledSite

__all__ = ["ContainerSpec", "Facts", "Guard", "Peek", "Seen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the host is, read once after login. Sizes are bytes; `nginx` and `docker` are versions, empty when there is none.

    `epoch` is what its clock showed then, in seconds since 1970. `limits_logs` says that the engine itself limits the size of
    containers' logs. `nginx_container` is the one that was asked for, in whatever state it is; None where NGINX is the host's own.
    """

    user: str
    root: bool
    sudo: bool
    os: str
    docker: str
    nginx: str
    nginx_modules: str
    memory_available: int
    disk_free: int
    prepared: bool
    epoch: int = 0
    ipv6: bool = True
    limits_logs: bool = False
    nginx_container: NginxContainer | None = None

    @property
    def nginx_in(self) -> str:
        """The name of the container that NGINX runs in; empty for the host's own."""
        return self.nginx_container.name if self.nginx_container else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What NGINX's access log says about one request of ours: the upstream addresses tried, in order, and the group's name."""

    upstreams: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A container to create. `address` is empty for one that needs no fixed address. `words` replaces the settings' own command.

    `suffix` ends its name, also where that gets longer because another container has it. `process` is the name of a worker.
    """

    app: str
    name: str
    color: Color
    release_id: str
    version: str
    image_id: str
    settings: Settings
    role: Role
    network: Network
    address: str = ""
    words: tuple[str, ...] = ()
    suffix: str = ""
    process: str = ""

    def created(self, container_id: str, name: str) -> Container:
        """The container that an engine has made of it, not started yet, under the name that was free."""
        return Container(
            id=container_id,
            name=name,
            color=self.color,
            release_id=self.release_id,
            version=self.version,
            settings_digest=self.settings.digest,
            role=self.role,
            image_id=self.image_id,
            running=False,
            address=self.address,
            port=self.settings.container_port,
            process=self.process,
            fresh=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """What can be read of an app without its lock.

    `holder` says who holds the lock, empty when it is free. `events` is the journal's end, the oldest first.
    """

    routes: Routes
    releases: tuple[Release, ...]
    holder: str
    events: tuple[Event, ...] = ()

    def with_containers(self, containers: tuple[Container, ...], site: InstalledSite | None = None) -> Observed:
        """The whole picture, once the engine was asked too, and NGINX where its site matters."""
        return Observed(routes=self.routes, containers=containers, releases=self.releases, site=site)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a guardian needs to know to start. `owner` is one line that a waiting deployment shows."""

    app: str
    owner: str
    lock_timeout: float
    lease: float
    on_wait: Callable[[str], None] = field(repr=False)
