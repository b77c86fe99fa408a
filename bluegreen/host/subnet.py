"""The addresses of the app's own Docker network: which of a subnet's are whose, and what a network that is found means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from bluegreen.errors import HostNotReady
from bluegreen.model.container import Network

__all__ = ["Layout", "ipv4_config", "layout", "layout_of", "read_network"]

_REPLICAS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Who has which addresses of a subnet: ours in the lower half, all that Docker gives to others in the upper one."""

    gateway: str
    blue: tuple[str, ...]
    green: tuple[str, ...]
    others: str


def layout(subnet: str) -> Layout:
    """The layout of a subnet: up to 16 replicas a color. Raises ValueError when it is too small for one of each.

    The gateway is named because Docker would take the first address of the upper half for it, or of ours, depending on its version.
    """
    net = IPv4Network(subnet)
    if net.prefixlen > 29:  # a /30 has no room for a gateway and two colors below its half
        raise ValueError(f"{subnet} has room for {net.num_addresses} addresses, at least 8 are needed")
    first = int(net.network_address)
    half = net.num_addresses // 2
    replicas = min(_REPLICAS, (half - 2) // 2)

    def run(start: int) -> tuple[str, ...]:
        return tuple(str(IPv4Address(first + start + index)) for index in range(replicas))

    return Layout(
        gateway=str(IPv4Address(first + 1)),
        blue=run(2),
        green=run(2 + replicas),
        others=f"{IPv4Address(first + half)}/{net.prefixlen + 1}",
    )


def read_network(app: str, found: Mapping[str, Any]) -> Network | None:
    """The network as the engine shows it; None for one that was left half made.

    Raises `HostNotReady` when it is not this app's, or cannot serve.
    """
    name = str(found["Name"])
    if (found.get("Labels") or {}).get("bluegreen.app") != app:
        raise HostNotReady(
            f"The host has a Docker network '{name}' that no deployment of {app} made.",
            means="It lacks the label bluegreen.app, so it belongs to something else, and is left as it is.",
            todo=f"Rename it, or remove it with `docker network rm {name}`, or deploy under another name with the input app.",
        )
    config = ipv4_config(found)
    if not config or not config.get("IPRange"):
        return None
    plan = layout_of(name, str(config["Subnet"]))
    return Network(name=name, subnet=str(config["Subnet"]), blue=plan.blue, green=plan.green, gateway=plan.gateway)


def ipv4_config(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The IPv4 part of a network's address configuration: one made by an engine with IPv6 pools has two."""
    configs: Sequence[Mapping[str, Any]] = (found.get("IPAM") or {}).get("Config") or ()
    return next((config for config in configs if ":" not in str(config.get("Subnet", ":"))), None)


def layout_of(name: str, subnet: str) -> Layout:
    """The layout of a network's subnet. Raises `HostNotReady` when that is too small."""
    try:
        return layout(subnet)
    except ValueError as error:
        raise HostNotReady(
            f"The network {name} is too small: {error}.",
            means="Docker's default-address-pools on this host give out very small subnets.",
            todo='Give /etc/docker/daemon.json pools with a larger "size" (24 is a /24), restart Docker and deploy again.',
        ) from error
