"""The host, the connection, the guardian or the runner fails: at every point users are served, and the next deployment succeeds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bluegreen.errors import (
    BlueGreenError,
    Cancelled,
    GuardianLost,
    HostNotReady,
    Locked,
    UndoFailed,
    Unreachable,
)
from bluegreen.model.outcome import Result
from tests.flow.conftest import BRIEF, Stage

BEFORE_COMMIT = ["network", "create", "created", "start", "watch_over", "get", "inspect", "logs", "site", "set_restart", "open_preview",
                 "arm", "proof", "preview", "knock", "seen", "save", "commit"]  # fmt: skip
AFTER_COMMIT = ["settle", "connections", "stop", "release_watch", "forget", "images", "remove"]


@pytest.mark.parametrize("op", BEFORE_COMMIT)
def test_a_fault_before_the_commit_leaves_the_old_release_serving(v1_live: Stage, op: str) -> None:
    """Whichever operation fails, v1 serves all traffic, the candidate is gone, the first error is told, and the next try succeeds."""
    v1_live.host.world.faults[op] = [HostNotReady(f"{op} failed")]
    with pytest.raises(BlueGreenError, match=f"{op} failed") as caught:
        v1_live.deploy("v2")
    assert caught.value.exit_code == HostNotReady.exit_code
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.nobody_was_dropped()
    v1_live.deploy("v2")
    assert v1_live.running() == ["myexample-v2"]
    assert v1_live.serving() == {"v2": 100}
    assert v1_live.nobody_was_dropped()


@pytest.mark.parametrize("op", AFTER_COMMIT)
def test_a_fault_after_the_commit_only_warns(v1_live: Stage, op: str) -> None:
    """The deployment succeeded: what cleaning up left undone is said, and the next deployment does it."""
    v1_live.deploy("v2")
    v1_live.host.world.faults[op] = [HostNotReady(f"{op} failed")]
    assert v1_live.deploy("v3").result is Result.DEPLOYED
    assert any(f"{op} failed" in warning for warning in v1_live.tell.warnings)
    assert v1_live.serving() == {"v3": 100}
    v1_live.deploy("v4")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v4"], ["myexample-v3"])
    assert v1_live.nobody_was_dropped()


def test_whenever_the_connection_is_cut_users_are_served_and_the_next_deployment_succeeds(new_stage: Callable[[], Stage]) -> None:
    """Every single operation of a deployment is the last that gets through, once."""
    reference = new_stage()
    reference.deploy("v1", traffic=BRIEF)
    start = len(reference.host.world.ops)
    reference.deploy("v2", traffic=BRIEF)
    for cut in range(start + 1, len(reference.host.world.ops) + 1):
        stage = new_stage()
        stage.deploy("v1", traffic=BRIEF)
        stage.host.world.log_of_moves.clear()
        stage.host.world.cut_at = cut
        try:
            stage.deploy("v2", traffic=BRIEF)
        except Unreachable:
            assert stage.serving() in ({"v1": 100}, {"v2": 100}), reference.host.world.ops[cut - 1]
        else:
            assert stage.serving() == {"v2": 100}
        stage.host.world.cut_at = 0
        stage.deploy("v3", traffic=BRIEF)
        assert stage.serving() == {"v3": 100}
        assert stage.running() == ["myexample-v3"]
        assert stage.nobody_was_dropped(), reference.host.world.ops[cut - 1]


@pytest.mark.parametrize("op", ["arm", "proof", "commit", "mark", "record", "connections", "look"])
def test_a_lost_guardian_is_replaced_and_recovery_follows(v1_live: Stage, op: str) -> None:
    """The deployment stops, but not before another guardian has put the host right. Once it has committed it has succeeded, and says so."""
    v1_live.host.world.faults[op] = [GuardianLost("The guardian has ended.")]
    if op in {"mark", "record", "connections"}:
        assert v1_live.deploy("v2").result is Result.DEPLOYED
        assert v1_live.serving() == {"v2": 100}
        assert any("myexample-v2 is live, but cleaning up did not finish" in warning for warning in v1_live.tell.warnings)
    else:
        with pytest.raises(GuardianLost):
            v1_live.deploy("v2")
        assert v1_live.serving() == {"v1": 100}
        assert v1_live.running() == ["myexample-v1"]
    assert v1_live.host.world.locked_by == ""
    assert v1_live.nobody_was_dropped()


def test_a_lost_guardian_is_what_is_told_when_another_deployment_is_next(v1_live: Stage) -> None:
    """That one recovers; this run has changed something, and must not end by saying that it has not."""
    world = v1_live.host.world
    world.faults["arm"] = [GuardianLost("The guardian has ended.")]
    world.hooks["arm"] = lambda: world.faults.update(guard=[Locked("Another one holds the lock.", state="This run changed nothing.")])
    with pytest.raises(GuardianLost):
        v1_live.deploy("v2")
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.deploy("v3").result is Result.DEPLOYED


@pytest.mark.parametrize("after", [0.05, 0.3, 1.0, 5.0, 15.0, 25.0])
def test_a_cancel_before_the_commit_goes_back(v1_live: Stage, after: float) -> None:
    """At any moment: v1 serves all traffic, and no container of v2 is left running."""
    v1_live.clock.at(v1_live.clock.time + 60 + after, lambda: setattr(v1_live.clock, "cancelled", True))
    with pytest.raises(Cancelled) as caught:
        v1_live.deploy("v2")
    assert "myexample-v1 serves all traffic" in caught.value.state
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.running() == ["myexample-v1"]
    v1_live.clock.cancelled = False
    assert v1_live.deploy("v2").result is Result.DEPLOYED


def test_a_guardian_that_is_lost_in_the_very_moment_of_the_commit_leaves_a_release_that_a_reboot_brings_back(v1_live: Stage) -> None:
    """Nobody heard whether it was committed. It was, so recovery goes on from there, and nothing was taken from the new release."""
    v1_live.host.world.faults["committed"] = [GuardianLost("The guardian has ended.")]
    with pytest.raises(GuardianLost):
        v1_live.deploy("v2")
    v1_live.reboot()
    assert (v1_live.serving(), v1_live.running()) == ({"v2": 100}, ["myexample-v2"])


@pytest.mark.parametrize("op", ["commit", "committed", "mark"])
def test_a_cancel_in_the_very_moment_of_the_commit_comes_too_late(v1_live: Stage, op: str) -> None:
    """The new release is live, the run says so, and a reboot brings it back like any other that is."""
    v1_live.host.world.hooks[op] = lambda: setattr(v1_live.clock, "cancelled", True)
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    assert v1_live.serving() == {"v2": 100}
    v1_live.clock.cancelled = False
    v1_live.deploy("v2")
    v1_live.reboot()
    assert (v1_live.serving(), v1_live.running()) == ({"v2": 100}, ["myexample-v2"])


def test_an_undo_that_fails_asks_for_a_person_and_keeps_the_first_error(v1_live: Stage) -> None:
    """Exit code 10; the first error stays the headline, the failed undo explains it."""
    v1_live.host.world.faults = {"knock": [HostNotReady("first")], "disarm": [HostNotReady("second")]}
    with pytest.raises(UndoFailed, match="first") as caught:
        v1_live.deploy("v2")
    assert "second" in caught.value.means
    assert caught.value.state == "The committed route was not changed. Look with `command: status` at what serves."
    assert v1_live.serving()["v1"] == 100
