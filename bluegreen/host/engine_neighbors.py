"""Reads the containers of others from the engine's list of all: an app to adopt is one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bluegreen.host.engine_read import LABEL
from bluegreen.model.neighbor import Neighbor, Published

__all__ = ["listed_neighbor", "published_ports"]


def listed_neighbor(found: Mapping[str, Any]) -> Neighbor | None:
    """A running container from the list; None for one of ours."""
    labels = found.get("Labels") or {}
    if f"{LABEL}app" in labels:
        return None
    names = [str(name).lstrip("/") for name in found.get("Names") or ()]
    ports = [port for port in found.get("Ports") or () if port.get("Type") == "tcp"]
    networks = ((found.get("NetworkSettings") or {}).get("Networks") or {}).values()
    return Neighbor(
        # A link from another container adds names of the form other/alias.
        name=next((name for name in names if "/" not in name), ""),
        id=str(found.get("Id", "")),
        service=str(labels.get("com.docker.compose.service", "")),
        published=tuple(
            Published(address=str(port.get("IP", "")), port=int(port["PublicPort"]), container_port=int(port["PrivatePort"]))
            for port in ports
            if port.get("PublicPort")
        ),
        addresses=tuple(str(end["IPAddress"]) for end in networks if end.get("IPAddress")),
        ports=tuple(sorted({int(port["PrivatePort"]) for port in ports})),
        image_id=str(found.get("ImageID", "")),
    )


def published_ports(bindings: Mapping[str, Any] | None) -> Iterator[Published]:
    """The published TCP ports of a container, as its own description tells them: by the port inside, where each is on the host."""
    for inner, ends in (bindings or {}).items():
        port, _, kind = str(inner).partition("/")
        for end in ends or () if kind in {"tcp", ""} else ():
            if str(end.get("HostPort", "")).isdigit():
                yield Published(address=str(end.get("HostIp", "")), port=int(end["HostPort"]), container_port=int(port))
