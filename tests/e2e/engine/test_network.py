"""The app's network on a real engine: fixed addresses that nobody else gets, and networks that are not ours."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import docker
import docker.types
import pytest

from bluegreen.errors import HostNotReady
from bluegreen.host.clock import SystemClock
from bluegreen.host.engine import DockerEngine
from bluegreen.host.network import ensure_network
from bluegreen.host.subnet import layout
from tests.e2e.engine.room import Room


def test_the_network_is_made_once_and_gives_each_color_its_addresses(room: Room) -> None:
    """Docker gives other containers addresses of the upper half, so that ours stay free."""
    network = room.engine.network(room.app)
    assert room.engine.network(room.app) == network
    stranger = room.box.docker("run", "-d", "--network", network.name, "small:v1")
    address = room.box.docker("inspect", "-f", f'{{{{(index .NetworkSettings.Networks "{network.name}").IPAddress}}}}', stranger)
    assert IPv4Address(address) in IPv4Network(layout(network.subnet).others)
    blue, green = (room.start(name=name, address=where[0]) for name, where in (("one", network.blue), ("two", network.green)))
    assert (blue.address, green.address) == (network.blue[0], network.green[0])


def test_a_network_of_somebody_else_is_left_as_it_is(room: Room) -> None:
    """Its name is ours, but it is not."""
    room.box.docker("network", "create", f"bluegreen-{room.app}")
    before = room.box.docker("network", "inspect", f"bluegreen-{room.app}")
    with pytest.raises(HostNotReady, match=f"bluegreen-{room.app}"):
        room.engine.network(room.app)
    assert room.box.docker("network", "inspect", f"bluegreen-{room.app}") == before


def test_a_half_made_network_is_made_whole(room: Room) -> None:
    """What a deployment that died leaves behind stops no other."""
    room.box.docker("network", "create", "--label", f"bluegreen.app={room.app}", f"bluegreen-{room.app}")
    network = room.engine.network(room.app)
    assert room.start(address=network.blue[0]).address == network.blue[0]


def test_a_half_made_network_in_use_is_named_with_its_user(room: Room) -> None:
    """It cannot be removed under a container."""
    room.box.docker("network", "create", "--label", f"bluegreen.app={room.app}", f"bluegreen-{room.app}")
    room.box.docker("run", "-d", "--name", f"{room.app}-user", "--network", f"bluegreen-{room.app}", "small:v1")
    with pytest.raises(HostNotReady, match=f"{room.app}-user"):
        room.engine.network(room.app)


def test_two_apps_have_networks_that_do_not_meet(room: Room) -> None:
    """Neither can take the other's addresses."""
    one, other = room.engine.network(room.app), room.engine.network(f"{room.app}-b")
    assert not IPv4Network(one.subnet).overlaps(IPv4Network(other.subnet))


class _Rivals(docker.APIClient):
    """The engine on a crowded host: twice somebody takes the subnet in the moment in which we were about to."""

    met = 0

    def create_network(self, name: str, *more: Any, **words: Any) -> Any:
        """The rival first, where a subnet is named."""
        if words.get("ipam") and self.met < 2:
            self.met += 1
            pool = docker.types.IPAMPool(subnet=words["ipam"]["Config"][0]["Subnet"])
            super().create_network(f"{name}-rival-{self.met}", ipam=docker.types.IPAMConfig(pool_configs=[pool]))
        return super().create_network(name, *more, **words)


def test_a_subnet_that_somebody_took_meanwhile_is_left_to_him(room: Room) -> None:
    """Docker says that they overlap; the next free one is taken."""
    with closing(_Rivals(base_url=f"unix://{room.connection.docker_socket()}", version="1.41")) as api:
        network = ensure_network(api, room.app, time.sleep)
    assert api.met == 2
    assert room.engine.network(room.app) == network
    rivals = [f"bluegreen-{room.app}-rival-{number}" for number in (1, 2)]
    taken = [room.box.docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", rival) for rival in rivals]
    assert len({network.subnet, *taken}) == 3
    room.box.docker("network", "rm", *rivals)


def test_apps_that_are_set_up_at_the_same_moment_do_not_meet(room: Room) -> None:
    """Docker may give away a subnet between our reading and our making; then another one is taken."""

    def make(number: int) -> str:
        engine = DockerEngine(room.connection.docker_socket(), SystemClock(60), problem=room.connection.docker_problem)
        try:
            return engine.network(f"{room.app}-{number}").subnet
        finally:
            engine.close()

    with ThreadPoolExecutor(4) as pool:
        subnets = [IPv4Network(subnet) for subnet in pool.map(make, range(8))]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(subnets, 2))
