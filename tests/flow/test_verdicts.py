"""Users' requests decide: a release that fails them goes back at once, one that shares live's trouble does not, silence asks the probes."""

from __future__ import annotations

from typing import Any

import pytest

from bluegreen.errors import WentBack
from bluegreen.model.ask import ShiftStep, TrafficAsk
from bluegreen.model.outcome import Result
from bluegreen.model.verdict import LatencyLimit, Limits, LowTraffic
from tests.flow.conftest import Stage

STEPS = (ShiftStep(share=10, hold=10), ShiftStep(share=50, hold=10))


def limited(**limits: Any) -> TrafficAsk:
    """The usual steps, under these limits."""
    return TrafficAsk(steps=STEPS, watch=10, limits=Limits(**limits))


def test_a_release_that_fails_one_request_in_ten_goes_back_in_its_first_step(v1_live: Stage) -> None:
    """Before its time is over, with the numbers of both and with the requests that failed."""
    v1_live.host.world.users = 200
    v1_live.apps["v2"].fails = 0.1
    with pytest.raises(WentBack, match=r"at 10 %.*it failed \d+ of \d+ requests of users.*; live 0 of ") as caught:
        v1_live.deploy("v2")
    assert "max-error-rate" in caught.value.means
    step = v1_live.tell.steps[-1]
    assert (step.verdict, step.share) == ("go back", 10)
    assert step.seconds < 9
    assert step.traffic is not None
    assert step.traffic.candidate.server_errors > 0
    assert step.traffic.failed == step.traffic.candidate.server_errors
    assert "GET /  answered 500" in v1_live.tell.proof["The first requests of users that it failed"]
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.nobody_was_dropped()


def test_failures_that_nginx_retried_condemn_their_color(v1_live: Stage) -> None:
    """Though every user got a 200."""
    v1_live.host.world.users = 200
    v1_live.apps["v2"].fails, v1_live.apps["v2"].silent = 0.1, True
    with pytest.raises(WentBack, match="it failed"):
        v1_live.deploy("v2")
    met = v1_live.tell.steps[-1].traffic
    assert met is not None
    assert (met.candidate.failed_attempts > 0, met.failed) == (True, 0)
    assert v1_live.serving() == {"v1": 100}


def test_an_outage_that_hurts_both_alike_condemns_nobody(v1_live: Stage) -> None:
    """A database that is down for a third of the requests is not the new release's fault."""
    v1_live.host.world.users = 200
    v1_live.host.world.outage = 0.33
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    assert [step.verdict for step in v1_live.tell.steps] == ["go on"] * 3


@pytest.mark.parametrize("limit", [LatencyLimit(times=1.5), LatencyLimit(seconds=0.1)], ids=["1.5x", "100ms"])
def test_a_release_that_is_three_times_slower_goes_back(v1_live: Stage, limit: LatencyLimit) -> None:
    """By its p95, where `max-latency` was asked for."""
    v1_live.host.world.users = 200
    v1_live.apps["v1"].milliseconds, v1_live.apps["v2"].milliseconds = 50, 150
    with pytest.raises(WentBack, match=r"at 10 %.*its p95 is 150 ms, live's 50 ms") as caught:
        v1_live.deploy("v2", traffic=limited(max_latency=limit))
    assert "max-latency" in caught.value.means
    assert v1_live.serving() == {"v1": 100}


def test_a_slow_release_is_let_be_where_no_latency_was_asked_for(v1_live: Stage) -> None:
    """There is no limit by default: a release may do more work than the one before."""
    v1_live.host.world.users = 200
    v1_live.apps["v2"].milliseconds = 150
    assert v1_live.deploy("v2").result is Result.DEPLOYED


@pytest.mark.parametrize("policy", [LowTraffic.PROBE, LowTraffic.PROCEED])
def test_silence_goes_on_by_its_probes(v1_live: Stage, policy: LowTraffic) -> None:
    """And says so: nobody came, or too few."""
    assert v1_live.deploy("v2", traffic=limited(on_low_traffic=policy)).result is Result.DEPLOYED
    assert all("0 of the 20 requests" in step.reason for step in v1_live.tell.steps)


def test_silence_can_be_refused(v1_live: Stage) -> None:
    """`on-low-traffic: fail`."""
    with pytest.raises(WentBack, match="0 of the 20 requests"):
        v1_live.deploy("v2", traffic=limited(on_low_traffic=LowTraffic.FAIL))
    assert v1_live.serving() == {"v1": 100}


def test_silence_can_be_waited_out(v1_live: Stage) -> None:
    """`on-low-traffic: wait` holds the step until enough users came."""
    v1_live.host.world.users = 2
    assert v1_live.deploy("v2", traffic=limited(on_low_traffic=LowTraffic.WAIT)).result is Result.DEPLOYED
    first = v1_live.tell.steps[0]
    assert first.seconds > 60
    assert first.traffic is not None
    assert first.traffic.candidate.requests >= 20


@pytest.mark.parametrize("policy", [LowTraffic.FAIL, LowTraffic.WAIT])
def test_a_switch_at_once_that_nobody_watches_is_not_held_up(v1_live: Stage, policy: LowTraffic) -> None:
    """`shift: 100%` with `watch: 0s` leaves no time in which anybody could come."""
    asked = TrafficAsk(steps=(), watch=0, limits=Limits(on_low_traffic=policy))
    assert v1_live.deploy("v2", traffic=asked).result is Result.DEPLOYED


def test_a_log_that_cannot_be_followed_is_said_and_probes_decide(v1_live: Stage) -> None:
    """Nobody's requests are counted then, and the report does not pretend that there were none."""
    v1_live.host.world.users, v1_live.host.world.log_problem = 200, "Permission denied"
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    assert [warning for warning in v1_live.tell.warnings if "cannot be followed (Permission denied)" in warning]
    assert len(v1_live.tell.warnings) == 1
    assert [step.traffic for step in v1_live.tell.steps] == [None] * 3


def test_a_log_that_cannot_be_followed_is_not_waited_for(v1_live: Stage) -> None:
    """What asks for users' requests before it goes on must not wait for what will never come."""
    v1_live.host.world.log_problem = "Permission denied"
    with pytest.raises(WentBack, match="its requests cannot be counted: Permission denied"):
        v1_live.deploy("v2", traffic=limited(on_low_traffic=LowTraffic.WAIT))
    assert v1_live.serving() == {"v1": 100}


def test_with_all_of_the_traffic_a_release_is_compared_with_what_live_did_before(v1_live: Stage) -> None:
    """It fails only once nobody else has traffic any more."""
    world = v1_live.host.world
    world.users = 100
    v1_live.clock.at(v1_live.clock.time + 60 + 25, lambda: setattr(v1_live.apps["v2"], "fails", 0.3))
    with pytest.raises(WentBack, match=r"at 100 %.*; live 0 of "):
        v1_live.deploy("v2")
    assert v1_live.serving() == {"v1": 100}


def test_a_step_can_end_early_once_enough_users_came(v1_live: Stage) -> None:
    """`until N requests`: no longer than that, and no less than the time where they do not come."""
    v1_live.host.world.users = 100
    steps = (ShiftStep(share=10, hold=60, until=50), ShiftStep(share=50, hold=3, until=5000))
    assert v1_live.deploy("v2", traffic=TrafficAsk(steps=steps, watch=1)).result is Result.DEPLOYED
    early, late, _ = v1_live.tell.steps
    assert early.traffic is not None
    assert 50 <= early.traffic.candidate.requests < 60
    assert early.seconds < 8
    assert late.seconds >= 3
