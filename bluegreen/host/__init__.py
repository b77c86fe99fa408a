"""What the stages may do to a host: protocols in the product's words. The real ones stand beside this file, the fake in the tests.

Every method may raise `Unreachable` when the connection is gone, and `Cancelled` when the run was cancelled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from bluegreen.host.guardian_protocol import Guardian
from bluegreen.model.aside import Aside
from bluegreen.model.ask import BuildAsk
from bluegreen.model.clock import Clock
from bluegreen.model.container import Container, Engine, Image, LogLine, Network, RestartPolicy
from bluegreen.model.host import ContainerSpec, Facts, Guard, Peek, Seen
from bluegreen.model.neighbor import Neighbor
from bluegreen.model.observed import Answer, Routes
from bluegreen.model.portrait import Portrait
from bluegreen.model.site import InstalledSite, SiteSpec, UsersSite, Way
from bluegreen.model.traffic import AccessLog

__all__ = [
    "AccessLog", "Answer", "Aside", "Clock", "ContainerSpec", "Containers", "Facts", "Guard", "Guardian", "Host", "Nginx", "Peek", "Routes",
    "Seen",
]  # fmt: skip

# paramiko wants it only for `Match exec` in a person's ~/.ssh/config, which is never read here, and it would cost every start a tenth of a
# second. What stands here as None cannot be imported: https://docs.python.org/3/reference/import.html#the-module-cache
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]


class Containers(Protocol):
    """The host's Docker engine, as far as one app is concerned."""

    def engine(self) -> Engine:
        """The engine. Raises `HostNotReady` when it does not answer, or is of a kind whose containers NGINX cannot reach."""

    def list(self, app: str) -> tuple[Container, ...]:
        """Every container of the app, running or not."""

    def neighbors(self) -> tuple[Neighbor, ...]:
        """The running containers on the host that no deployment made."""

    def portrait(self, name: str) -> Portrait | None:
        """What the container of that name was made with, whoever made it and whether it runs or not; None when there is none."""

    def inspect(self, container: Container) -> Container:
        """The container as it is now; a removed one comes back as not running, exit code 137."""

    def image(self, reference: str) -> Image | None:
        """The image of that name or id, if the host has it."""

    def images(self, app: str) -> tuple[Image, ...]:
        """Every image that was built for the app (by its label `bluegreen.app`), the newest first."""

    def build(self, ask: BuildAsk, on_line: Callable[[str], None]) -> Image:
        """Build on the host from the checkout. Raises `NoImage` when the build fails, with what it printed last."""

    def network(self, app: str) -> Network:
        """The app's network, made when missing. Raises `HostNotReady` when the name or the addresses belong to something not ours."""

    def find_network(self, app: str) -> Network | None:
        """The app's network as it is, changing nothing; None when it has yet to be made."""

    def create(self, spec: ContainerSpec) -> Container:
        """Create it, unexposed, restart policy `no`, not started; under `NAME-RELEASE_ID` when another container has its name.

        Raises `CandidateFailed` or `HostNotReady` with Docker's reason.
        """

    def start(self, container: Container) -> Container:
        """Start it and return it as observed. Raises `CandidateFailed` with Docker's reason."""

    def logs(self, container: Container, *, after: str = "", tail: int = 0) -> tuple[LogLine, ...]:
        """Its log lines later than `after` (a `LogLine.at`), both streams, oldest first; with `tail`, the last so many at most."""

    def set_restart(self, container: Container, policy: RestartPolicy) -> None:
        """Change its restart policy."""

    def stop(self, container: Container, timeout: float) -> None:
        """SIGTERM (or the image's stop signal), and after `timeout` seconds SIGKILL. Quietly nothing when it does not run."""

    def remove(self, container: Container) -> None:
        """Remove the container, running or not, but none of its named volumes. Quietly nothing when it is gone."""

    def remove_image(self, reference: str) -> bool:
        """Untag it, and so delete it when no other name or container needs it; False when Docker kept it."""

    def memory_use(self, container: Container | Neighbor) -> int:
        """Bytes in use, without the page cache."""


