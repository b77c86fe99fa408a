"""A plan tells what a deployment would do to this very host, and does none of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.model.ask import AppAsk
from bluegreen.model.color import Color, Split
from bluegreen.model.progress import Stage as Part
from bluegreen.model.site import InstalledSite
from tests.flow.conftest import SETTINGS, Stage, ask_for

_LOOKS = {"list", "site", "network", "problems"}
"""What a plan may ask of a host; the network is only looked for."""


def _texts(stage: Stage, version: str) -> str:
    return "\n".join(step.text for step in stage.plan(version).steps)


def test_a_plan_changes_nothing(v1_live: Stage) -> None:
    """Whatever it says, the host is what it was, and only questions were asked."""
    world = v1_live.host.world
    before = (dict(world.containers), world.routes, world.site, dict(world.releases), set(world.apps))
    v1_live.plan("v2")
    assert (dict(world.containers), world.routes, world.site, dict(world.releases), set(world.apps)) == before
    assert set(world.ops) <= _LOOKS


def test_a_first_deployment_tells_what_is_made(empty: Stage) -> None:
    """The network and the site; before Docker chose addresses the site shows where they will stand."""
    told = empty.plan("v1")
    assert (told.live_version, told.live_color, told.color, told.unchanged) == ("", None, Color.BLUE, False)
    assert told.addresses == ()
    assert told.creates == ("the Docker network bluegreen-myexample", "NGINX's site of the app")
    assert any("ADDRESS-OF-BLUE:8000" in line for line in told.diff)
    assert not empty.host.world.networked
    assert "all of the traffic at once" in _texts(empty, "v1")


def test_what_it_says_is_what_comes_of_it(v1_live: Stage) -> None:
    """The color, the container, the address, and that the site stays."""
    told = v1_live.plan("v2")
    outcome = v1_live.deploy("v2")
    assert (told.color, (told.container,)) == (outcome.color, outcome.containers)
    assert told.live_version == outcome.previous_version
    assert told.addresses == ("10.9.0.34:8000",)
    assert (told.diff, told.creates, told.problems) == ((), (), ())
    stages = [step.stage for step in told.steps]
    assert stages == sorted(stages, key=list(Part).index)  # type: ignore[arg-type]  # none is a repair
    v1_live.deploy("v3")
    assert "remove v2" in _texts(v1_live, "v4")


def test_the_live_release_is_unchanged(v1_live: Stage) -> None:
    """If the image is what it is on the host; another server name is then all that changes."""
    assert v1_live.plan("v1").unchanged
    assert v1_live.plan("v1").container == "myexample-v1"
    named = v1_live.plan("v1", traffic=replace(ask_for("v1").traffic, server_names=("example.org",)))
    assert named.unchanged
    assert any(line.startswith("+") and "example.org" in line for line in named.diff)


def test_settings_that_differ_are_named_without_their_values(v1_live: Stage) -> None:
    """A variable's value may be a secret."""
    other = replace(SETTINGS, env=(("COLOR_OF_SKY", "hunter2"), ("NEW", "hunter3")), memory=2**29)
    told = v1_live.plan("v1", app=AppAsk(app="myexample", settings=other))
    assert not told.unchanged
    assert told.settings == ("env COLOR_OF_SKY", "env NEW", "memory")
    assert "hunter" not in repr(told)


def test_an_image_that_has_yet_to_be_built_leaves_it_open(v1_live: Stage) -> None:
    """It may turn out to be the live one; the port is taken from the live release."""
    told = v1_live.plan("v9")
    assert told.image_id == ""
    assert any("has yet to be built" in note for note in told.notes)
    assert told.addresses == ("10.9.0.34:8000",)


def test_what_an_earlier_deployment_left_is_repaired_first(v1_live: Stage) -> None:
    """But while a deployment is under way, that is its own business."""
    world = v1_live.host.world
    world.routes = replace(world.routes, armed=Split(green=30, hot=True))
    assert "died with the split at 030-hot" in _texts(v1_live, "v2")
    world.locked_by = "run 7"
    assert "died" not in _texts(v1_live, "v2")
    assert v1_live.plan("v2").lock_holder == "run 7"


@pytest.mark.parametrize("hindrance", ["edited", "conflict", "network", "sudo", "room"])
def test_what_would_stop_the_deployment_is_told_all_at_once(empty: Stage, hindrance: str) -> None:
    """A finding of the plan, not its failure."""
    world, host = empty.host.world, empty.host
    if hindrance == "edited":
        world.site = InstalledSite(text="by hand", edited=True)
    elif hindrance in {"conflict", "network"}:
        op = "problems" if hindrance == "conflict" else "network"
        world.networked = True
        world.faults[op] = [HostNotReady("in the way")]
    elif hindrance == "sudo":
        host.facts = replace(host.facts, prepared=False, sudo=False)
    else:
        host.facts = replace(host.facts, disk_free=1)
    told = empty.plan("v1")
    assert len(told.problems) == 1
    assert {"edited": "edited by hand", "sudo": "sudo -n true", "room": "disk:"}.get(hindrance, "in the way") in told.problems[0]
