"""Deployments that go well: what serves before, during and after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import WentBack
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk, RetireAsk
from bluegreen.model.outcome import Result
from bluegreen.model.release import Settings
from tests.flow.conftest import SETTINGS, Stage, ask_for


def test_a_first_deployment_serves_everything(empty: Stage) -> None:
    """On a host with nothing of ours, the release gets all traffic, and nobody else is named."""
    outcome = empty.deploy("v1")
    assert outcome.result is Result.DEPLOYED
    assert outcome.previous_version == ""
    assert empty.serving() == {"v1": 100}
    assert any("there is nothing to stop" in text for text in empty.tell.said)


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


def test_a_value_in_quotes_is_taken_as_it_stands_and_said_by_name(v1_live: Stage) -> None:
    """Whoever copied it from a file for compose or a shell meant no quotes; the value itself is nobody's business."""
    env = (("URL", '"hunter2"'), ("JSON", '{"a": "b"}'), ("TOKEN", "'hunter2'"), ("MARK", '"'))
    assert v1_live.deploy("v2", app=AppAsk(app="myexample", settings=replace(SETTINGS, env=env))).result is Result.DEPLOYED
    (warning,) = v1_live.tell.warnings
    assert warning.startswith("The values of `URL`, `TOKEN` are in quotes, which are part of the values")
    assert "hunter2" not in warning


def test_what_docker_warns_of_at_the_creation_is_told(v1_live: Stage) -> None:
    """A `memory` that this kernel cannot hold a container to would else be lost without a word."""
    v1_live.host.world.engine_warns = ("Your kernel does not support memory limit capabilities. Limitation discarded.",)
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    assert v1_live.tell.warnings == [f"Docker says of myexample-v2: {v1_live.host.world.engine_warns[0]}"]


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
    traffic = replace(ask_for("v1").traffic, server_names=("www.example.org",))
    assert v1_live.deploy("v1", traffic=traffic).result is Result.DEPLOYED
    site = v1_live.host.world.site
    assert site is not None
    assert "www.example.org" in site.text
    assert v1_live.running() == ["myexample-v1"]


def test_a_slow_health_check_that_was_good_enough_before_is_under_traffic_too(v1_live: Stage) -> None:
    """It asks a database, say; but one that gets much slower than it was is no longer good, and that is what is said."""
    v1_live.apps["v2"].answer = Answer(status=200, seconds=3.0)
    assert v1_live.deploy("v2").result is Result.DEPLOYED
    v1_live.clock.at(v1_live.clock.time + 70, lambda: setattr(v1_live.apps["v3"], "answer", Answer(status=200, seconds=3.0)))
    with pytest.raises(WentBack, match="no answer in time") as caught:
        v1_live.deploy("v3")
    assert "busy" in caught.value.means


def test_of_a_file_on_the_host_only_what_looks_like_a_secret_is_hidden(v1_live: Stage) -> None:
    """Hiding every value would hide each `yes` all over the log."""
    v1_live.deploy("v2", app=AppAsk(app="myexample", settings=SETTINGS, host_env_file="/etc/e"))
    assert "hunter2-of-the-host" in v1_live.tell.hidden
    assert "yes" not in v1_live.tell.hidden
