"""The files a run leaves: outputs and summary for the runner, report.json for machines."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from bluegreen import report
from bluegreen.errors import BadInput, Cancelled, UndoFailed, WentBack
from bluegreen.model.color import Color
from bluegreen.model.event import Event
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import StepRecord
from bluegreen.model.status import ContainerStatus, StatusReport
from bluegreen.report.outputs import render_outputs
from tests.unit.github_page import shown
from tests.unit.report_kit import BACK, DEPLOYED, RUN, Teller, everywhere, outputs_seen

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIRST = Outcome(result=Result.DEPLOYED, version="v1", color=Color.BLUE, image_id="sha256:12")


@functools.cache
def promised(schema: str) -> Draft202012Validator:
    """A committed schema that is itself a valid one."""
    text = json.loads((DOCS / schema).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(text)
    return Draft202012Validator(text)


def check(document: dict[str, Any], schema: str) -> None:
    """The document is what its schema promises, and holds nothing the schema does not mention."""
    promised(schema).validate(document)
    assert set(document) == set(promised(schema).schema["properties"])


def test_outputs_of_a_success(tmp_path: Path) -> None:
    """Every output the action promises, read as the runner reads them."""
    run = Teller()
    run.deploy()
    run.finish(where=everywhere(tmp_path))
    assert outputs_seen(tmp_path / "outputs") == {
        "result": "deployed",
        "version": "v2",
        "previous-version": "v1",
        "color": "green",
        "image-id": DEPLOYED.image_id,
        "containers": "myexample-v2",
        "url": "http://myexample.com",
        "duration": f"{0.8 + 11.1 + 20 + 1:.1f}",
        "requests": "2100",
        "failed-requests": "2",
        "report": str(tmp_path / "reports" / "report.json"),
        "report-html": str(tmp_path / "reports" / "report.html"),
    }


def test_outputs_of_a_failure(tmp_path: Path) -> None:
    """`failed`, the version that was asked for, and the reports: a later step may want to upload them."""
    run = Teller()
    run.finish(BACK, everywhere(tmp_path))
    seen = outputs_seen(tmp_path / "outputs")
    assert (seen["result"], seen["version"], seen["color"], seen["previous-version"]) == ("failed", "v2", "", "")
    assert Path(seen["report"]).is_file()


def test_no_value_can_add_an_output(tmp_path: Path) -> None:
    """A hostile value stays one value, whatever it looks like, and what others wrote into the file stays too."""
    (tmp_path / "outputs").write_text("earlier=1\n")
    run = Teller()
    hostile = Outcome(result=Result.DEPLOYED, version="v1\nEOF\nresult=hacked", containers=("a<<b", "bluegreen_0\nurl=x"))
    run.finish(hostile, everywhere(tmp_path))
    seen = outputs_seen(tmp_path / "outputs")
    assert seen["earlier"] == "1"
    assert seen["result"] == "deployed"
    assert seen["version"] == "v1 EOF result=hacked"
    assert seen["containers"] == "a<<b\nbluegreen_0 url=x"
    assert len(seen) == 13


@pytest.mark.parametrize(
    "end",
    [
        DEPLOYED,
        FIRST,
        Outcome(result=Result.UNCHANGED, version="v2", previous_version="v2"),
        Outcome(result=Result.SUPERSEDED, version="v3"),
        Outcome(result=Result.ROLLED_BACK, version="v1", previous_version="v2", kept=("v2",)),
        BACK,
        Cancelled("The job was cancelled."),
        UndoFailed("The traffic could not be moved."),
        BadInput(["a", "b"]),
        KeyError("x"),
    ],
    ids=lambda end: type(end).__name__ if isinstance(end, Exception) else end.result.value,
)
def test_the_json_report_is_what_its_schema_promises(end: Outcome | Exception, tmp_path: Path) -> None:
    """For every way a run can end; `--json` prints the same text as the file holds, and nothing else."""
    run = Teller()
    if end is BACK:
        with pytest.raises(WentBack):
            run.deploy(fails=BACK)
    else:
        run.deploy()
    run.tell.warn("no IPv6 here")
    printed = io.StringIO()
    code = report.finish(run.tell, end, run=RUN, where=everywhere(tmp_path), json_stream=printed)
    document = json.loads(printed.getvalue())
    check(document, "report.schema.json")
    assert printed.getvalue() == (tmp_path / "reports" / "report.json").read_text(encoding="utf-8")
    assert document["exit_code"] == code
    assert document["round_trips"] == run.trips
    assert document["host"] == {"address": "host.example", "facts": {"docker": "20.10.24"}}
    assert document["stages"][0] == {"name": "build", "start": 0.8, "seconds": 11.1, "round_trips": 9, "failed": False}


def test_the_json_report_of_a_run_that_went_back(tmp_path: Path) -> None:
    """Which stage failed, at which step and why, the error's four parts, and the evidence."""
    run = Teller()
    with pytest.raises(WentBack):
        run.deploy(fails=BACK)
    run.finish(BACK, everywhere(tmp_path))
    document = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert [(stage["name"], stage["failed"]) for stage in document["stages"]] == [("build", False), ("reroute", True)]
    step = document["steps"][-1]
    told = [step[name] for name in ("share", "start", "seconds", "verdict", "reason")]
    assert told == [50, 21.9, 10, "go back", "as seen"]
    assert (step["requests"], step["failed_requests"]) == (1050, 1)
    assert step["candidate"] == {"requests": 50, "server_errors": 1, "failed_attempts": 2, "p50": 0.012, "p95": 0.04, "p99": 0.9}
    assert step["live"] == {"requests": 1002, "server_errors": 0, "failed_attempts": 0, "p50": 0.011, "p95": 0.011, "p99": 0.011}
    assert document["error"] == {
        "title": "Went back",
        "exit_code": 8,
        "what": "v2 misbehaved at 50 %.",
        "means": "It dies.",
        "state": "v1 serves all traffic.",
        "todo": "Mend `app.py`.",
    }
    assert document["evidence"] == [{"title": "The last lines of its log", "lines": ["Traceback", "KeyError: 7"]}]


