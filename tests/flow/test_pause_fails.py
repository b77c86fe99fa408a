"""A promotion that does not succeed, and a paused deployment that lost one of its releases: who serves then, and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import BlueGreenError, Cancelled, CandidateFailed, HostNotReady, UndoFailed, WentBack
from bluegreen.host import Answer
from bluegreen.model.outcome import Result
from tests.flow.conftest import PAUSING, Stage

TEN = {"v1": 90, "v2": 10}


@pytest.mark.parametrize("when", ["probe", "shift"])
def test_a_promotion_that_fails_goes_back_all_the_way(paused: Stage, when: str) -> None:
    """A release that misbehaves has no claim to its 10 % either."""
    if when == "probe":
        paused.apps["v2"].answer = Answer(status=500)
    else:
        paused.clock.at(paused.clock.time + 62, lambda: setattr(paused.apps["v2"], "answer", Answer(status=500)))
    with pytest.raises(CandidateFailed if when == "probe" else WentBack) as caught:
        paused.promote(traffic=PAUSING)
    assert "myexample-v1 serves all traffic" in caught.value.state
    assert (paused.serving(), paused.running(), paused.stopped()) == ({"v1": 100}, ["myexample-v1"], [])
    assert paused.nobody_was_dropped()
    assert paused.deploy("v3").result is Result.DEPLOYED


@pytest.mark.parametrize("after", [0.05, 0.5, 2.0, 8.0])
def test_a_cancelled_promotion_leaves_it_paused(paused: Stage, after: float) -> None:
    """It decided nothing; the next job can."""
    paused.clock.at(paused.clock.time + 60 + after, lambda: setattr(paused.clock, "cancelled", True))
    with pytest.raises(Cancelled) as caught:
        paused.promote(traffic=PAUSING)
    assert "keeps 10 % of the requests" in caught.value.state
    paused.clock.cancelled = False
    assert (paused.serving(), paused.running()) == (TEN, ["myexample-v1", "myexample-v2"])
    assert paused.promote(traffic=PAUSING).result is Result.DEPLOYED


@pytest.mark.parametrize(
    ("op", "error"),
    [
        pytest.param("preview", Cancelled("The deployment did not end within its deadline of 4 s."), id="its deadline"),
        pytest.param("open_preview", HostNotReady("no space left"), id="the host"),
        pytest.param("knock", HostNotReady("your users do not reach this site"), id="the front door"),
    ],
)
def test_a_promotion_that_ends_for_another_reason_than_the_release_leaves_it_paused(paused: Stage, op: str, error: BlueGreenError) -> None:
    """Time was up, or the host was not ready: the release was not found wanting, and the next job can go on."""
    paused.host.world.faults = {op: [error]}
    with pytest.raises(type(error)) as caught:
        paused.promote(traffic=PAUSING)
    assert "paused as before: myexample-v2 keeps 10 %" in caught.value.state
    assert (paused.serving(), paused.running()) == (TEN, ["myexample-v1", "myexample-v2"])
    paused.host.world.faults = {}
    assert paused.promote(traffic=PAUSING).result is Result.DEPLOYED
    assert paused.nobody_was_dropped()


def test_a_promotion_whose_undo_fails_says_nothing_of_the_committed_route(paused: Stage) -> None:
    """It went back from 10 %, so that route did change."""
    paused.apps["v2"].answer = Answer(status=500)
    paused.host.world.faults = {"remove": [HostNotReady("no space left")]}
    with pytest.raises(UndoFailed) as caught:
        paused.promote(traffic=PAUSING)
    assert caught.value.state == "Look with `command: status` at what serves."
    assert paused.serving() == {"v1": 100}


@pytest.mark.parametrize("op", ["settle", "set_restart", "connections"])
def test_a_promotion_that_went_back_and_is_cancelled_then_has_gone_back(paused: Stage, op: str) -> None:
    """It was decided: no share is left, the host stops the release by itself, and nothing that was said is untrue."""
    paused.clock.at(paused.clock.time + 62, lambda: setattr(paused.apps["v2"], "answer", Answer(status=500)))
    paused.host.world.hooks[op] = lambda: setattr(paused.clock, "cancelled", True)
    with pytest.raises(WentBack) as caught:
        paused.promote(traffic=PAUSING)
    assert caught.value.state == "myexample-v1 serves all traffic. What was started is drained and stopped by the host itself."
    assert not any("paused again" in said for said in paused.tell.said)
    paused.clock.cancelled = False
    assert (paused.serving(), paused.running(), paused.stopped()) == ({"v1": 100}, ["myexample-v1"], ["myexample-v2"])
    assert paused.nobody_was_dropped()
    assert paused.deploy("v3").result is Result.DEPLOYED
    assert "myexample-v2" not in [*paused.running(), *paused.stopped()]


def _change(stage: Stage, version: str, **changes: object) -> None:
    """Something happens to that version's container."""
    (found,) = (container for container in stage.host.world.containers.values() if container.version == version)
    stage.host.world.containers[found.id] = replace(found, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("when", ["probe", "shift"])
def test_a_promotion_that_fails_without_the_old_release_stays_paused(paused: Stage, when: str) -> None:
    """A release that answers badly is better than none."""
    _change(paused, "v1", running=False)
    paused.host.world.hooks["get" if when == "probe" else "arm"] = lambda: setattr(paused.apps["v2"], "answer", Answer(status=500))
    with pytest.raises(CandidateFailed if when == "probe" else WentBack) as caught:
        paused.promote(traffic=PAUSING)
    assert "paused as before: myexample-v2 keeps 10 %" in caught.value.state
    assert (paused.serving(), paused.running()) == ({"v2": 100}, ["myexample-v2"])
    assert paused.nobody_was_dropped()
    paused.apps["v2"].answer = Answer(status=200)
    assert paused.promote(traffic=PAUSING).result is Result.DEPLOYED


@pytest.mark.parametrize("command", ["promote", "abort"])
@pytest.mark.parametrize(("lost", "said"), [({"address": ""}, "not on the network bluegreen-myexample"), ({"running": False}, "exited")])
def test_a_paused_release_that_no_request_reaches_is_given_up(paused: Stage, command: str, lost: dict[str, object], said: str) -> None:
    """Cut off its network, or ended: `promote` says so, exit code 7, `abort` does what it always does, and the old release serves."""
    _change(paused, "v2", **lost)
    if command == "abort":
        assert paused.abort().removed == ("myexample-v2",)
    else:
        with pytest.raises(CandidateFailed, match=said) as caught:
            paused.promote(traffic=PAUSING)
        assert caught.value.state == "myexample-v1 serves all traffic. The paused release was removed."
    assert (paused.serving(), paused.running(), paused.stopped()) == ({"v1": 100}, ["myexample-v1"], [])
    assert paused.nobody_was_dropped()
    assert paused.deploy("v2").result is Result.DEPLOYED


def test_a_paused_deployment_of_which_nothing_runs_holds_nobody_up(paused: Stage) -> None:
    """There is nothing left to look at, and nobody could promote or abort it: the next deployment serves."""
    for version in ("v1", "v2"):
        _change(paused, version, running=False)
    assert not paused.plan("v3").problems
    assert paused.status().paused == ""
    assert paused.deploy("v3").result is Result.DEPLOYED
    assert (paused.serving(), paused.running()) == ({"v3": 100}, ["myexample-v3"])


def test_abort_without_the_old_release_is_refused(paused: Stage) -> None:
    """There is nothing to go back to, and the paused release answers for both; it can be promoted."""
    _change(paused, "v1", running=False)
    with pytest.raises(HostNotReady, match="nothing to go back to"):
        paused.abort()
    assert paused.serving() == {"v2": 100}
    assert paused.promote(traffic=PAUSING).result is Result.DEPLOYED
    assert paused.serving() == {"v2": 100}
