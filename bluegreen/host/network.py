"""The app's own Docker network, whose containers have addresses that NGINX can know beforehand.

Docker gives a fixed address only on a subnet that we name. So Docker chooses a free one first; we read it, and make the network again
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import docker
import docker.errors
import docker.types
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_incrementing

from bluegreen.errors import HostNotReady
from bluegreen.host.subnet import ipv4_config, layout_of, read_network
from bluegreen.model.container import Network, network_name

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["ensure_network", "find_network"]

_PATIENCE = 3.0
# Docker 20.10 says the second where the other network has the whole subnet and ours would have set a part of it aside.
_TAKEN = ("overlap", "failed to allocate gateway")


def find_network(api: APIClient, app: str) -> Network | None:
    """The app's network as it is; None when it is missing or half made. Raises `HostNotReady` when the name is somebody else's."""
    found = _inspected(api, app)
    return read_network(app, found) if found is not None else None


def _inspected(api: APIClient, app: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = api.inspect_network(network_name(app))
    except docker.errors.NotFound:
        return None
    return found


def ensure_network(api: APIClient, app: str, pause: Callable[[float], None]) -> Network:
    """The app's network, made when it is missing or half made. One round trip when it is there; `pause` waits between tries."""
    found = _inspected(api, app)
    if found is not None:
        network = read_network(app, found)
        if network is not None:
            return network
        _remove_half_made(api, found)
    while_taken = Retrying(
        retry=retry_if_exception(_taken), wait=wait_incrementing(0.2, 0.2), stop=stop_after_delay(_PATIENCE), sleep=pause, reraise=True
    )
    return while_taken(lambda: _make(api, app, _free_subnet(api, app)))


def _taken(error: BaseException) -> bool:
    """Whether another app, or anybody, has taken the subnet between our removing the first network and making it again."""
    return isinstance(error, docker.errors.APIError) and any(words in str(error.explanation).lower() for words in _TAKEN)


def _make(api: APIClient, app: str, subnet: str) -> Network:
    name = network_name(app)
    plan = layout_of(name, subnet)
    pool = docker.types.IPAMPool(subnet=subnet, iprange=plan.others, gateway=plan.gateway)
    _create(api, app, docker.types.IPAMConfig(pool_configs=[pool]))
    return Network(name=name, subnet=subnet, blue=plan.blue, green=plan.green, gateway=plan.gateway)


def _free_subnet(api: APIClient, app: str) -> str:
    """A subnet that Docker says is free: the one it gives to a network that is made and removed here."""
    name = network_name(app)
    try:
        made = _create(api, app, None)
    except docker.errors.APIError as error:
        raise HostNotReady(
            f"Docker would not make the network {name}: {error.explanation}",
            means="Often all of Docker's address pools are in use." if "pool" in str(error.explanation).lower() else "",
            todo="Remove unused networks with `docker network prune`, or widen default-address-pools in /etc/docker/daemon.json.",
        ) from error
    try:
        config = ipv4_config(api.inspect_network(made))
    finally:
        api.remove_network(made)
    if not config:
        raise HostNotReady(
            f"Docker gave the network {name} no IPv4 subnet.",
            means="NGINX is told the containers' IPv4 addresses.",
            todo="Add an IPv4 pool to default-address-pools in /etc/docker/daemon.json.",
        )
    return str(config["Subnet"])


def _create(api: APIClient, app: str, ipam: docker.types.IPAMConfig | None) -> str:
    made = api.create_network(network_name(app), driver="bridge", ipam=ipam, check_duplicate=True, labels={"bluegreen.app": app})
    return str(made["Id"])


def _remove_half_made(api: APIClient, found: Mapping[str, Any]) -> None:
    """A deployment that died between the two makings left a network on which Docker refuses fixed addresses."""
    holders = sorted(str(each.get("Name")) for each in (found.get("Containers") or {}).values())
    if holders:
        raise HostNotReady(
            f"The network {found['Name']} has no addresses set aside for the app, and {', '.join(holders)} uses it.",
            todo=f"Disconnect it with `docker network disconnect {found['Name']} {holders[0]}` and deploy again.",
        )
    try:
        api.remove_network(str(found["Id"]))
    except docker.errors.NotFound:
        return