def test_a_step_whose_log_could_not_be_read_has_no_numbers(tmp_path: Path) -> None:
    """Null, not 0: nobody knows. The outputs are empty then."""
    run = Teller()
    run.tell.step(StepRecord(share=10, seconds=1, verdict="go on", reason="as seen"))
    run.finish(where=everywhere(tmp_path))
    document = json.loads((tmp_path / "reports" / "report.json").read_text())
    check(document, "report.schema.json")
    assert [document["steps"][0][name] for name in ("requests", "failed_requests", "candidate", "live")] == [None] * 4
    assert outputs_seen(tmp_path / "outputs")["requests"] == ""


def test_status_as_json_outputs_and_summary(tmp_path: Path) -> None:
    """With `--json` only JSON is printed there, and no table."""
    run, printed = Teller(), io.StringIO()
    status = StatusReport(
        app="myexample",
        live_version="v2",
        live_color=Color.GREEN,
        live_share=100,
        containers=(ContainerStatus(name="myexample-v2", color=Color.GREEN, version="v2", state="running"),),
        history=(Event(at="2026-11-24T15:00:00Z", event="committed", by="run 7", details=(("version", "v2"),)),),
    )
    assert report.finish(run.tell, status, run=RUN, where=everywhere(tmp_path), json_stream=printed) == 0
    check(json.loads(printed.getvalue()), "status.schema.json")
    assert run.text == ""
    assert outputs_seen(tmp_path / "outputs") == {"version": "v2", "color": "green", "containers": "myexample-v2", "url": ""}
    page = shown((tmp_path / "summary.md").read_text())
    assert "<h3>myexample v2 serves all traffic (green)</h3>" in page
    assert ">myexample-v2</td>" in page
    assert ">committed</td>" in page


def test_delimiters_of_outputs_cannot_be_known_beforehand() -> None:
    """Two runs with the same values write different files."""
    assert render_outputs({"a": "1"}) != render_outputs({"a": "1"})


def test_a_report_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """The deployment succeeded; the report's trouble is a warning."""
    (tmp_path / "file").write_text("")
    run = Teller()
    run.deploy()
    blocked = tmp_path / "file" / "below"
    assert run.finish(where=report.Places(directory=blocked, outputs=blocked / "o", summary=blocked / "s")) == 0
    assert run.text.count("could not be written: ") == 4
    assert "✓ myexample v2 serves all traffic" in run.text


def test_places_follow_the_runner(tmp_path: Path) -> None:
    """GITHUB_OUTPUT and GITHUB_STEP_SUMMARY, if there are any; `summary: false` writes none."""
    environ = {"GITHUB_OUTPUT": "/o", "GITHUB_STEP_SUMMARY": "/s"}
    assert report.places(environ, directory=tmp_path) == report.Places(directory=tmp_path, outputs=Path("/o"), summary=Path("/s"))
    assert report.places(environ, directory=None, summary=False) == report.Places(outputs=Path("/o"))
    assert report.places({"GITHUB_OUTPUT": ""}, directory=None) == report.Places()
