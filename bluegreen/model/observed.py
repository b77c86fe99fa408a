"""What one look at the host and the app shows; everything that is decided is decided from this."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Role
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas

__all__ = ["Answer", "Observed", "Routes"]


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
    """The links, the app's containers, and the recipes of its releases. The recipes never decide who is live."""

    routes: Routes
    containers: tuple[Container, ...]
    releases: tuple[Release, ...]

    @property
    def live_color(self) -> Color | None:
        """The color that the committed route leads to; None before the first commit."""
        return self.routes.committed.leader if self.routes.committed else None

    @property
    def live(self) -> Replicas | None:
        """The running containers that serve; None when nothing does."""
        return Replicas.of(c for c in self.containers if c.running and c.role is Role.WEB and c.color is self.live_color)

    def release(self, release_id: str) -> Release | None:
        """The recipe with that id, if it is kept."""
        return next((r for r in self.releases if r.id == release_id), None)
