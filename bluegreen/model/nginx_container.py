"""The container in which the user's NGINX runs, as the engine shows it. It is the user's: it is read, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from bluegreen.model.neighbor import Published

__all__ = ["Mount", "NginxContainer", "nginx_command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What of the host lies where in the container."""

    inside: str
    host: str
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NginxContainer:
    """One moment of it. `state` is the engine's own word, empty when there is no container of that name; then `others` are those that run.

    `addresses` are its addresses by the network's name; `published` are its ports as the host has them.
    """

    name: str
    state: str = ""
    host_network: bool = False
    mounts: tuple[Mount, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    published: tuple[Published, ...] = ()
    others: tuple[str, ...] = ()

    def mount_of(self, path: str) -> Mount | None:
        """The mount that a path in the container belongs to; None where that is the container's own."""
        above = {str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)}
        return max((mount for mount in self.mounts if mount.inside in above), key=lambda mount: len(mount.inside), default=None)

    def on_host(self, path: str) -> str:
        """Where a path in the container lies on the host; empty where it is the container's own."""
        mount = self.mount_of(path)
        return str(PurePosixPath(mount.host) / PurePosixPath(path).relative_to(mount.inside)) if mount else ""

    def address(self, network: str) -> str:
        """Its address on that network; empty when it is not attached."""
        return dict(self.addresses).get(network, "")

    def published_at(self, port: int) -> tuple[str, ...]:
        """The host's addresses at which users find that port, in the engine's spelling."""
        return tuple(one.address for one in self.published if one.port == port)


def nginx_command(container: str) -> str:
    """What a person on the host types for `nginx`: with the name of its container, or with none for the host's own."""
    return f"docker exec {container} nginx" if container else "sudo nginx"
