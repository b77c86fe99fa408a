"""The first deployment beside an app that runs already: it serves until the commit, whatever happens before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from bluegreen.errors import BlueGreenError, Cancelled, CandidateFailed, HostNotReady, Unreachable, WentBack
from bluegreen.model.ask import AppAsk, ShiftStep, TrafficAsk
from bluegreen.model.outcome import Outcome, Result
from tests.flow.conftest import BRIEF, SETTINGS, Stage

ADOPT = AppAsk(app="myexample", settings=SETTINGS, adopt="127.0.0.1:9000")
OPS = ["neighbors", "network", "create", "start", "get", "adopt", "site", "problems", "install", "arm", "knock", "seen", "open_preview",
       "preview", "set_restart", "save", "commit"]  # fmt: skip


@pytest.fixture
def running(new_stage: Callable[[], Stage]) -> Callable[[], Stage]:
    """Makes hosts on which `old` serves from a published port, and nothing of ours is."""

    def make() -> Stage:
        stage = new_stage()
        stage.host.world.elsewhere = {"127.0.0.1:9000": "old"}
        return stage

    return make


def _again(stage: Stage, version: str = "v2", **changes: Any) -> Outcome:
    stage.host.world.faults.clear()
    stage.clock.cancelled = False
    outcome = stage.deploy(version, app=ADOPT, **changes)
    assert stage.serving() == {version: 100}
    assert stage.running() == [f"myexample-{version}"]
    assert stage.nobody_was_dropped()
    return outcome


def test_traffic_shifts_from_the_running_app_step_by_step(running: Callable[[], Stage]) -> None:
    """All of it is on the old app when the site comes to be, then 10 %, 50 % and all go to the release."""
    stage = running()
    outcome = stage.deploy("v1", app=ADOPT)
    shares = [served.get("v1", 0) for _, served in stage.host.world.log_of_moves]
    assert shares[-5:] == [0, 10, 50, 100, 100]
    assert stage.nobody_was_dropped()
    assert outcome.adopted is not None
    assert (stage.status().adopted, stage.status().live_version) == ("", "v1")
    assert outcome.adopted.stop == "docker update --restart no old && docker stop old"
    assert stage.host.world.elsewhere == {"127.0.0.1:9000": "old"}


def test_beside_an_adopted_app_nothing_pauses_and_the_run_says_so(running: Callable[[], Stage]) -> None:
    """Before anything is started: `abort` could not go back to what is no release."""
    stage = running()
    steps = TrafficAsk(steps=(ShiftStep(share=10, hold=1, pause=True),), watch=1)
    assert stage.deploy("v1", app=ADOPT, traffic=steps).result is Result.DEPLOYED
    assert stage.tell.warnings[0].startswith("No pause at 10 %: `abort` could not go back to old")
    assert [served.get("v1", 0) for _, served in stage.host.world.log_of_moves][-3:] == [10, 100, 100]


@pytest.mark.parametrize("op", OPS)
def test_a_fault_before_the_commit_leaves_the_running_app_serving(running: Callable[[], Stage], op: str) -> None:
    """And says so; the next deployment succeeds with no step in between."""
    stage = running()
    stage.host.world.faults[op] = [HostNotReady(f"{op} failed")]
    with pytest.raises(BlueGreenError, match=f"{op} failed"):
        stage.deploy("v1", app=ADOPT)
    assert stage.serving() == {"old": 100}
    assert stage.running() == []
    assert stage.nobody_was_dropped()
    _again(stage)


def test_a_release_that_fails_its_probe_touches_nothing_of_the_running_app(running: Callable[[], Stage]) -> None:
    """No site, no route: NGINX was never touched."""
    stage = running()
    stage.apps["v1"].exits = 3
    with pytest.raises(CandidateFailed) as failed:
        stage.deploy("v1", app=ADOPT)
    assert "old serves all traffic" in failed.value.state
    assert stage.host.world.site is None
    assert stage.host.world.routes.committed is None
    _again(stage)


def test_a_release_that_misbehaves_gives_the_traffic_back_to_the_running_app(running: Callable[[], Stage]) -> None:
    """It is drained and removed; the app it was shifted against serves on, and the next release is shifted against it again."""
    stage = running()
    stage.apps["v1"].exits, stage.apps["v1"].exit_after = 3, 12.0
    with pytest.raises(WentBack) as back:
        stage.deploy("v1", app=ADOPT)
    assert "old serves all traffic" in back.value.state
    assert stage.serving() == {"old": 100}
    assert stage.running() == []
    assert (stage.status().adopted, stage.status().live_color) == ("old at 127.0.0.1:9000", None)
    stage.host.world.log_of_moves.clear()
    assert stage.deploy("v2").adopted is not None, "the site says whom it leads to, with or without the input"
    assert [served.get("v2", 0) for _, served in stage.host.world.log_of_moves][-4:] == [10, 50, 100, 100]


@pytest.mark.parametrize("after", [1.0, 5.0, 15.0, 25.0])
def test_a_cancel_gives_the_traffic_back_to_the_running_app(running: Callable[[], Stage], after: float) -> None:
    """At any moment."""
    stage = running()
    stage.clock.at(stage.clock.time + 60 + after, lambda: setattr(stage.clock, "cancelled", True))
    with pytest.raises(Cancelled):
        stage.deploy("v1", app=ADOPT)
    assert stage.serving() == {"old": 100}
    assert stage.running() == []
    _again(stage)


def test_whenever_the_connection_is_cut_the_running_app_or_the_release_serves(running: Callable[[], Stage]) -> None:
    """Every single operation is the last that gets through, once."""
    reference = running()
    reference.deploy("v1", app=ADOPT, traffic=BRIEF)
    for cut in range(1, len(reference.host.world.ops) + 1):
        stage, op = running(), reference.host.world.ops[cut - 1]
        stage.host.world.cut_at = cut
        with suppress(Unreachable):
            stage.deploy("v1", app=ADOPT, traffic=BRIEF)
        assert stage.serving() in ({"old": 100}, {"v1": 100}), op
        stage.host.world.cut_at = 0
        _again(stage, traffic=BRIEF)


def test_after_the_commit_adopt_has_nothing_left_to_do(running: Callable[[], Stage]) -> None:
    """The next release takes the color that the old app had in the site; the same one again changes nothing at all."""
    stage = running()
    stage.deploy("v1", app=ADOPT)
    site = stage.host.world.site
    assert stage.deploy("v1", app=ADOPT).result is Result.UNCHANGED
    assert stage.host.world.site == site
    assert stage.deploy("v2", app=ADOPT).adopted is None
    assert stage.host.world.site is not None
    assert "127.0.0.1:9000" not in stage.host.world.site.text
    assert stage.serving() == {"v2": 100}
    assert stage.nobody_was_dropped()


def test_an_app_that_does_not_answer_is_not_adopted(running: Callable[[], Stage]) -> None:
    """Exit code 4: going back to it would help nobody."""
    stage = running()
    with pytest.raises(HostNotReady, match=r"Nothing answers at 127\.0\.0\.1:9999") as caught:
        stage.deploy("v1", app=AppAsk(app="myexample", settings=SETTINGS, adopt="127.0.0.1:9999"))
    assert "what serves goes on serving" in caught.value.state
    assert stage.serving() == {"old": 100}


def test_a_plan_tells_from_whom_the_traffic_is_shifted(running: Callable[[], Stage]) -> None:
    """And that it could not be, when nothing answers there; nothing is changed either way."""
    stage = running()
    told = stage.plan("v1", app=ADOPT)
    assert any("shift the traffic from old: 10 %" in step.text for step in told.steps)
    assert told.problems == ()
    astray = stage.plan("v1", app=AppAsk(app="myexample", settings=SETTINGS, adopt="127.0.0.1:9999"))
    assert any("Nothing answers at 127.0.0.1:9999" in problem for problem in astray.problems)
    assert stage.serving() == {"old": 100}
