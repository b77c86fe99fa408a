"""Status tells what is, while it is so, and changes nothing."""

from __future__ import annotations

import pytest

from bluegreen.errors import CandidateFailed
from bluegreen.host import Answer
from bluegreen.model.ask import ShiftStep, TrafficAsk
from bluegreen.model.color import Color
from tests.flow.conftest import Stage


def test_it_tells_who_serves_and_how_it_answers(v1_live: Stage) -> None:
    """What a running container answers now; a stopped one is not asked."""
    v1_live.deploy("v2")
    told = v1_live.status()
    assert (told.live_version, told.live_share, told.candidate_share, told.kept) == ("v2", 100, None, ("v1",))
    assert {line.name: line.health for line in told.containers} == {"myexample-v2": "answers 200", "myexample-v1": ""}
    v1_live.apps["v2"].answer = Answer(status=503)
    assert "503" in v1_live.status().containers[-1].health + v1_live.status().containers[0].health


def test_it_tells_that_nothing_runs_of_what_should_serve(v1_live: Stage) -> None:
    """The route leads to a color whose container has ended."""
    v1_live.apps["v1"].exits = 1
    told = v1_live.status()
    assert (told.live_version, told.live_color, told.live_share, told.adopted) == ("", Color.BLUE, 0, "")


def test_it_tells_what_became_of_the_last_deployments(v1_live: Stage) -> None:
    """The newest first: also those that failed, and why, in a word."""
    v1_live.apps["v2"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        v1_live.deploy("v2")
    v1_live.deploy("v3")
    v1_live.rollback()
    told = [(event.event, event.detail("version")) for event in v1_live.status().history]
    assert told == [("rolled-back", "v3"), ("committed", "v1"), ("committed", "v3"), ("failed", "v2"), ("committed", "v1")]
    assert v1_live.status().history[3].detail("title") == "The new release failed"


def test_it_tells_that_a_deployment_is_paused(v1_live: Stage) -> None:
    """Both shares, since when and by whom; the live release is the old one, also where the new one has more."""
    v1_live.deploy("v2", traffic=TrafficAsk(steps=(ShiftStep(share=70, hold=0, pause=True),)))
    told = v1_live.status()
    assert (told.live_version, told.live_share, told.candidate_version, told.candidate_share) == ("v1", 30, "v2", 70)
    assert told.paused.startswith("2026-01-01T")
    v1_live.abort()
    assert (v1_live.status().paused, v1_live.status().history[0].event) == ("", "aborted")
