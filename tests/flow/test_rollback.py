"""Going back on purpose, and runs that overtake each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import (
    Cancelled,
    CandidateFailed,
    NothingToRollBack,
    Unreachable,
    Withdrawn,
)
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk, Control, RetireAsk
from bluegreen.model.color import Color
from bluegreen.model.outcome import Result
from bluegreen.model.release import RunInfo, Settings
from tests.flow.conftest import SETTINGS, Stage


def test_rollback_creates_the_kept_release_again(v1_live: Stage) -> None:
    """Through the same stages, in the free color; v2 is then the kept one, and rolling back again returns to it."""
    v1_live.deploy("v2")
    outcome = v1_live.rollback()
    assert (outcome.result, outcome.version, outcome.previous_version) == (Result.ROLLED_BACK, "v1", "v2")
    assert v1_live.serving() == {"v1": 100}
    assert outcome.color is Color.BLUE
    assert v1_live.rollback().version == "v2"
    assert v1_live.nobody_was_dropped()


def test_rolling_back_again_goes_further_back_where_more_is_kept(v1_live: Stage) -> None:
    """What was rolled back itself is no way out; only when there is nothing else it is better than nothing."""
    for version in ("v2", "v3"):
        v1_live.deploy(version, retire=RetireAsk(keep=3))
    assert [v1_live.rollback(retire=RetireAsk(keep=3)).version for _ in range(3)] == ["v2", "v1", "v2"]
    assert v1_live.nobody_was_dropped()


@pytest.mark.parametrize("how", ["removed", "stopped", "restarting"])
def test_a_release_that_does_not_run_is_not_what_a_rollback_returns_to(v1_live: Stage, how: str) -> None:
    """It was live until it crashed: the way back is the release before it, and it is remembered as rolled back."""
    v1_live.deploy("v2")
    containers = v1_live.host.world.containers
    crashed = next(c for c in containers.values() if c.version == "v2")
    if how == "removed":
        del containers[crashed.id]
    else:
        containers[crashed.id] = replace(crashed, running=False, restarting=how == "restarting", pid=0, exit_code=1)
    assert v1_live.rollback().version == "v1"
    assert v1_live.serving() == {"v1": 100}
    assert len(v1_live.running()) == 1
    with pytest.raises(Withdrawn):
        v1_live.deploy("v2")
    assert v1_live.rollback().version == "v2"


def test_v1_v2_v1_by_deploying_works_like_any_other(v1_live: Stage) -> None:
    """The third deployment is a release again, not `unchanged`."""
    v1_live.deploy("v2")
    assert v1_live.deploy("v1").result is Result.DEPLOYED
    assert v1_live.serving() == {"v1": 100}


def test_rollback_without_an_earlier_release_says_so(v1_live: Stage) -> None:
    """Exit 9, nothing touched."""
    with pytest.raises(NothingToRollBack):
        v1_live.rollback()
    assert v1_live.serving() == {"v1": 100}


def test_a_failing_rollback_keeps_the_live_release(v1_live: Stage) -> None:
    """A rollback never triggers a rollback: it goes back like a deployment, and says so."""
    v1_live.deploy("v2")
    v1_live.apps["v1"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        v1_live.rollback()
    assert v1_live.serving() == {"v2": 100}
    v1_live.apps["v1"].answer = Answer(status=200)
    assert v1_live.rollback().version == "v1"


def test_a_newer_run_that_committed_meanwhile_supersedes_this_one(v1_live: Stage) -> None:
    """Two runs of one workflow: the older one, which waited, changes nothing."""
    old, new = (RunInfo(repository="org/app", workflow="deploy", number=number) for number in (7, 8))
    v1_live.deploy("v2", run=new)
    release = next(r for r in v1_live.host.world.releases.values() if r.version == "v2")
    v1_live.host.world.releases[release.id] = replace(release, committed_at="2099-01-01T00:00:00Z")
    assert v1_live.deploy("v3", run=old).result is Result.SUPERSEDED
    assert v1_live.serving() == {"v2": 100}


def test_an_old_run_that_is_run_again_on_purpose_deploys(v1_live: Stage) -> None:
    """What was committed before this run began is no reason to stop."""
    old, new = (RunInfo(repository="org/app", workflow="deploy", number=number) for number in (7, 8))
    v1_live.deploy("v2", run=new)
    assert v1_live.deploy("v3", run=old).result is Result.DEPLOYED


def _hot(stage: Stage) -> None:
    """v2 is live and v1 still runs, as after a reboot between the commit and the end of the old release."""
    stage.deploy("v2")
    world = stage.host.world
    (old,) = (container for container in world.containers.values() if container.version == "v1")
    world.containers[old.id] = replace(old, running=True, pid=7)
    world.log_of_moves.clear()
    world.ops.clear()


def test_while_the_old_release_still_runs_rollback_is_one_rename(v1_live: Stage) -> None:
    """Nothing is created: the container is proved, everything moves to it at once, and v2 is retired like any other."""
    _hot(v1_live)
    outcome = v1_live.rollback()
    assert (outcome.result, outcome.containers) == (Result.ROLLED_BACK, ("myexample-v1",))
    assert "create" not in v1_live.host.world.ops
    assert [served.get("v1", 0) for _, served in v1_live.host.world.log_of_moves] == [0, 100, 100]
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v1"], ["myexample-v2"])
    assert v1_live.nobody_was_dropped()


def test_an_old_release_that_runs_but_is_unwell_gets_nothing(v1_live: Stage) -> None:
    """Healthy before visible, also here; it is stopped again, and v2 goes on."""
    _hot(v1_live)
    v1_live.apps["v1"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        v1_live.rollback()
    assert v1_live.serving() == {"v2": 100}
    assert v1_live.running() == ["myexample-v2"]
    assert "myexample-v1" in v1_live.stopped()


@pytest.mark.parametrize("op", ["get", "arm", "knock", "save", "settle", "connections"])
def test_a_rollback_that_dies_while_both_run_leaves_one_release(v1_live: Stage, op: str) -> None:
    """Before its commit v2 serves, after it v1; the next command needs no help."""
    _hot(v1_live)
    v1_live.host.world.faults[op] = [Unreachable("cut")]
    try:
        v1_live.rollback()
    except Unreachable:
        assert v1_live.serving() == {"v2": 100}
    else:
        assert v1_live.serving() == {"v1": 100}
    v1_live.deploy("v3")
    assert v1_live.running() == ["myexample-v3"]
    assert v1_live.nobody_was_dropped()


def test_a_release_that_was_rolled_back_comes_back_only_by_force(v1_live: Stage) -> None:
    """A scheduled or repeated run must not undo what a person did; the refusal says when and to what, and touches nothing."""
    v1_live.deploy("v2")
    v1_live.rollback()
    with pytest.raises(Withdrawn, match="v2 was rolled back to v1") as caught:
        v1_live.deploy("v2")
    assert caught.value.exit_code == 4
    assert "force: true" in caught.value.todo
    assert (v1_live.serving(), len(v1_live.running())) == ({"v1": 100}, 1)
    assert any("was rolled back" in problem for problem in v1_live.plan("v2").problems)
    forced = Control(force=True)
    assert not v1_live.plan("v2", control=forced).problems
    assert v1_live.deploy("v2", control=forced).result is Result.DEPLOYED
    v1_live.deploy("v3")
    assert v1_live.deploy("v2").result is Result.DEPLOYED


def test_it_is_remembered_when_nothing_of_it_is_kept(v1_live: Stage) -> None:
    """Neither its container nor its recipe; other settings make another release, which nobody took back."""
    v1_live.deploy("v2")
    v1_live.rollback(retire=RetireAsk(keep=0))
    assert "v2" not in {release.version for release in v1_live.host.world.releases.values()}
    v1_live.host.world.apps[v1_live.apps["v2"].image.id] = v1_live.apps["v2"]
    with pytest.raises(Withdrawn):
        v1_live.deploy("v2")
    assert v1_live.deploy("v2", app=AppAsk(app="myexample", settings=Settings(container_port=9000))).result is Result.DEPLOYED


def test_a_cancelled_way_back_to_a_running_release_leaves_its_end_to_the_host(v1_live: Stage) -> None:
    """It had all of the traffic: what it is answering has its drain, for which a cancelled job has no time."""
    _hot(v1_live)
    v1_live.clock.at(v1_live.clock.time + 65, lambda: setattr(v1_live.clock, "cancelled", True))
    with pytest.raises(Cancelled):
        v1_live.rollback()
    assert "stop" not in v1_live.host.world.ops
    assert v1_live.serving() == {"v2": 100}
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v2"], ["myexample-v1"])
    assert v1_live.nobody_was_dropped()


def test_what_a_release_logged_while_it_was_live_does_not_stand_in_its_way_back(v1_live: Stage) -> None:
    """It still runs, and its log of weeks is all there; v2 logs nothing of the kind."""
    _hot(v1_live)
    v1_live.apps["v1"].log += ["Traceback (most recent call last):", '  File "a.py", line 1, in b', "KeyError: 'once'"]
    assert v1_live.rollback().version == "v1"


def test_the_secrets_of_a_release_stay_hidden_when_it_is_rolled_back_to(v1_live: Stage) -> None:
    """Its settings are no input of this command, and its last log lines are shown when it fails."""
    settings = replace(SETTINGS, env=(("API_TOKEN", "hunter2hunter2"),))
    v1_live.deploy("v2", app=AppAsk(app="myexample", settings=settings))
    v1_live.deploy("v3")
    v1_live.apps["v2"].answer = Answer(status=500)
    v1_live.tell.hidden.clear()
    with pytest.raises(CandidateFailed):
        v1_live.rollback()
    assert "hunter2hunter2" in v1_live.tell.hidden
