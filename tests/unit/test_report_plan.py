"""The answer of `plan`, for people and for programs."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from bluegreen import report
from bluegreen.model.color import Color
from bluegreen.model.plan_report import PlanReport, PlanStep
from bluegreen.model.progress import Stage
from tests.unit.github_page import shown
from tests.unit.report_kit import RUN, Teller, everywhere, outputs_seen

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "plan.schema.json"
PLAN = PlanReport(
    app="myexample",
    version="v2",
    image="myexample:v2",
    color=Color.GREEN,
    container="myexample-v2",
    unchanged=False,
    live_version="v1",
    live_color=Color.BLUE,
    steps=(PlanStep(stage=None, text="remove x"), PlanStep(stage=Stage.BUILD, text="build it"), PlanStep(stage=Stage.BUILD, text="again")),
    diff=("+  server_name example.org;",),
)


def test_plan_as_json_outputs_and_summary(tmp_path: Path) -> None:
    """With `--json` only JSON is printed there; without it a person reads the steps by stage, and the diff with its indentation."""
    run, printed = Teller(), io.StringIO()
    assert report.finish(run.tell, PLAN, run=RUN, where=everywhere(tmp_path), json_stream=printed) == 0
    promised = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    document = json.loads(printed.getvalue())
    promised.validate(document)
    assert set(document) == set(promised.schema["properties"])
    assert run.text == ""
    seen = outputs_seen(tmp_path / "outputs")
    assert (seen["version"], seen["previous-version"], seen["color"], seen["containers"]) == ("v2", "v1", "green", "myexample-v2")
    page = shown((tmp_path / "summary.md").read_text())
    assert "<h3>myexample v2 would take the place of v1 (blue), as the green one</h3>" in page
    assert "<pre>+  server_name example.org;</pre>" in page
    run.finish(PLAN)
    lines = run.text.splitlines()
    assert lines[0] == "○ myexample v2 would take the place of v1 (blue), as the green one"
    assert lines[2:5] == ["  first     remove x", "  build     build it", "            again"]
    assert "  +  server_name example.org;" in lines
    assert lines[-1] == "  Nothing was changed."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"live_version": "", "live_color": None}, "would be the first release on this host (green)"),
        ({"unchanged": True, "diff": ()}, "is live already, and nothing would change"),
        ({"unchanged": True}, "is live already; only NGINX's site would change"),
        ({"problems": ("a", "b")}, "could not be deployed as the host is: 2 problems"),
    ],
)
def test_a_plan_is_one_sentence_first(changes: dict[str, Any], says: str) -> None:
    """What a deployment would come to."""
    run = Teller({"GITHUB_ACTIONS": "true", "NO_COLOR": "1"})
    run.finish(replace(PLAN, **changes))
    assert says in run.text.splitlines()[0]


def test_the_hundred_buckets_of_a_new_site_are_folded_for_a_person_only(tmp_path: Path) -> None:
    """Nobody reads them one by one, and everything else of the diff stays."""
    buckets = tuple(f"+    {'1%' if number < 99 else '* '} {number:02d};" for number in range(100))
    plan = replace(PLAN, diff=("+split_clients x y {", *buckets, "+}"))
    run, printed = Teller(), io.StringIO()
    run.finish(plan)
    shown_lines = [line.strip() for line in run.text.splitlines()]
    begin = shown_lines.index("+split_clients x y {")
    assert shown_lines[begin + 1 : begin + 5] == ["+    1% 00;", "+    … 98 more of these …", "+    *  99;", "+}"]
    report.finish(Teller().tell, plan, run=RUN, where=everywhere(tmp_path), json_stream=printed)
    assert "+    1% 42;" in printed.getvalue()
