"""The app's network: which addresses a subnet gives to each color, and what a network that is found means."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluegreen.errors import HostNotReady
from bluegreen.host.subnet import layout, read_network
from bluegreen.model.container import network_name

SUBNET = "172.18.0.0/16"


def found(*configs: dict[str, str], labels: dict[str, str] | None = None) -> dict[str, Any]:
    own = {"bluegreen.app": "shop"} if labels is None else labels
    return {"Id": "1", "Name": "bluegreen-shop", "Labels": own, "IPAM": {"Config": list(configs)}}


def made(subnet: str = SUBNET) -> dict[str, str]:
    return {"Subnet": subnet, "Gateway": layout(subnet).gateway, "IPRange": layout(subnet).others}


@pytest.mark.parametrize(("prefix", "replicas"), [(16, 16), (20, 16), (24, 16), (25, 16), (26, 15), (27, 7), (28, 3), (29, 1)])
def test_every_usual_subnet_has_room_for_both_colors(prefix: int, replicas: int) -> None:
    """Docker's pools are anything from /16 to small; each color gets the same number of addresses."""
    plan = layout(f"10.9.0.0/{prefix}")
    assert (len(plan.blue), len(plan.green)) == (replicas, replicas)


@settings(max_examples=40)
@given(st.integers(8, 29), st.integers(0, 2**29))
def test_ours_and_others_never_meet(prefix: int, which: int) -> None:
    """No address of ours is the network's, the gateway's, the broadcast, twice used, or one that Docker may give away."""
    net = IPv4Network(((which << (32 - prefix)) % 2**32, prefix))
    plan = layout(str(net))
    ours = [IPv4Address(text) for text in (plan.gateway, *plan.blue, *plan.green)]
    others = IPv4Network(plan.others)
    assert len(set(ours)) == len(ours)
    assert all(address in net and address not in {net.network_address, net.broadcast_address} for address in ours)
    assert others.subnet_of(net)
    assert not any(address in others for address in ours)


def test_addresses_do_not_move() -> None:
    """NGINX's configuration names them: another layout would mean a reload on every host."""
    plan = layout(SUBNET)
    assert (plan.gateway, plan.blue[0], plan.green[0], plan.others) == ("172.18.0.1", "172.18.0.2", "172.18.0.18", "172.18.128.0/17")


def test_a_subnet_without_room_is_refused() -> None:
    """A /30 holds a gateway and one container."""
    with pytest.raises(ValueError, match="room for 4 addresses"):
        layout("10.0.0.0/30")


def test_a_network_that_is_too_small_is_the_host_s_matter() -> None:
    """Its pools are configured by the host's owner."""
    with pytest.raises(HostNotReady) as refused:
        read_network("shop", found({"Subnet": "10.0.0.0/30", "IPRange": "10.0.0.2/31"}))
    assert "default-address-pools" in refused.value.todo + refused.value.means


def test_the_app_s_network_is_read_with_its_addresses() -> None:
    """What was made is found again with the same addresses."""
    network = read_network("shop", found(made()))
    assert network is not None
    assert network.name == network_name("shop") == "bluegreen-shop"
    assert network.subnet == SUBNET
    assert network.blue == layout(SUBNET).blue
    assert network.green == layout(SUBNET).green


def test_the_ipv4_subnet_is_used_where_docker_gives_two() -> None:
    """Engines with IPv6 pools put both into one network, in any order."""
    network = read_network("shop", found({"Subnet": "fd00:1::/64", "Gateway": "fd00:1::1"}, made("10.7.0.0/24")))
    assert network is not None
    assert network.subnet == "10.7.0.0/24"


@pytest.mark.parametrize("labels", [{}, {"bluegreen.app": "blog"}])
def test_a_network_of_another_owner_is_left_alone(labels: dict[str, str]) -> None:
    """Its name alone does not make it ours."""
    with pytest.raises(HostNotReady, match="bluegreen-shop"):
        read_network("shop", found(made(), labels=labels))


def test_a_half_made_network_is_noticed() -> None:
    """A deployment that died between the two makings left one without addresses set aside."""
    assert read_network("shop", found({"Subnet": SUBNET, "Gateway": "172.18.0.1"})) is None
