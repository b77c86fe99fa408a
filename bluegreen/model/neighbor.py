"""A neighbor is somebody else's container on the host; an adopted app is one that serves our users until our first release does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Adopted", "Neighbor", "Published", "stop_command"]

_EVERY_ADDRESS = ("0.0.0.0", "::", "", "[::]")  # noqa: S104 - Docker's spellings, which we only read


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A TCP port of a container that is published on the host."""

    address: str
    port: int
    container_port: int

    @property
    def everywhere(self) -> bool:
        """Whether it is published on every address of the host."""
        return self.address in _EVERY_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A running container that is not ours. `service` is compose's word for it, empty outside a compose project.

    `addresses` are those on its networks, none for one in the host's own; `ports` are the TCP ports it exposes, published or not.
    """

    name: str
    id: str = ""
    service: str = ""
    published: tuple[Published, ...] = ()
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    image_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An app that is not ours and has the traffic: where it answers, what to call it, and how its owner would stop it."""

    address: str
    port: int
    name: str
    stop: str

    @property
    def place(self) -> str:
        """Address and port, as NGINX spells them."""
        return f"{self.address}:{self.port}"

    @property
    def servers(self) -> tuple[str, ...]:
        """The same as a release has them."""
        return (self.place,)


def stop_command(name: str) -> str:
    """How its owner stops a container for good: no reboot brings it back."""
    return f"docker update --restart no {name} && docker stop {name}"
