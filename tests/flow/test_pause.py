"""A deployment that pauses ends its run and keeps its share, until another command promotes it or aborts it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from bluegreen.errors import BlueGreenError, HostNotReady, NothingPaused, Paused, Unreachable, Withdrawn
from bluegreen.model.ask import ShiftStep, TrafficAsk
from bluegreen.model.color import Split
from bluegreen.model.outcome import Result
from tests.flow.conftest import BRIEF, PAUSING, Stage

TEN = {"v1": 90, "v2": 10}


def test_a_pause_ends_the_run_and_keeps_the_share(paused: Stage) -> None:
    """Both releases serve, nobody holds the lock, and a reboot changes nothing: the share is committed."""
    world = paused.host.world
    assert (paused.serving(), world.locked_by) == (TEN, "")
    assert world.routes.committed == Split(green=10, hot=True)
    paused.reboot()
    assert (paused.serving(), paused.running()) == (TEN, ["myexample-v1", "myexample-v2"])


def test_the_outcome_says_who_has_what(v1_live: Stage) -> None:
    """The new version and its share, and what serves the rest."""
    outcome = v1_live.deploy("v2", traffic=PAUSING)
    assert (outcome.version, outcome.previous_version, outcome.share) == ("v2", "v1", 10)
    assert outcome.containers == ("myexample-v2",)


@pytest.mark.parametrize("command", ["deploy", "rollback", "cleanup"])
def test_it_blocks_whatever_else_would_change_the_app(paused: Stage, command: str) -> None:
    """Exit code 5, with a message that names it; recovery, which runs before, leaves it alone."""
    run: dict[str, Callable[[], object]] = {
        "deploy": lambda: paused.deploy("v3"), "rollback": paused.rollback, "cleanup": paused.cleanup,
    }  # fmt: skip
    with pytest.raises(Paused, match="myexample-v2 has 10 % of the requests since") as caught:
        run[command]()
    assert caught.value.exit_code == 5
    assert "promote" in caught.value.todo
    assert (paused.serving(), paused.running()) == (TEN, ["myexample-v1", "myexample-v2"])
    assert any("paused" in problem for problem in paused.plan("v3").problems)


def test_a_first_deployment_says_that_it_does_not_pause(empty: Stage) -> None:
    """Nobody shares the traffic with it; it is live, and the next one pauses. A plan says so before."""
    assert any("nothing to share the traffic with" in note for note in empty.plan("v1", traffic=PAUSING).notes)
    assert empty.deploy("v1", traffic=PAUSING).result is Result.DEPLOYED
    assert [warning for warning in empty.tell.warnings if "No pause at 10 %" in warning] == empty.tell.warnings[:1] != []
    assert empty.serving() == {"v1": 100}
    foreseen = empty.plan("v2", traffic=PAUSING)
    assert any("10 % for 1 s, and pause there" in step.text for step in foreseen.steps)
    assert not any("pause" in note for note in foreseen.notes)
    assert empty.deploy("v2", traffic=PAUSING).result is Result.PAUSED


def test_promote_goes_on_with_the_steps_that_are_left(paused: Stage) -> None:
    """From 10 % upwards, never below; then it is live like any other, and v1 is kept."""
    outcome = paused.promote(traffic=PAUSING)
    assert [served.get("v2", 0) for _, served in paused.host.world.log_of_moves] == [50, 100, 100]
    assert (outcome.result, outcome.version, outcome.previous_version) == (Result.DEPLOYED, "v2", "v1")
    assert "create" not in paused.host.world.ops
    assert (paused.running(), paused.stopped()) == (["myexample-v2"], ["myexample-v1"])
    assert paused.nobody_was_dropped()
    assert paused.rollback().version == "v1"


def test_promote_after_a_reboot(paused: Stage) -> None:
    """Another job, another day."""
    paused.reboot()
    assert paused.promote(traffic=PAUSING).result is Result.DEPLOYED
    assert paused.serving() == {"v2": 100}


def test_it_may_pause_again_beyond_one_half(paused: Stage) -> None:
    """Which release is the candidate does not depend on who has more."""
    again = TrafficAsk(steps=(*PAUSING.steps[:1], ShiftStep(share=70, hold=1, pause=True)), watch=5)
    assert paused.promote(traffic=again).share == 70
    paused.reboot()
    with pytest.raises(Paused, match="myexample-v2 has 70 %"):
        paused.deploy("v3")
    assert paused.abort().version == "v1"
    assert paused.serving() == {"v1": 100}


def test_abort_leaves_things_as_they_were(paused: Stage) -> None:
    """All traffic on v1, v2 gone with its recipe; drained before it is stopped; the same v2 may be deployed again."""
    outcome = paused.abort()
    assert (outcome.result, outcome.version, outcome.removed) == (Result.ABORTED, "v1", ("myexample-v2",))
    assert (paused.serving(), paused.running(), paused.stopped()) == ({"v1": 100}, ["myexample-v1"], [])
    assert [release.version for release in paused.host.world.releases.values()] == ["v1"]
    assert paused.nobody_was_dropped()
    assert paused.deploy("v2").result is Result.DEPLOYED


@pytest.mark.parametrize("command", ["promote", "abort"])
def test_without_a_paused_deployment_there_is_nothing_to_decide(v1_live: Stage, command: str) -> None:
    """Exit code 9, nothing touched."""
    with pytest.raises(NothingPaused) as caught:
        (v1_live.promote if command == "promote" else v1_live.abort)()
    assert caught.value.exit_code == 9
    assert v1_live.serving() == {"v1": 100}


def _run(stage: Stage, command: str) -> None:
    if command == "pause":
        stage.deploy("v2", traffic=PAUSING)
    elif command == "promote":
        stage.promote(traffic=PAUSING)
    else:
        stage.abort()


@pytest.mark.parametrize("command", ["pause", "promote", "abort"])
def test_whenever_the_connection_is_cut_users_are_served_and_somebody_can_decide(new_stage: Callable[[], Stage], command: str) -> None:
    """Every operation is the last that gets through, once; then it is either as before, or done, or paused, and never stuck."""
    cut, done = 0, False
    while not done:
        cut += 1
        stage = new_stage()
        stage.deploy("v1", traffic=BRIEF)
        if command != "pause":
            stage.deploy("v2", traffic=PAUSING)
        world = stage.host.world
        world.log_of_moves.clear()
        world.cut_at = len(world.ops) + cut
        with suppress(Unreachable):
            _run(stage, command)
        done = len(world.ops) < world.cut_at
        world.cut_at = 0
        assert stage.serving() in (TEN, {"v1": 100}, {"v2": 100}), world.ops[-1]
        stage.reboot()
        try:
            stage.deploy("v3", traffic=BRIEF)
        except Paused:
            stage.abort()
            stage.deploy("v3", traffic=BRIEF)
        assert (stage.serving(), stage.running()) == ({"v3": 100}, ["myexample-v3"]), world.ops[-1]
        assert stage.nobody_was_dropped()


@pytest.mark.parametrize("op", ["settle", "connections", "stop", "remove", "forget"])
def test_an_abort_that_fails_can_be_done_again_by_whatever_comes_next(paused: Stage, op: str) -> None:
    """Traffic first: users are on v1, or both serve as before; the next deployment clears up."""
    paused.host.world.faults[op] = [HostNotReady(f"{op} failed")]
    with pytest.raises(BlueGreenError, match=f"{op} failed"):
        paused.abort()
    assert paused.serving() == (TEN if op == "settle" else {"v1": 100})
    if op == "settle":
        paused.abort()
    assert paused.deploy("v3").result is Result.DEPLOYED
    assert paused.running() == ["myexample-v3"]
    assert paused.nobody_was_dropped()


@pytest.fixture
def rolling_back(v1_live: Stage) -> Stage:
    """A host on which a rollback to v1, which is kept in a stopped container, is paused beside v2."""
    v1_live.deploy("v2")
    assert v1_live.rollback(traffic=PAUSING).result is Result.PAUSED
    assert v1_live.serving() == {"v1": 10, "v2": 90}
    return v1_live


def test_a_paused_rollback_is_promoted(rolling_back: Stage) -> None:
    """Only its new container is proved, not the kept one beside it; v2 is rolled back then, and does not come back by itself."""
    assert rolling_back.promote(traffic=PAUSING).result is Result.ROLLED_BACK
    assert rolling_back.serving() == {"v1": 100}
    assert len(rolling_back.running()) == 1
    assert rolling_back.nobody_was_dropped()
    with pytest.raises(Withdrawn):
        rolling_back.deploy("v2")


def test_a_paused_rollback_is_aborted(rolling_back: Stage) -> None:
    """v1 is kept as before, container and recipe, so the way back is still there."""
    assert rolling_back.abort().version == "v2"
    assert (rolling_back.serving(), rolling_back.running(), rolling_back.stopped()) == ({"v2": 100}, ["myexample-v2"], ["myexample-v1"])
    assert rolling_back.rollback().version == "v1"
