"""action.yml, the README and the model of inputs say the same, and action.yml is safe by construction."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from bluegreen.inputs.field import Kind
from bluegreen.inputs.model import described
from bluegreen.report.outputs import outputs_of
from bluegreen.report.records import Report, Run, Told

ROOT = Path(__file__).resolve().parents[2]
INPUTS = {one.name: one for one in described() if not one.typed}


@pytest.fixture(scope="module")
def action() -> Any:
    """action.yml, read as the runner reads it."""
    return yaml.load((ROOT / "action.yml").read_text(), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def sync() -> ModuleType:
    """The tool that writes the inputs into the files people read."""
    spec = importlib.util.spec_from_file_location("sync_inputs", ROOT / "tools" / "sync_inputs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["action.yml", "README.md"])
def test_the_file_says_what_the_model_says(sync: ModuleType, name: str) -> None:
    """`python tools/sync_inputs.py` writes it anew."""
    text = (ROOT / name).read_text()
    assert sync.synced(ROOT / name, text) == text


def test_the_check_finds_a_description_that_was_changed_by_hand(sync: ModuleType) -> None:
    """And a block that is gone."""
    text = (ROOT / "action.yml").read_text()
    changed = text.replace("Port of its SSH server.", "Port.")
    assert sync.synced(ROOT / "action.yml", changed) == text
    with pytest.raises(ValueError, match="0 blocks 'the inputs'"):
        sync.synced(ROOT / "action.yml", text.replace("# tools/sync_inputs.py writes the inputs", "#"))


def test_every_input_stands_in_action_yml_with_its_default(action: Any) -> None:
    """Defaults are text there as in the model."""
    assert {name: given.get("default", "") for name, given in action["inputs"].items()} == {
        name: one.default for name, one in INPUTS.items()
    }
    assert {name for name, given in action["inputs"].items() if given.get("required")} == {"host", "username", "key"}
    assert all(given["description"].endswith(".") for given in action["inputs"].values())


def test_every_input_reaches_the_program_by_its_variable_and_by_nothing_else(action: Any) -> None:
    """An expression inside `run:` would let an input write the script."""
    install, run = action["runs"]["steps"]
    given = {name: value for name, value in run["env"].items() if name.startswith("INPUT_")}
    assert given == {one.env: f"${{{{ inputs.{name} }}}}" for name, one in INPUTS.items()}
    assert "env" not in install
    for step in (install, run):
        assert "${{" not in step["run"]
        assert step["run"].startswith("exec ")
        assert step["shell"] == "bash"
        assert "uses" not in step


def test_every_output_is_one_that_the_program_writes(action: Any) -> None:
    """In the same spelling."""
    report = Report(run=Run(), told=Told(), outcome=None, error=None, exit_code=1, started_at="", duration=0.0, round_trips=0, tool="")
    written = outputs_of(report, {"report": "", "report-html": ""})
    assert {name: given["value"] for name, given in action["outputs"].items()} == {
        name: f"${{{{ steps.run.outputs.{name} }}}}" for name in written
    }


def test_what_only_a_person_types_is_no_input_of_the_action(action: Any) -> None:
    """`init` answers a person; the README's table is the action's too."""
    typed = {one.name for one in described() if one.typed}
    assert typed == {"from-container"}
    assert not typed & set(action["inputs"])
    assert "`from-container` |" not in (ROOT / "README.md").read_text()
    assert "init" not in action["inputs"]["command"]["description"]


def test_no_secret_has_a_default() -> None:
    """And the secrets are those that carry keys, passwords and variables."""
    secrets = {name for name, one in INPUTS.items() if one.kind is Kind.SECRET}
    assert secrets == {"key", "passphrase", "env", "build-secrets"}
    assert not any(INPUTS[name].default for name in secrets)


def test_the_container_holds_what_the_program_needs_and_is_not_root() -> None:
    """What .dockerignore lets through is what the Dockerfile copies."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for word in line.split()}
    assert copied - {"wheel[s]/"} == let_through - {"wheels"}
    assert all((ROOT / name).exists() for name in let_through - {"wheels"})
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", dockerfile, re.MULTILINE)
