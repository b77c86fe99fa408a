"""The smoke test: the last word before any user reaches a candidate."""

from __future__ import annotations

import pytest

from bluegreen.errors import Cancelled, CandidateFailed, HostNotReady
from bluegreen.model.ask import SmokeTest
from bluegreen.model.outcome import Result
from tests.flow.conftest import Stage

SMOKE = SmokeTest(script="curl $BLUEGREEN_PREVIEW_URL/orders", timeout=60)


def test_a_smoke_test_asks_the_candidate_while_users_are_on_the_old_release(v1_live: Stage) -> None:
    """Its output is a group of its own, and then the shift begins."""
    assert v1_live.deploy("v2", smoke=SMOKE).result is Result.DEPLOYED
    assert v1_live.host.world.smoke_tests == [("v2", {"v1": 100})]
    said = v1_live.tell.said
    assert said.index("smoke test") < said.index(f"+ {SMOKE.script}") < said.index("the smoke test passed in 1.0 s")


def test_a_first_release_is_smoke_tested_before_anybody_reaches_it(empty: Stage) -> None:
    """The site is in place by then, and leads nowhere yet."""
    assert empty.deploy("v1", smoke=SMOKE).result is Result.DEPLOYED
    assert empty.host.world.smoke_tests == [("v1", {"nobody": 100})]


@pytest.mark.parametrize(
    ("ended", "words"), [(1, "failed with exit code 1"), (None, "did not end within 60 s"), (-11, "was killed by signal 11")]
)
def test_a_smoke_test_that_does_not_pass_leaves_the_old_release_untouched(v1_live: Stage, ended: int | None, words: str) -> None:
    """Exit 7, with what it printed and what the candidate logged; no user has reached the candidate."""
    v1_live.apps["v2"].smoke = ended
    with pytest.raises(CandidateFailed, match=words) as caught:
        v1_live.deploy("v2", smoke=SMOKE)
    assert "myexample-v1 serves all traffic" in caught.value.state
    assert v1_live.tell.proof["The last lines of the smoke test"] == [f"+ {SMOKE.script}"]
    assert all(served == {"v1": 100} for _, served in v1_live.host.world.log_of_moves)
    assert v1_live.running() == ["myexample-v1"]


def test_a_first_release_that_fails_its_smoke_test_leaves_no_site(empty: Stage) -> None:
    """Nothing served before, nothing serves after."""
    empty.apps["v1"].smoke = 1
    with pytest.raises(CandidateFailed):
        empty.deploy("v1", smoke=SMOKE)
    assert empty.host.world.site is None
    assert empty.running() == []


def test_a_candidate_that_the_smoke_test_breaks_gets_no_user_though_it_passed(v1_live: Stage) -> None:
    """A traceback that its questions provoked is found before the shift, exit 7 and not 8."""
    v1_live.clock.at(v1_live.clock.time + 61, lambda: v1_live.apps["v2"].log.append("Traceback (most recent call last):"))
    with pytest.raises(CandidateFailed, match="did not survive the smoke test"):
        v1_live.deploy("v2", smoke=SMOKE)
    assert all(served == {"v1": 100} for _, served in v1_live.host.world.log_of_moves)


def test_a_rollback_is_smoke_tested_too(v1_live: Stage) -> None:
    """The release from yesterday may not fit the data of today."""
    v1_live.deploy("v2")
    v1_live.apps["v1"].smoke = 1
    with pytest.raises(CandidateFailed, match="smoke test"):
        v1_live.rollback(smoke=SMOKE)
    assert v1_live.serving() == {"v2": 100}


@pytest.mark.parametrize("error", [HostNotReady("no forwarding"), Cancelled("cancelled")])
def test_a_smoke_test_that_cannot_be_run_or_is_cancelled_changes_nothing(v1_live: Stage, error: Exception) -> None:
    """And the next deployment succeeds."""
    v1_live.host.world.faults["smoke_test"] = [error]  # type: ignore[list-item]
    with pytest.raises(type(error)):
        v1_live.deploy("v2", smoke=SMOKE)
    assert v1_live.serving() == {"v1": 100}
    assert v1_live.deploy("v2", smoke=SMOKE).result is Result.DEPLOYED