class Nginx(Protocol):
    """The host's NGINX. `notes` holds what the last change of it had to say besides its success."""

    @property
    def notes(self) -> tuple[str, ...]:
        """In sentences, for the log."""

    def version(self) -> tuple[int, ...]:
        """For example (1, 22, 1)."""

    def site(self, app: str) -> InstalledSite | None:
        """The app's site file, if there is one."""

    def text(self, spec: SiteSpec) -> str:
        """The site's whole text, the same for the same spec."""

    def install(self, app: str, text: str) -> InstalledSite | None:
        """Replace the site by `text`, reload, prove it live; return what was there before. On any fault the previous bytes are back.

        Raises `HostNotReady`: NGINX was broken before us, our file was edited, another site is in the way, or the new one does not take.
        """

    def restore(self, app: str, previous: InstalledSite | None) -> None:
        """Put back what `install` returned."""

    def problems(self, app: str, server_names: tuple[str, ...], listen: tuple[str, ...]) -> tuple[str, ...]:
        """What in the host's configuration would keep users from reaching our site, each with file and line and its remedy."""

    def users_site(self, app: str, url: str, installed: InstalledSite | None) -> UsersSite:
        """What the user's own configuration means for an app in `include` mode whose users type `url`."""

    def users_way(self, app: str, places: tuple[str, ...], url: str) -> Way:
        """How users come to an app that answers at one of `places`; with `url`, whether that leads there."""


class Host(Protocol):
    """One host over one connection."""

    @property
    def facts(self) -> Facts:
        """What the host is, as read after login."""

    @property
    def containers(self) -> Containers:
        """The host's Docker engine."""

    @property
    def nginx(self) -> Nginx:
        """The host's NGINX."""

    def prepare(self, app: str) -> tuple[str, ...]:
        """Make what the host lacks (state directories, tmpfiles.d, logrotate) and say what was made. Raises `HostNotReady`."""

    def set_up(self, app: str, *, dry: bool) -> tuple[str, ...]:
        """Make all that a bare host lacks, packages and groups too, and say what; with `dry` only say. Raises `HostNotReady`."""

    def guard(self, guard: Guard) -> AbstractContextManager[Guardian]:
        """Take the app's lock. Raises `Locked` when another deployment holds it for longer than `lock_timeout`.

        Left normally, the lock is let go; left by an exception with something armed, the guardian takes traffic back by itself.
        """

    def get(self, address: str, port: int, path: str, *, host: str, timeout: float) -> Answer:
        """One GET, as seen from the host, straight to an address on it. Never raises for what the app does."""

    def preview(self, name: str, path: str, *, timeout: float) -> Answer:
        """One GET through NGINX's loopback-only preview server, under the Host header that `open_preview` gave."""

    def smoke_test(self, name: str, script: str, *, timeout: float, on_line: Callable[[str], None]) -> int | None:
        """Run a shell script on this machine, whose BLUEGREEN_PREVIEW_URL leads to the preview server under that Host header.

        Its exit status, None when time was up. Raises `HostNotReady` when the host lets nobody forward a connection to that server.
        """

    def knock(self, url: str, token: str, *, timeout: float) -> Answer:
        """One GET of `url` to the host's own NGINX, with that URL's scheme, SNI and Host, carrying `token` in `X-Bluegreen-Probe`."""

    def access_log(self, app: str) -> AbstractContextManager[AccessLog]:
        """Follow the app's access log from now on, until the block is left; its start is not waited for."""

    def round_trips(self) -> int:
        """Awaited replies so far."""

    def waiting(self) -> AbstractContextManager[None]:
        """However many replies are awaited inside, they count as one: a wait loop."""

    def together(self) -> AbstractContextManager[Aside]:
        """Ask side by side what does not wait for each other: the block ends with the last answer, and counts as one reply."""

    def peek(self, app: str) -> Peek:
        """The links, the recipes and the lock's holder, read without taking the lock."""

    def read_file(self, path: str) -> str:
        """The text of a file on the host that the deploy user may read. Raises `HostNotReady` when it cannot be read."""
