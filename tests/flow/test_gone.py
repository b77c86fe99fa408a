"""While both colors are hot the one answers for the other: should one be gone, what still runs is what serves, and goes on serving."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import CandidateFailed, Unreachable
from bluegreen.host import Answer
from bluegreen.model.ask import ShiftStep, TrafficAsk
from bluegreen.model.container import Container, RestartPolicy
from bluegreen.model.outcome import Result
from tests.flow.conftest import BRIEF, Stage


def _remove(stage: Stage, version: str) -> None:
    """As by `docker rm -f`."""
    containers = stage.host.world.containers
    containers.pop(next(c.id for c in containers.values() if c.version == version))


def _release_that_fails(stage: Stage, survivor: str) -> None:
    """A deployment that recovers first, and then has nothing better than what serves."""
    stage.apps["v3"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed) as caught:
        stage.deploy("v3", traffic=BRIEF)
    assert f"myexample-{survivor} serves all traffic" in caught.value.state
    assert (stage.serving(), stage.running()) == ({survivor: 100}, [f"myexample-{survivor}"])
    assert stage.nobody_was_dropped()
    stage.apps["v3"].answer = Answer(status=200)
    assert stage.deploy("v3", traffic=BRIEF).previous_version == survivor
    assert stage.nobody_was_dropped()


@pytest.mark.parametrize("share", [10, 70])
@pytest.mark.parametrize("gone", ["v1", "v2"])
def test_one_of_the_two_was_removed_during_a_pause(v1_live: Stage, share: int, gone: str) -> None:
    """Whatever its share was, the other has all of it from now on, and is neither stopped nor removed."""
    paused = TrafficAsk(steps=(ShiftStep(share=share, hold=1, pause=True),), watch=1)
    assert v1_live.deploy("v2", traffic=paused).result is Result.PAUSED
    _remove(v1_live, gone)
    survivor, color = ("v2", "green") if gone == "v1" else ("v1", "blue")
    assert any(f"all of the traffic goes to the {color} release" in step.text for step in v1_live.plan("v3").steps)
    assert v1_live.serving() == {survivor: 100}
    assert v1_live.status().live_version == survivor
    _release_that_fails(v1_live, survivor)
    assert any(f"the {color} one has all of it now" in said for said in v1_live.tell.said)


def _crashing(stage: Stage, version: str) -> Container:
    """It ended, and Docker will start it again."""
    containers = stage.host.world.containers
    container = next(c for c in containers.values() if c.version == version)
    containers[container.id] = replace(container, running=False, restarting=True, pid=0, exit_code=1)
    return containers[container.id]


@pytest.mark.parametrize("cut", ["", "settle"])
def test_a_release_that_crashes_again_and_again_ends_with_its_successor(v1_live: Stage, cut: str) -> None:
    """The mended release takes its place; it is kept for a rollback like any other, stopped, and no reboot starts it."""
    world = v1_live.host.world
    old = _crashing(v1_live, "v1")
    world.faults[cut] = [Unreachable("cut")]
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    if cut:
        v1_live.cleanup()
    assert v1_live.serving() == {"v2": 100}
    assert world.restart[old.id] is RestartPolicy.NO
    assert not world.containers[old.id].restarting
    assert v1_live.stopped() == ["myexample-v1"]


def test_the_live_release_may_restart_while_the_host_is_looked_at(v1_live: Stage) -> None:
    """It is nobody's left-over: a deployment that fails leaves it to Docker, as it was."""
    old = _crashing(v1_live, "v1")
    v1_live.apps["v2"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        v1_live.deploy("v2")
    assert v1_live.host.world.restart[old.id] is RestartPolicy.UNLESS_STOPPED
    assert v1_live.host.world.containers[old.id].restarting


@pytest.mark.parametrize("removed", [True, False])
def test_the_new_release_ended_before_its_deployment_left_hot(v1_live: Stage, *, removed: bool) -> None:
    """Committed, then its runner died, then it ended too: its users are with the old release, which was never stopped."""
    world = v1_live.host.world
    world.faults["settle"] = [Unreachable("cut")]
    v1_live.deploy("v2", traffic=BRIEF)
    new, old = (next(c for c in world.containers.values() if c.version == version) for version in ("v2", "v1"))
    world.containers[old.id] = replace(old, running=True, pid=7)
    if removed:
        _remove(v1_live, "v2")
    else:
        world.containers[new.id] = replace(new, running=False, pid=0, exit_code=1)
    assert v1_live.serving() == {"v1": 100}
    _release_that_fails(v1_live, "v1")
