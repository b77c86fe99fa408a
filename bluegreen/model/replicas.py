"""The web containers of one release in one slot: what serves together, is watched together, and leaves together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bluegreen.model.color import Color
from bluegreen.model.container import Container

__all__ = ["Replicas"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """One container or more, the first one first, alike in everything but name and address. It goes by the first one's name."""

    containers: tuple[Container, ...]

    @classmethod
    def of(cls, containers: Iterable[Container]) -> Replicas | None:
        """These containers, in the order of their addresses; None when there are none."""
        found = sorted(containers, key=lambda c: (len(c.address), c.address))
        return cls(containers=tuple(found)) if found else None

    def __iter__(self) -> Iterator[Container]:
        return iter(self.containers)

    def __len__(self) -> int:
        return len(self.containers)

    @property
    def first(self) -> Container:
        """The one that stands for all where one is enough."""
        return self.containers[0]

    @property
    def name(self) -> str:
        """The first one's name."""
        return self.first.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every one's name."""
        return tuple(container.name for container in self.containers)

    @property
    def color(self) -> Color:
        """Their slot."""
        return self.first.color

    @property
    def version(self) -> str:
        """Their release's version."""
        return self.first.version

    @property
    def release_id(self) -> str:
        """Their release."""
        return self.first.release_id

    @property
    def image_id(self) -> str:
        """Their image."""
        return self.first.image_id

    @property
    def port(self) -> int:
        """The port that each listens on."""
        return self.first.port

    @property
    def reachable(self) -> bool:
        """Whether every one is on the app's network; one that was cut off it runs on, and no request can reach it."""
        return all(container.address for container in self.containers)

    @property
    def running(self) -> bool:
        """Whether any of them runs."""
        return any(container.running for container in self.containers)

    @property
    def servers(self) -> tuple[str, ...]:
        """Every one's `address:port`, as NGINX knows it."""
        return tuple(f"{container.address}:{container.port}" for container in self.containers)
