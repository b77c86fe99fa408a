"""Room for two releases at once: asked for before anything is built, of the live release or of the app that is adopted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.model.ask import AppAsk, Room
from bluegreen.model.outcome import Result
from bluegreen.model.release import Process
from tests.flow.conftest import SETTINGS, Stage

MIB = 1024**2
ADOPT = AppAsk(app="myexample", settings=SETTINGS, adopt="127.0.0.1:9000")


def _of_2_gib(stage: Stage) -> Stage:
    """Its app uses 900 MiB of the host's memory, and this much is left."""
    stage.host.world.memory = 900 * MIB
    stage.host.facts = replace(stage.host.facts, memory_available=873 * MIB)
    return stage


def test_a_host_without_room_is_refused_before_anything_is_built(v1_live: Stage) -> None:
    """With both numbers; the live release serves on, nothing was asked of it."""
    stage = _of_2_gib(v1_live)
    with pytest.raises(HostNotReady, match=r"needs 1080 MiB .* and 873 MiB are available") as refused:
        stage.deploy("v2")
    assert "room: warn" in refused.value.todo
    assert stage.host.world.ops == ["list"]
    assert stage.serving() == {"v1": 100}


def test_room_warn_only_warns(v1_live: Stage) -> None:
    """The same words as a warning, and the deployment goes on."""
    stage = _of_2_gib(v1_live)
    outcome = stage.deploy("v2", app=AppAsk(app="myexample", settings=SETTINGS, room=Room.WARN))
    assert outcome.result is Result.DEPLOYED
    assert [warning for warning in stage.tell.warnings if "needs 1080 MiB" in warning and "873 MiB are available" in warning]
    assert stage.serving() == {"v2": 100}


def test_a_plan_tells_that_there_is_no_room(v1_live: Stage) -> None:
    """As what would stop the deployment."""
    assert any("needs 1080 MiB" in problem for problem in _of_2_gib(v1_live).plan("v2").problems)


def test_the_app_that_is_adopted_counts_as_live(empty: Stage) -> None:
    """The release will need what it needs; once a release is live, that one does."""
    stage = _of_2_gib(empty)
    stage.host.world.elsewhere = {"127.0.0.1:9000": "old"}
    with pytest.raises(HostNotReady, match="900 MiB that old uses"):
        stage.deploy("v1", app=ADOPT)
    assert stage.serving() == {"old": 100}
    stage.deploy("v1", app=replace(ADOPT, room=Room.WARN))
    assert any("that old uses" in warning for warning in stage.tell.warnings)
    assert stage.serving() == {"v1": 100}
    with pytest.raises(HostNotReady, match="900 MiB that the live release uses"):
        stage.deploy("v2", app=ADOPT)


def test_a_rollback_is_warned_and_never_refused(v1_live: Stage) -> None:
    """Who goes back is in need, and `room` is no reason to stay."""
    v1_live.deploy("v2")
    stage = _of_2_gib(v1_live)
    assert stage.rollback().result is Result.ROLLED_BACK
    assert any("needs 1080 MiB" in warning for warning in stage.tell.warnings)
    assert stage.serving() == {"v1": 100}


def test_processes_need_room_too(v1_live: Stage) -> None:
    """Those that run are measured: beside each of them another one will run."""
    settings = replace(SETTINGS, processes=(Process(name="worker", words=("work",)), Process(name="clock", words=("tick",))))
    app = AppAsk(app="myexample", settings=settings)
    v1_live.deploy("v2", app=app)
    stage = _of_2_gib(v1_live)
    stage.host.facts = replace(stage.host.facts, memory_available=1100 * MIB)
    with pytest.raises(HostNotReady, match=r"the new processes need 2160 MiB .*900 MiB that those .* use, × 2 processes") as refused:
        stage.deploy("v3", app=app)
    assert "the candidate" not in refused.value.what
    assert stage.serving() == {"v2": 100}
