"""The answer of `init`, for people and for programs; its workflow is YAML that means what the inputs say."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import yaml

from bluegreen import report
from bluegreen.model.init_report import InitReport, NewSecret, WorkflowInput
from bluegreen.model.site import Edit, UsersSite
from bluegreen.report.init import init_workflow
from bluegreen.report.places import Places
from tests.unit.report_kit import RUN, Teller

_EDIT = Edit(
    file="/etc/nginx/sites-enabled/shop", line=5, old="proxy_pass http://127.0.0.1:8000;", new="include /etc/nginx/bluegreen/shop.conf;"
)
_REPORT = InitReport(
    app="shop",
    container="shop-web-1",
    image="shop:v7",
    url="https://shop.example/",
    inputs=(
        WorkflowInput(name="image", text="shop"),
        WorkflowInput(name="container-port", text="8000"),
        WorkflowInput(name="env", secret="APP_ENV"),
        WorkflowInput(name="volumes", text="/srv/d:/d:ro\nup:/up"),
        WorkflowInput(name="container-command", text="sh -c 'echo ${{ x }}: # no'"),
    ),
    secrets=(NewSecret(name="APP_ENV", holds="the variables: SECRET_KEY", command="docker inspect shop-web-1"),),
    site=UsersSite(part="/etc/nginx/bluegreen/shop.conf", edits=(_EDIT,), problems=("shop:7: move it.",)),
    notes=("`--privileged`: no.",),
)


def _step(text: str) -> dict[str, str]:
    workflow = yaml.load(text, yaml.CSafeLoader)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"] == {"group": "deploy-shop", "cancel-in-progress": False}
    checkout, step = workflow["jobs"]["deploy"]["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert step["uses"] == "org/bluegreen-action@v1"
    found: dict[str, str] = step["with"]
    return found


def test_the_workflow_says_what_the_inputs_say() -> None:
    """Secrets are expressions, and what only looks like one is none."""
    assert _step(init_workflow(_REPORT)) == {
        "image": "shop",
        "container-port": 8000,
        "env": "${{ secrets.APP_ENV }}",
        "volumes": "/srv/d:/d:ro\nup:/up\n",
        "container-command": "sh -c 'echo ${{ '${{' }} x }}: # no'",
    }


def test_a_person_reads_secrets_workflow_edit_and_notes_in_the_order_of_doing() -> None:
    """The workflow can be copied as it stands."""
    run = Teller()
    assert report.finish(run.tell, _REPORT, run=RUN, where=Places()) == 0
    lines = run.text.splitlines()
    first, last = lines.index("name: Deploy"), lines.index("  /etc/nginx/sites-enabled/shop:5")
    assert _step("\n".join(lines[first : lines.index("", first)]))["image"] == "shop"
    order = ["○ shop-web-1 runs shop:v7, and https://shop.example/ leads to it", "  APP_ENV  the variables: SECRET_KEY", lines[first]]
    assert [lines.index(line) for line in order] == sorted(lines.index(line) for line in order)
    assert lines[last + 1 : last + 3] == [f"  - {_EDIT.old}", f"  + {_EDIT.new}"]
    assert "  ✗ shop:7: move it." in lines
    assert "  ! `--privileged`: no." in lines
    assert lines[-1] == "  Nothing was changed."


def test_once_the_edit_is_made_none_is_asked_for() -> None:
    """The place that includes our part is told."""
    run = Teller()
    done = replace(_REPORT, site=UsersSite(part="/etc/nginx/bluegreen/shop.conf", included=("shop:5",)))
    report.finish(run.tell, done, run=RUN, where=Places())
    assert "Nothing to edit: shop:5 includes /etc/nginx/bluegreen/shop.conf already" in run.text


def test_programs_get_the_same_as_json() -> None:
    """And nothing else on that stream."""
    run, printed = Teller(secrets=("hunter2hunter2",)), io.StringIO()
    told = replace(_REPORT, notes=("a hunter2hunter2",))
    assert report.finish(run.tell, told, run=RUN, where=Places(), json_stream=printed) == 0
    document = json.loads(printed.getvalue())
    assert document["workflow"] == init_workflow(_REPORT)
    assert document["edits"] == [{"file": _EDIT.file, "line": 5, "old": _EDIT.old, "new": _EDIT.new}]
    assert [one["name"] for one in document["secrets"]] == ["APP_ENV"]
    assert document["notes"] == ["a ***"]
    assert run.text == ""
