"""Logs shows what a color's containers log, and goes on with whoever is live when asked to follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.model.ask import AppAsk, LogsAsk, ShiftStep, TrafficAsk, Whose
from bluegreen.model.release import Process
from tests.flow.conftest import SETTINGS, Stage


def _texts(stage: Stage, show: LogsAsk) -> list[str]:
    return [line.text for line in stage.logs(show).lines]


def test_the_last_lines_of_the_live_release(v1_live: Stage) -> None:
    """So many as were asked for, and nothing is changed."""
    v1_live.apps["v1"].log = [f"line {number}" for number in range(5)]
    before = (dict(v1_live.host.world.containers), v1_live.host.world.routes)
    assert _texts(v1_live, LogsAsk(lines=2)) == ["line 3", "line 4"]
    assert (dict(v1_live.host.world.containers), v1_live.host.world.routes) == before
    assert "the log of myexample-v1" in v1_live.tell.said


def test_each_color_by_its_name_or_its_role(v1_live: Stage) -> None:
    """A paused candidate is green here; the kept release's log can still be read after its end."""
    v1_live.apps["v1"].log, v1_live.apps["v2"].log = ["one"], ["two"]
    v1_live.deploy("v2", traffic=TrafficAsk(steps=(ShiftStep(share=10, hold=0, pause=True),)))
    shown = {whose: _texts(v1_live, LogsAsk(whose=whose)) for whose in Whose}
    assert shown == {Whose.LIVE: ["one"], Whose.CANDIDATE: ["two"], Whose.BLUE: ["one"], Whose.GREEN: ["two"]}
    v1_live.promote()
    assert _texts(v1_live, LogsAsk(whose=Whose.BLUE)) == ["one"]


def test_following_shows_what_comes_and_ends_when_it_is_interrupted(v1_live: Stage) -> None:
    """That is no failure; when another release has become live, its log is what comes."""
    v1_live.apps["v1"].log, v1_live.apps["v2"].log = ["one"], ["two"]
    now, world = v1_live.clock.time, v1_live.host.world
    v1_live.clock.at(now + 2, lambda: v1_live.apps["v1"].log.append("later"))

    def another() -> None:
        (live,) = world.containers.values()
        other = replace(live, id="x", name="myexample-v2", image_id=v1_live.apps["v2"].image.id)
        world.containers = {"x": other}
        world.born["x"] = 0

    v1_live.clock.at(now + 8, another)
    v1_live.clock.at(now + 20, lambda: setattr(v1_live.clock, "cancelled", True))
    assert _texts(v1_live, LogsAsk(follow=True)) == ["one", "later", "two"]
    assert "no longer following" in v1_live.tell.said


def test_the_release_s_own_secrets_are_hidden(v1_live: Stage) -> None:
    """They are not among the inputs of `logs`, but the release's recipe has them."""
    settings = replace(SETTINGS, env=(("API_TOKEN", "hunter2hunter2"), ("MODE", "production")))
    v1_live.deploy("v2", app=AppAsk(app="myexample", settings=settings))
    v1_live.logs(LogsAsk())
    assert "hunter2hunter2" in v1_live.tell.hidden
    assert "production" not in v1_live.tell.hidden


def test_a_worker_s_log_by_its_name(empty: Stage) -> None:
    """Of the live release unless a color is named; one that failed is read, not the old one that works on for it."""
    working = AppAsk(app="myexample", settings=replace(SETTINGS, processes=(Process(name="worker", words=("work",)),)))
    empty.deploy("v1", app=working)
    for version in ("v1", "v2", "v3"):
        empty.apps[version].log = [f"of {version}"]
    assert _texts(empty, LogsAsk(process="worker")) == ["of v1"]
    assert "the log of myexample-worker-v1" in empty.tell.said
    for version in ("v2", "v3"):
        empty.apps[version].exits, empty.apps[version].ill = 3, f"-worker-{version}"
    empty.deploy("v2", app=working)
    assert _texts(empty, LogsAsk(process="worker")) == ["of v2"]
    assert _texts(empty, LogsAsk(process="worker", whose=Whose.BLUE)) == ["of v1"]
    with pytest.raises(HostNotReady, match=r"no live process `clock` of .* there is `worker` in blue and `worker` in green"):
        empty.logs(LogsAsk(process="clock"))
    empty.deploy("v3", app=working)
    assert "myexample-worker-v1" in empty.running(), "it works on in v3's own color"
    assert _texts(empty, LogsAsk(process="worker")) == ["of v3"]


def test_where_there_is_no_process_it_says_so(v1_live: Stage) -> None:
    """The release has none at all."""
    with pytest.raises(HostNotReady, match="there is no other process either"):
        v1_live.logs(LogsAsk(process="worker"))


def test_where_there_is_no_such_container_it_says_so(empty: Stage) -> None:
    """Exit code 4."""
    with pytest.raises(HostNotReady, match="no candidate container"):
        empty.logs(LogsAsk(whose=Whose.CANDIDATE))
