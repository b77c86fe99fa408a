"""Deployments on a host in memory: what serves before, during and after, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bluegreen.errors import (
    BlueGreenError,
    Cancelled,
    CandidateFailed,
    GuardianLost,
    HostNotReady,
    NothingToRollBack,
    UndoFailed,
    Unreachable,
    WentBack,
)
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk, ReleaseCommand, RetireAsk
from bluegreen.model.color import Color
from bluegreen.model.outcome import Result
from bluegreen.model.release import RunInfo, Settings
from tests.flow.conftest import SETTINGS, Stage

BEFORE_COMMIT = ["network", "create", "created", "start", "watch_over", "get", "inspect", "logs", "site", "set_restart", "open_preview",
                 "arm", "proof", "preview", "knock", "seen", "save", "commit"]  # fmt: skip
AFTER_COMMIT = ["settle", "connections", "stop", "release_watch", "forget", "images", "remove"]


def test_a_first_deployment_serves_everything(empty: Stage) -> None:
    """On a host with nothing of ours, the release gets all traffic, and nobody else is named."""
    outcome = empty.deploy("v1")
    assert outcome.result is Result.DEPLOYED
    assert outcome.previous_version == ""
    assert empty.serving() == {"v1": 100}


def test_the_share_grows_step_by_step_and_ends_at_all(v1_live: Stage) -> None:
    """10 %, 50 %, 100 %: in order, with the old release serving the rest, and hot in between."""
    outcome = v1_live.deploy("v2")
    shares = [served.get("v2", 0) for _, served in v1_live.host.world.log_of_moves]
    assert shares == [0, 10, 50, 100, 100]
    assert [(s.share, s.verdict) for s in v1_live.tell.steps] == [(10, "go on"), (50, "go on"), (100, "go on")]
    assert (outcome.version, outcome.previous_version) == ("v2", "v1")
    assert v1_live.serving() == {"v2": 100}
    assert v1_live.nobody_was_dropped()


def test_the_previous_release_is_kept_stopped(v1_live: Stage) -> None:
    """One release is kept by default; an older one goes, with its image."""
    v1_live.deploy("v2")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v2"], ["myexample-v1"])
    v1_live.deploy("v3")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v3"], ["myexample-v2"])
    assert "myexample:v1" not in {tag for app in v1_live.host.world.apps.values() for tag in app.image.tags}


def test_keep_0_removes_the_old_release_at_once(v1_live: Stage) -> None:
    """As the article does it: `docker stop`, `docker rm`."""
    v1_live.deploy("v2", retire=RetireAsk(keep=0))
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v2"], [])


def test_the_same_again_touches_nothing(v1_live: Stage) -> None:
    """The same image with the same settings is unchanged: no container, no route, no site is touched."""
    world = v1_live.host.world
    before = (dict(world.containers), world.routes, world.site)
    assert v1_live.deploy("v1").result is Result.UNCHANGED
    assert (dict(world.containers), world.routes, world.site) == before
    assert world.log_of_moves == []


def test_the_same_version_with_other_settings_is_another_release(v1_live: Stage) -> None:
    """A changed variable is rolled out like a changed image, under a name that is free."""
    other = AppAsk(app="myexample", settings=replace(SETTINGS, env=(("COLOR_OF_SKY", "red"),)))
    assert v1_live.deploy("v1", app=other).result is Result.DEPLOYED
    (name,) = v1_live.running()
    assert name.startswith("myexample-v1-")
    assert v1_live.nobody_was_dropped()


def test_a_changed_port_reaches_the_site(v1_live: Stage) -> None:
    """The candidate's port is the site's before it gets any traffic, and the old release keeps its own."""
    assert v1_live.deploy("v2", app=AppAsk(app="myexample", settings=Settings(container_port=9000))).result is Result.DEPLOYED
    site = v1_live.host.world.site
    assert site is not None
    assert "10.9.0.2:8000" in site.text
    assert "10.9.0.34:9000" in site.text
    assert v1_live.serving() == {"v2": 100}
    assert v1_live.deploy("v2", app=AppAsk(app="myexample", settings=Settings(container_port=9000))).result is Result.UNCHANGED


def test_a_changed_server_name_refits_the_site_of_the_same_release(v1_live: Stage) -> None:
    """Nothing is launched for it: the site changes and the front door is asked again."""
    from tests.flow.conftest import ask_for

    traffic = replace(ask_for("v1").traffic, server_names=("www.example.org",))
    assert v1_live.deploy("v1", traffic=traffic).result is Result.DEPLOYED
    site = v1_live.host.world.site
    assert site is not None
    assert "www.example.org" in site.text
    assert v1_live.running() == ["myexample-v1"]


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
    reference.deploy("v1")
    start = len(reference.host.world.ops)
    reference.deploy("v2")
    for cut in range(start + 1, len(reference.host.world.ops) + 1):
        stage = new_stage()
        stage.deploy("v1")
        stage.host.world.log_of_moves.clear()
        stage.host.world.cut_at = cut
        try:
            stage.deploy("v2")
        except Unreachable:
            assert stage.serving() in ({"v1": 100}, {"v2": 100}), reference.host.world.ops[cut - 1]
        else:
            assert stage.serving() == {"v2": 100}
        stage.host.world.cut_at = 0
        stage.deploy("v3")
        assert stage.serving() == {"v3": 100}
        assert stage.running() == ["myexample-v3"]
        assert stage.nobody_was_dropped(), reference.host.world.ops[cut - 1]


@pytest.mark.parametrize("op", ["arm", "proof", "commit", "connections", "routes"])
def test_a_lost_guardian_is_replaced_and_recovery_follows(v1_live: Stage, op: str) -> None:
    """The deployment stops, but not before another guardian has put the host right."""
    v1_live.host.world.faults[op] = [GuardianLost("The guardian has ended.")]
    if op == "connections":
        assert v1_live.deploy("v2").result is Result.DEPLOYED
    else:
        with pytest.raises(GuardianLost):
            v1_live.deploy("v2")
        assert v1_live.serving() == {"v1": 100}
        assert v1_live.running() == ["myexample-v1"]
    assert v1_live.host.world.locked_by == ""
    assert v1_live.nobody_was_dropped()


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


def test_an_undo_that_fails_asks_for_a_person_and_keeps_the_first_error(v1_live: Stage) -> None:
    """Exit code 10; the first error stays the headline, the failed undo explains it."""
    v1_live.host.world.faults = {"knock": [HostNotReady("first")], "disarm": [HostNotReady("second")]}
    with pytest.raises(UndoFailed, match="first") as caught:
        v1_live.deploy("v2")
    assert "second" in caught.value.means
    assert v1_live.serving()["v1"] == 100


def test_a_candidate_that_exits_is_told_with_its_log_and_gets_nothing(v1_live: Stage) -> None:
    """Exit 7; its last lines and exit code are shown before it is removed."""
    v1_live.apps["v2"].exits = 3
    v1_live.apps["v2"].log = ["cannot find DATABASE_URL"]
    with pytest.raises(CandidateFailed, match="exited with code 3") as caught:
        v1_live.deploy("v2")
    assert "myexample-v1 serves all traffic" in caught.value.state
    assert [lines for title, lines in v1_live.tell.proof.items() if "code 3" in title] == [["cannot find DATABASE_URL"]]
    assert all(served == {"v1": 100} for _, served in v1_live.host.world.log_of_moves)
    assert v1_live.running() == ["myexample-v1"]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_candidate_that_answers_badly_gets_nothing(v1_live: Stage, status: int) -> None:
    """It is asked until `health-timeout`, and never reached by a user."""
    v1_live.apps["v2"].answer = Answer(status=status)
    with pytest.raises(CandidateFailed, match=str(status)):
        v1_live.deploy("v2")
    assert all(served == {"v1": 100} for _, served in v1_live.host.world.log_of_moves)


def test_a_traceback_in_the_log_fails_a_candidate_that_answers_well(v1_live: Stage) -> None:
    """The log gate is read before any traffic."""
    v1_live.apps["v2"].log = ["started", "Traceback (most recent call last):"]
    with pytest.raises(CandidateFailed, match="Traceback"):
        v1_live.deploy("v2")


@pytest.mark.parametrize(("dies", "share"), [(3.0, 10), (15.0, 50), (25.0, 100)])
def test_a_candidate_that_dies_under_traffic_goes_back(v1_live: Stage, dies: float, share: int) -> None:
    """Exit 8 at whichever step it dies; hot, so that the old release answered meanwhile; then the old one has everything."""
    v1_live.apps["v2"].exits, v1_live.apps["v2"].exit_after = 1, dies
    with pytest.raises(WentBack, match=f"at {share} %"):
        v1_live.deploy("v2")
    assert v1_live.tell.steps[-1].verdict == "go back"
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.nobody_was_dropped()


def test_one_bad_answer_under_traffic_is_not_a_verdict(v1_live: Stage) -> None:
    """A lone failure may be the network's; two in a row are the candidate's."""
    app = v1_live.apps["v2"]
    start = v1_live.clock.time + 60
    v1_live.clock.at(start + 5, lambda: setattr(app, "answer", Answer(status=500)))
    v1_live.clock.at(start + 5.4, lambda: setattr(app, "answer", Answer(status=200)))
    assert v1_live.deploy("v2").result is Result.DEPLOYED


def test_a_site_that_users_do_not_reach_is_no_success(v1_live: Stage) -> None:
    """Another server block answers at the front door: exit 4, and back."""
    v1_live.host.world.front_door_elsewhere = True
    with pytest.raises(HostNotReady, match="Your users do not reach this site"):
        v1_live.deploy("v2")
    assert v1_live.serving() == {"v1": 100}


def test_a_first_deployment_that_fails_leaves_no_site_behind(empty: Stage) -> None:
    """Nothing served before, nothing serves after, and the error says so."""
    empty.host.world.front_door_elsewhere = True
    with pytest.raises(HostNotReady) as caught:
        empty.deploy("v1")
    assert "No release serves" in caught.value.state
    assert empty.host.world.site is None
    assert empty.running() == []


def test_the_release_command_runs_once_before_the_candidate(v1_live: Stage) -> None:
    """Its container is gone afterwards."""
    app = AppAsk(app="myexample", settings=SETTINGS, release_command=ReleaseCommand(words=("migrate",), timeout=60))
    assert v1_live.deploy("v2", app=app).result is Result.DEPLOYED
    assert v1_live.host.world.ops.count("create") == 2
    assert v1_live.running() + v1_live.stopped() == ["myexample-v2", "myexample-v1"]


def test_rollback_creates_the_kept_release_again(v1_live: Stage) -> None:
    """Through the same stages, in the free color; v2 is then the kept one, and rolling back again returns to it."""
    v1_live.deploy("v2")
    outcome = v1_live.rollback()
    assert (outcome.result, outcome.version, outcome.previous_version) == (Result.ROLLED_BACK, "v1", "v2")
    assert v1_live.serving() == {"v1": 100}
    assert outcome.color is Color.BLUE
    assert v1_live.rollback().version == "v2"
    assert v1_live.nobody_was_dropped()


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


def test_a_host_without_room_is_refused_before_the_build(v1_live: Stage) -> None:
    """With numbers, and with nothing built."""
    v1_live.host.facts = replace(v1_live.host.facts, memory_available=50 * 1024**2)
    with pytest.raises(HostNotReady, match="120 MiB"):
        v1_live.deploy("v2")
    assert "build" not in v1_live.host.world.ops
