"""Adoption: which running app `adopt` means, and where NGINX finds it."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.errors import HostNotReady
from bluegreen.model.neighbor import Adopted, Neighbor, Published, stop_command
from bluegreen.model.observed import Observed

__all__ = ["adopted_place", "container_of_adopted", "find_adopted", "was_deployed"]

_LOOPBACK = "127.0.0.1"
_ORIGIN = "`adopt` names the app that serves until the first release does: `HOST:PORT`, or the name of its container."


def was_deployed(observed: Observed) -> bool:
    """Whether a release of this app serves, or ever did: then there is nothing to adopt."""
    return observed.live is not None or any(release.committed_at for release in observed.releases)


def adopted_place(observed: Observed) -> str:
    """Where the installed site sends everything, if that is an app that an earlier deployment adopted."""
    site = observed.site
    if observed.routes.committed is None or site is None or site.adopted is None or site.adopted[0] is not observed.live_color:
        return ""
    return site.adopted[1]


def find_adopted(reference: str, neighbors: Iterable[Neighbor], container_port: int) -> Adopted:
    """The app that `HOST:PORT` or a container's name stands for. Raises `HostNotReady` when NGINX could not reach it.

    `container_port` decides between several ports of a container; 0 where it is not known.
    """
    all_ = tuple(neighbors)
    named = container_of_adopted(reference, all_)
    host, colon, port = reference.rpartition(":")
    if colon:
        return _at(host, int(port), named)
    if named is None:
        running = ", ".join(sorted(one.name for one in all_)) or "none"
        raise HostNotReady(
            f"There is no container called {reference} that runs on the host.",
            means=f"{_ORIGIN} Other apps' running containers: {running}.",
            todo="Correct `adopt`.",
        )
    return _at(*_reach(named, container_port), named)


def container_of_adopted(reference: str, neighbors: Iterable[Neighbor]) -> Neighbor | None:
    """The container that serves at `HOST:PORT`, or has that name; None when there is none: the app may be no container at all."""
    host, colon, port = reference.rpartition(":")
    return next((one for one in neighbors if (_publishes(one, host, int(port)) if colon else one.name == reference)), None)


def _at(host: str, port: int, neighbor: Neighbor | None) -> Adopted:
    if neighbor is None:
        return Adopted(address=host, port=port, name=f"the app at {host}:{port}", stop=f"sudo ss -ltnp 'sport = :{port}'")
    return Adopted(address=host, port=port, name=neighbor.name, stop=stop_command(neighbor.name))


def _publishes(neighbor: Neighbor, host: str, port: int) -> bool:
    if host in neighbor.addresses:
        return port in neighbor.ports
    return any(one.port == port and (one.everywhere or one.address == host) for one in neighbor.published)


def _reach(neighbor: Neighbor, container_port: int) -> tuple[str, int]:
    """A published port, which stays the same when the container is made anew; else its own address."""
    published = _only(neighbor.published, container_port)
    if published is not None:
        return _LOOPBACK if published.everywhere else published.address, published.port
    port = container_port if container_port in neighbor.ports else neighbor.ports[0] if len(neighbor.ports) == 1 else 0
    if neighbor.published or not port:
        seen = ", ".join(str(one.container_port) for one in neighbor.published) or ", ".join(map(str, neighbor.ports)) or "none"
        raise HostNotReady(
            f"It cannot be told on which port {neighbor.name} serves: its ports are {seen}.",
            means=_ORIGIN,
            todo="Name the port with `container-port`, or write `adopt` as HOST:PORT, as your NGINX has it in `proxy_pass`.",
        )
    return (neighbor.addresses[0] if neighbor.addresses else _LOOPBACK), port


def _only(published: tuple[Published, ...], container_port: int) -> Published | None:
    usable = [one for one in published if ":" not in one.address or one.everywhere]
    meant = [one for one in usable if one.container_port == container_port] or usable
    return meant[0] if len({one.port for one in meant}) == 1 else None
