"""Several containers of one release in one slot: they are proved, watched, drained and counted together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bluegreen.errors import CandidateFailed, HostNotReady, Unreachable, WentBack
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk
from bluegreen.model.container import RestartPolicy
from bluegreen.model.outcome import Result
from tests.flow.conftest import BRIEF, SETTINGS, Stage

TWO: dict[str, Any] = {"app": AppAsk(app="myexample", settings=replace(SETTINGS, replicas=2))}


def in_site(stage: Stage) -> list[bool]:
    """Whether the site names blue's two servers and green's two."""
    site = stage.host.world.site
    assert site is not None
    return [f"{address}:8000" in site.text for address in ("10.9.0.2", "10.9.0.3", "10.9.0.34", "10.9.0.35")]


def test_two_replicas_take_the_place_of_one(v1_live: Stage) -> None:
    """Both run, both are in the site and in the outputs, both outlive a reboot; the old one is drained and kept."""
    outcome = v1_live.deploy("v2", **TWO)
    assert outcome.containers == ("myexample-v2", "myexample-v2_2")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v2", "myexample-v2_2"], ["myexample-v1"])
    assert in_site(v1_live) == [True, False, True, True]
    world = v1_live.host.world
    assert {world.restart[c.id] for c in world.containers.values() if c.running} == {RestartPolicy.UNLESS_STOPPED}
    assert v1_live.nobody_was_dropped()


def test_one_takes_the_place_of_two_and_rollback_brings_both_back(v1_live: Stage) -> None:
    """The number is the release's own: a rollback restores it."""
    v1_live.deploy("v2", **TWO)
    v1_live.deploy("v3")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v3"], ["myexample-v2", "myexample-v2_2"])
    assert v1_live.rollback().result is Result.ROLLED_BACK
    assert len(v1_live.running()) == 2
    assert v1_live.serving() == {"v2": 100}
    assert v1_live.nobody_was_dropped()


def test_the_site_changes_only_when_the_number_does(v1_live: Stage) -> None:
    """Each slot's servers are named once; from then on two after two reload nothing."""
    v1_live.deploy("v2", **TWO)
    v1_live.deploy("v3", **TWO)
    site = v1_live.host.world.site
    v1_live.deploy("v4", **TWO)
    v1_live.deploy("v5", **TWO)
    assert v1_live.host.world.site == site


@pytest.mark.parametrize("ill", ["-v2", "_2"])
def test_one_replica_that_fails_its_probe_fails_the_candidate(v1_live: Stage, ill: str) -> None:
    """Exit 7, which one it was, and none of them is left."""
    v1_live.apps["v2"].answer, v1_live.apps["v2"].ill = Answer(status=500), ill
    with pytest.raises(CandidateFailed, match=f"{ill} failed its probe"):
        v1_live.deploy("v2", **TWO)
    assert v1_live.running() == ["myexample-v1"]
    assert v1_live.serving() == {"v1": 100}


def test_one_replica_that_exits_in_the_shift_takes_all_traffic_back(v1_live: Stage) -> None:
    """Exit 8: half a release is none; the evidence is the log of the one that ended."""
    v1_live.apps["v2"].exits, v1_live.apps["v2"].exit_after, v1_live.apps["v2"].ill = 3, 12.0, "_2"
    with pytest.raises(WentBack, match="myexample-v2_2 misbehaved"):
        v1_live.deploy("v2", **TWO)
    assert any("myexample-v2_2" in title for title in v1_live.tell.proof)
    assert v1_live.running() == ["myexample-v1"]
    assert v1_live.serving() == {"v1": 100}


def test_the_same_again_is_unchanged_until_a_replica_is_missing(v1_live: Stage) -> None:
    """Deploying the same thing again makes a release whole that somebody stopped a part of."""
    v1_live.deploy("v2", **TWO)
    assert v1_live.deploy("v2", **TWO).result is Result.UNCHANGED
    world = v1_live.host.world
    lost = next(c for c in world.containers.values() if c.running and c.name.endswith("_2"))
    world.containers[lost.id] = replace(lost, running=False)
    assert v1_live.deploy("v2", **TWO).result is Result.DEPLOYED
    assert len(v1_live.running()) == 2
    assert v1_live.nobody_was_dropped()


def test_more_replicas_than_the_network_holds_are_refused(v1_live: Stage) -> None:
    """Before anything is created."""
    with pytest.raises(HostNotReady, match="2 replicas"):
        v1_live.deploy("v2", app=AppAsk(app="myexample", settings=replace(SETTINGS, replicas=3)))
    assert v1_live.running() == ["myexample-v1"]


def test_whenever_the_connection_is_cut_no_replica_is_forgotten(new_stage: Callable[[], Stage]) -> None:
    """Every single operation of a deployment of two over two is the last that gets through, once."""
    reference = new_stage()
    reference.deploy("v1", **TWO, traffic=BRIEF)
    start = len(reference.host.world.ops)
    reference.deploy("v2", **TWO, traffic=BRIEF)
    for cut in range(start + 1, len(reference.host.world.ops) + 1):
        stage = new_stage()
        stage.deploy("v1", **TWO, traffic=BRIEF)
        stage.host.world.log_of_moves.clear()
        stage.host.world.cut_at = cut
        try:
            stage.deploy("v2", **TWO, traffic=BRIEF)
        except Unreachable:
            assert stage.serving() in ({"v1": 100}, {"v2": 100}), reference.host.world.ops[cut - 1]
        stage.host.world.cut_at = 0
        stage.deploy("v3", traffic=BRIEF)
        assert stage.serving() == {"v3": 100}
        assert stage.running() == ["myexample-v3"]
        assert stage.nobody_was_dropped(), reference.host.world.ops[cut - 1]
