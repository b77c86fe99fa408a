"""Cleanup removes what nobody needs, and nothing else, whatever was left on the host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import CandidateFailed
from bluegreen.host import Answer
from bluegreen.model.ask import RetireAsk
from bluegreen.model.container import Image
from bluegreen.model.outcome import Result
from tests.fakes import App
from tests.flow.conftest import Stage


def _tags(stage: Stage) -> set[str]:
    return {tag for app in stage.host.world.apps.values() for tag in app.image.tags}


def test_what_is_beyond_keep_goes_with_its_image(v1_live: Stage) -> None:
    """The live release and its image stay, even with `keep: 0`; a newer image, which may be another deployment's, stays too."""
    v1_live.deploy("v2")
    outcome = v1_live.cleanup(retire=RetireAsk(keep=0))
    assert outcome.result is Result.CLEANED
    assert outcome.removed == ("myexample-v1", "image myexample:v1")
    assert (v1_live.running(), v1_live.stopped(), v1_live.serving()) == (["myexample-v2"], [], {"v2": 100})
    assert _tags(v1_live) == {"myexample:v2", "myexample:v3", "myexample:v4", "myexample:v5"}
    assert [release.version for release in v1_live.host.world.releases.values()] == ["v2"]


def test_what_is_kept_stays(v1_live: Stage) -> None:
    """By default a rollback is as possible after it as before, and a second cleanup finds nothing."""
    v1_live.deploy("v2")
    outcome = v1_live.cleanup()
    assert (outcome.removed, outcome.kept) == ((), ("v1",))
    assert v1_live.rollback().version == "v1"


def test_images_of_failed_releases_go_once_a_newer_one_is_live(v1_live: Stage) -> None:
    """They were built before the live one, and no release needs them."""
    v1_live.apps["v2"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        v1_live.deploy("v2")
    v1_live.host.world.apps["sha256:x"] = App(image=Image(id="sha256:x", created="2026-01-02"))
    v1_live.deploy("v3", retire=RetireAsk(keep=1))
    v1_live.host.world.apps["sha256:y"] = App(image=Image(id="sha256:y", created="2026-01-02"))
    assert v1_live.cleanup().removed == ("image sha256:y",)


def test_what_a_dead_deployment_left_goes_and_is_said(v1_live: Stage) -> None:
    """A candidate that still runs, a stopped one of nobody, and files that are no recipe."""
    world = v1_live.host.world
    live = next(iter(world.containers.values()))
    strays = {"x": replace(live, id="x", name="stray", running=True, release_id="ffffffff", color=live.color.other, address="")}
    world.containers |= strays | {"y": replace(strays["x"], id="y", name="stopped", running=False)}
    world.litter = ("/var/lib/bluegreen/apps/myexample/releases/0.new",)
    outcome = v1_live.cleanup()
    assert set(outcome.removed) == {"stray", "stopped", *outcome.removed[-1:]}
    assert outcome.removed[-1].endswith("0.new")
    assert (v1_live.running(), v1_live.stopped()) == (["myexample-v1"], [])
    assert v1_live.nobody_was_dropped()


def test_with_no_release_running_nothing_of_a_release_goes(v1_live: Stage) -> None:
    """Its container may have been stopped by hand: it is what a person wants to start again."""
    v1_live.deploy("v2")
    world = v1_live.host.world
    world.containers = {key: replace(container, running=False) for key, container in world.containers.items()}
    assert v1_live.cleanup(retire=RetireAsk(keep=0)).removed == ()
    assert v1_live.stopped() == ["myexample-v1", "myexample-v2"]
    assert {"myexample:v1", "myexample:v2"} <= _tags(v1_live)
