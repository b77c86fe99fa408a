"""What the stages may ask of the guardian."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container
from bluegreen.model.event import Event
from bluegreen.model.host import Seen
from bluegreen.model.observed import Routes
from bluegreen.model.release import Release

__all__ = ["Guardian"]


class Guardian(Protocol):
    """The process on the host that holds the app's lock and moves its traffic. `GuardianLost` when it has ended."""

    def routes(self) -> Routes:
        """Both links, read now."""

    def look(self) -> tuple[Routes, tuple[Release, ...]]:
        """Both links, and the recipes kept on the host: every committed release that was not forgotten."""

    def arm(self, split: Split) -> None:
        """Make `split` the armed route, and prove it through NGINX. On a failed proof raises `HostNotReady`; the caller goes back."""

    def disarm(self) -> None:
        """Take the armed route away: traffic follows the committed one again."""

    def commit(self) -> None:
        """Make what is armed the committed route, and end the watch over the candidate. From here a fault rolls forward."""

    def adopt(self, split: Split) -> None:
        """Make `split` the committed route of an app that never had one, unproved: before the site that follows it is there."""

    def forsake(self) -> None:
        """Take back what `adopt` did: the app has no route any more. Only while no site of ours sends anybody along it."""

    def settle(self, split: Split) -> None:
        """Make `split` both the committed and the armed route, proved: how a commit leaves hot."""

    def save(self, release: Release) -> None:
        """Keep the recipe of a release in a 0600 file."""

    def mark(self, release: Release) -> None:
        """Replace the recipe of a release that was committed, without waiting for it: what does not arrive, recovery makes up for."""

    def forget(self, release_id: str) -> None:
        """Remove a recipe."""

    def sweep(self, stay: Iterable[str]) -> tuple[str, ...]:
        """Remove what lies among the recipes and is none of these releases' (half-written, unreadable); the paths that went."""

    def watch_over(self, container: Container, *, drain: float, stop: float) -> None:
        """If the deployment dies before `release_watch`, drain and stop this container after taking its traffic away."""

    def release_watch(self) -> None:
        """The candidate is no candidate any more: it was committed, or removed."""

    def connections(self, containers: Iterable[Container]) -> int:
        """How many connections are established on the containers' ports now."""

    def open_preview(self, color: Color) -> str:
        """The Host header under which that color answers on the preview server, from the guardian's next answer on until it ends."""

    def seen(self, token: str) -> Seen | None:
        """What the access log says about the request that carried `token` in `X-Bluegreen-Probe`; None when it is not there."""

    def history(self) -> tuple[Event, ...]:
        """What the journal says of the app's releases, the oldest first: commits, rollbacks and their like."""

    def record(self, event: str, **details: str) -> None:
        """Append to the app's journal."""
