"""Going back on purpose, and runs that overtake each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import (
    CandidateFailed,
    NothingToRollBack,
)
from bluegreen.host import Answer
from bluegreen.model.color import Color
from bluegreen.model.outcome import Result
from bluegreen.model.release import RunInfo
from tests.flow.conftest import Stage


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
