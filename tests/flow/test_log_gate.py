"""The log gate over a whole deployment: from the start to the commit, and in comparison with the live release."""

from __future__ import annotations

import pytest

from bluegreen.errors import CandidateFailed, WentBack
from bluegreen.model.ask import LogRules
from bluegreen.model.outcome import Result
from tests.flow.conftest import Stage

KNOWN = ["Traceback (most recent call last):", '  File "/app/a.py", line 7, in f', "KeyError: 'known for long'"]
NEW = ["Traceback (most recent call last):", '  File "/app/a.py", line 9, in g', "KeyError: 'new'"]


def test_a_traceback_that_the_live_release_logs_too_does_not_condemn(v1_live: Stage) -> None:
    """It is said that it was seen, and the release goes live."""
    v1_live.apps["v1"].log = ["started", *KNOWN]
    v1_live.apps["v2"].log = ["started", *KNOWN]
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    assert [said for said in v1_live.tell.said if "does not count" in said and "known for long" in said]


def test_a_new_traceback_condemns_though_the_live_release_has_others(v1_live: Stage) -> None:
    """The error quotes the new one, and not what is known."""
    v1_live.apps["v1"].log = ["started", *KNOWN]
    v1_live.apps["v2"].log = ["started", *KNOWN, *NEW]
    with pytest.raises(CandidateFailed, match="KeyError: 'new'") as caught:
        v1_live.deploy("v2")
    assert "known for long" not in caught.value.what
    assert v1_live.serving() == {"v1": 100}


@pytest.mark.parametrize(("when", "share"), [(3.0, 10), (15.0, 50), (25.0, 100)])
def test_a_new_traceback_at_any_step_goes_back(v1_live: Stage, when: float, share: int) -> None:
    """Exit 8, in the middle of the step and of the watch as well."""
    v1_live.clock.at(v1_live.clock.time + 60 + when, lambda: v1_live.apps["v2"].log.extend(NEW))
    with pytest.raises(WentBack, match=f"at {share} %.*KeyError: 'new'"):
        v1_live.deploy("v2")
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.nobody_was_dropped()


def test_what_strikes_both_releases_a_moment_apart_does_not_condemn(v1_live: Stage) -> None:
    """A database outage: the candidate happens to be the first to say so."""
    start = v1_live.clock.time + 60
    v1_live.clock.at(start + 5, lambda: v1_live.apps["v2"].log.extend(NEW))
    v1_live.clock.at(start + 5.2, lambda: v1_live.apps["v1"].log.extend(NEW))
    assert v1_live.deploy("v2").result is Result.DEPLOYED


@pytest.mark.parametrize("begins", [5.0, 5.1, 5.2, 5.3, 5.4])
def test_a_traceback_that_is_still_being_written_is_judged_whole(v1_live: Stage, begins: float) -> None:
    """Whenever the look at the log falls into it: its first line alone would be the same as any other's."""
    v1_live.apps["v1"].log = ["started", *KNOWN]
    start = v1_live.clock.time + 60
    v1_live.clock.at(start + begins, lambda: v1_live.apps["v2"].log.extend(KNOWN[:2]))
    v1_live.clock.at(start + begins + 0.2, lambda: v1_live.apps["v2"].log.extend(KNOWN[2:]))
    assert v1_live.deploy("v2").result is Result.DEPLOYED


def test_a_first_release_has_nobody_to_be_compared_with(empty: Stage) -> None:
    """Any traceback condemns it."""
    empty.apps["v1"].log = ["started", *KNOWN]
    with pytest.raises(CandidateFailed, match="known for long"):
        empty.deploy("v1")


def test_a_budget_is_for_the_whole_deployment(v1_live: Stage) -> None:
    """Two are put up with at the start; the third, under traffic, is one too many."""
    rules = LogRules(fail=("ERROR",), limit=2)
    v1_live.apps["v2"].log = ["started", "ERROR one", "ERROR two"]
    assert v1_live.deploy("v2", logs=rules).result is Result.DEPLOYED
    v1_live.apps["v3"].log = ["started", "ERROR 3 alone", "ERROR 4 alone"]
    v1_live.clock.at(v1_live.clock.time + 60 + 5, lambda: v1_live.apps["v3"].log.append("ERROR at last"))
    with pytest.raises(WentBack, match="3 times"):
        v1_live.deploy("v3", logs=rules)


def test_a_clean_log_costs_no_look_at_the_live_one(v1_live: Stage) -> None:
    """Whoever logs nothing bad pays nothing for the comparison."""
    v1_live.apps["v1"].log = KNOWN
    v1_live.deploy("v2")
    assert not v1_live.host.world.logs_read["v1"]
