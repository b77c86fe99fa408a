"""Candidates that are no good: they get nothing, or no more than their step, and the old release goes on serving."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import (
    CandidateFailed,
    HostNotReady,
    WentBack,
)
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk, ReleaseCommand
from bluegreen.model.outcome import Result
from tests.flow.conftest import SETTINGS, Stage, ask_for


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


@pytest.mark.parametrize(("up", "late"), [(0.41, 0.04), (20.01, 0.1)])
def test_a_candidate_is_found_up_soon_after_it_is(v1_live: Stage, up: float, late: float) -> None:
    """The sooner it starts to listen, the sooner; the two pauses between three good answers are there in any case."""
    app = v1_live.apps["v2"]
    app.answer = Answer(status=0, problem="connection refused")
    v1_live.clock.at(v1_live.clock.time + 60 + up, lambda: setattr(app, "answer", Answer(status=200)))
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    told = [line for line in v1_live.tell.said if "good answers in a row" in line][-1]
    after = float(told.partition(" after ")[2].partition(" s,")[0])
    assert after == pytest.approx(up + 0.4, abs=late)


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


def test_a_url_where_nothing_answers_starts_nothing(v1_live: Stage) -> None:
    """TLS ends at a load balancer, and users' own URL was given: said before the release command has run; `plan` says it too.

    Something else on the host may answer there, and lead to the site: then it is left to the front door.
    """
    world, traffic = v1_live.host.world, replace(ask_for("v2").traffic, url="https://example.org/")
    world.knocked = Answer(status=0, problem="connection refused")
    with pytest.raises(HostNotReady, match="connection refused") as caught:
        v1_live.deploy("v2", traffic=traffic)
    assert "Nothing answers GET https://example.org/ on the host" in caught.value.what
    assert "load balancer" in caught.value.todo
    assert caught.value.state.startswith("Nothing was started. ")
    assert "create" not in world.ops[world.ops.index("knock") :]
    assert any("load balancer" in problem for problem in v1_live.plan("v2", traffic=traffic).problems)
    world.knocked = Answer(status=502)
    assert v1_live.deploy("v2", traffic=traffic).result is Result.DEPLOYED


def test_a_log_that_is_late_is_no_wrong_site(v1_live: Stage) -> None:
    """On a busy host NGINX writes a request down a second or two after its answer, and the release is there all the same."""
    world = v1_live.host.world
    for version, result in (("v2", Result.DEPLOYED), ("v2", Result.UNCHANGED)):
        world.front_door_elsewhere = True
        world.hooks["knock"] = lambda: v1_live.clock.at(v1_live.clock.time + 2, lambda: setattr(world, "front_door_elsewhere", False))
        assert v1_live.deploy(version).result is result
    assert v1_live.serving() == {"v2": 100}


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


def test_a_host_without_room_is_refused_before_the_build(v1_live: Stage) -> None:
    """With numbers, and with nothing built."""
    v1_live.host.facts = replace(v1_live.host.facts, memory_available=50 * 1024**2)
    with pytest.raises(HostNotReady, match="120 MiB"):
        v1_live.deploy("v2")
    assert "build" not in v1_live.host.world.ops
