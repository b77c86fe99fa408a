"""What one look at the host and the app shows; everything that is decided is decided from this."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Role
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import InstalledSite

__all__ = ["NOT_IN_TIME", "Answer", "Observed", "Routes"]

NOT_IN_TIME = "no answer in time"
"""The `problem` of an answer that was waited for in vain: somebody listens, or nobody says that nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one HTTP request came back with; `problem` says why there is no status (status 0), in words."""

    status: int
    body: str = ""
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The two links as they are: the committed split (None before the first commit) and the armed one (None when absent)."""

    committed: Split | None
    armed: Split | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The links, the app's containers, the recipes of its releases, and NGINX's site of it. The recipes never decide who is live."""

    routes: Routes
    containers: tuple[Container, ...]
    releases: tuple[Release, ...]
    site: InstalledSite | None = None

    @property
    def live_color(self) -> Color | None:
        """The color that the committed route leads to, or beside a paused candidate the other one; None before the first commit.

        While that route is hot, and nothing of its leader runs, the other color answers every request: if it runs, it is who serves.
        """
        if self.candidate_color is not None:
            return self.candidate_color.other
        committed = self.routes.committed
        if committed is None:
            return None
        running = {c.color for c in self.containers if c.running and c.role is Role.WEB}
        return committed.leader.other if committed.hot and running == {committed.leader.other} else committed.leader

    @property
    def candidate_color(self) -> Color | None:
        """The color of a paused deployment's candidate: while the committed route is shared it is the one that was created last.

        None when nothing is paused. A share tells nothing: a deployment may be paused beyond one half. An old container of an earlier
        release may lie in the same slot.
        """
        committed = self.routes.committed
        if committed is None or committed.green in {0, 100}:
            return None
        newest = self._newest()
        return max(newest, key=lambda color: newest[color].created) if len(newest) == len(Color) else None

    @property
    def paused_release(self) -> str:
        """The id of the release whose deployment is paused; empty when none is."""
        return self._newest()[self.candidate_color].release_id if self.candidate_color is not None else ""

    @property
    def paused(self) -> Replicas | None:
        """The candidate of a paused deployment, though it may run no more; None when nothing is paused, or neither release runs.

        A release that is rolled back to may be kept in the same slot as well: in a container older than the other release's.
        """
        if self.candidate_color is None:
            return None
        since = self._newest()[self.candidate_color.other].created
        slot = (c for c in self.containers if c.role is Role.WEB and c.color is self.candidate_color and c.created > since)
        found = Replicas.of(c for c in slot if c.release_id == self.paused_release)
        return found if found is not None and (self.live is not None or found.running) else None

    def _newest(self) -> dict[Color, Container]:
        """Of each color the web container that was created last."""
        return {c.color: c for c in sorted(self.containers, key=lambda c: c.created) if c.role is Role.WEB}

    @property
    def live(self) -> Replicas | None:
        """The running containers that serve; None when nothing does."""
        return Replicas.of(c for c in self.containers if c.running and c.role is Role.WEB and c.color is self.live_color)

    def release(self, release_id: str) -> Release | None:
        """The recipe with that id, if it is kept."""
        return next((r for r in self.releases if r.id == release_id), None)
