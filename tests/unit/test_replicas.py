"""What a number of replicas decides: room, addresses, the site's servers, and which release is which."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from bluegreen.decide.plan import make_plan
from bluegreen.decide.site_spec import site_spec
from bluegreen.errors import HostNotReady
from bluegreen.model.color import Color, Split
from bluegreen.model.observed import Observed, Routes
from bluegreen.model.release import Settings
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import InstalledSite
from tests.unit.test_decide import ASK, NETWORK, container_of, release_of

TWO = replace(release_of("v2"), settings=Settings(container_port=8000, replicas=2))


def test_a_release_with_another_number_of_replicas_leaves_the_other_slot_as_it_is() -> None:
    """The site names two servers for two replicas, and for the live release the one that it has."""
    live = container_of("v1", Color.BLUE)
    observed = Observed(routes=Routes(committed=Split(green=0), armed=None), containers=(live,), releases=())
    plan = make_plan(observed, TWO, NETWORK)
    assert plan.addresses == NETWORK.green
    candidate = Replicas(containers=tuple(container_of("v2", Color.GREEN, address=address) for address in plan.addresses))
    spec = site_spec(ASK, plan, candidate, None, (1, 22, 1), ipv6=True)
    assert (spec.blue, spec.green) == (("10.9.0.2:8000",), ("10.9.0.34:8000", "10.9.0.35:8000"))
    named = InstalledSite(text="server 10.9.0.34:8000;\nserver 10.9.0.35:8000;", edited=False)
    again = site_spec(ASK, plan, Replicas(containers=(live,)), named, (1, 22, 1), ipv6=True)
    assert again == spec


def test_more_replicas_than_the_network_has_addresses_are_refused() -> None:
    """With both numbers, and before anything is created."""
    nothing = Observed(routes=Routes(committed=None, armed=None), containers=(), releases=())
    with pytest.raises(HostNotReady, match="addresses for 2 replicas of a release, not for 3"):
        make_plan(nothing, replace(TWO, settings=Settings(container_port=8000, replicas=3)), NETWORK)


def test_a_release_that_lacks_a_replica_is_not_unchanged() -> None:
    """Deploying it again makes it whole."""
    both = tuple(container_of("v2", release_id=TWO.id, id=address, address=address) for address in NETWORK.blue)
    whole = Observed(routes=Routes(committed=Split(green=0), armed=None), containers=both, releases=(TWO,))
    assert make_plan(whole, TWO, NETWORK).unchanged
    assert not make_plan(replace(whole, containers=both[:1]), TWO, NETWORK).unchanged


def test_the_first_replica_is_first_whatever_the_engine_lists_first() -> None:
    """It stands for all: by its name they go, and it has the lowest address."""
    addresses = ("10.9.0.10", "10.9.0.9", "10.9.0.11")
    replicas = Replicas.of(container_of(address, address=address) for address in addresses)
    assert replicas is not None
    assert replicas.names == ("10.9.0.9", "10.9.0.10", "10.9.0.11")


def test_a_setting_at_its_default_makes_no_other_release() -> None:
    """A later version of ours with one more setting finds the digest of what runs already."""
    told = json.dumps({"container_port": 80, "memory": 5}, sort_keys=True)
    assert Settings(container_port=80, memory=5).digest == hashlib.sha256(told.encode()).hexdigest()[:12]
    assert Settings(container_port=80, memory=5, replicas=2).digest != Settings(container_port=80, memory=5).digest
