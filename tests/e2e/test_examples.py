"""The examples are deployed with their own workflow's inputs, each twice, the second time under load."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

from tests.box import Box
from tests.box.watch import Watch
from tests.box.wheels import BUILD_ARGS, context_with_wheels
from tests.e2e.product import ROOT, Product, serving
from tests.load import Kind, Load, Target
from tests.load.checker import check

EXAMPLES = ROOT / "examples"
RATES = {Kind.GET: 100.0, Kind.FRESH: 20.0}


def workflow_inputs(example: Path, version: str, box: Box) -> dict[str, str]:
    """The `with:` of the example's workflow, its secrets and the version put in."""
    workflow = yaml.safe_load((example / ".github" / "workflows" / "deploy.yml").read_text())
    step = next(step for step in workflow["jobs"]["deploy"]["steps"] if step.get("uses", "").startswith("org/bluegreen-action@"))
    given = {
        "secrets.EC2_HOST": box.address,
        "secrets.EC2_KEY": box.key_file.read_text(),
        "secrets.EC2_FINGERPRINT": box.fingerprint,
        "steps.version.outputs.name": version,
    }
    return {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: given[found[1]], str(value)) for name, value in step["with"].items()}


@pytest.mark.parametrize("name", ["fastapi", "node"])
def test_an_example_is_deployed_twice_and_no_user_notices(box: Box, product: Product, tmp_path: Path, name: str) -> None:
    """The first deployment serves; the second replaces it under load, with every answer from a release that was declared to serve."""
    example = EXAMPLES / name
    context = context_with_wheels(box.engine, example, tmp_path / "context") if (example / "requirements.txt").exists() else example

    def deploy(version: str) -> None:
        inputs = workflow_inputs(example, version, box)
        arguments = "\n".join((inputs["build-args"], *(BUILD_ARGS if name == "fastapi" else ())))
        changes = {"context": str(context), "build-args": arguments, "shift": "20% 2s", "watch": "2s"}
        product.inputs = inputs | changes
        done = product.run("deploy")
        assert done.exit_code == 0, done.out

    deploy("1a2b3c4")
    assert serving(box) == {"1a2b3c4": 40}
    app = workflow_inputs(example, "", box)["image"]
    with Watch(box, app) as watch, Load(Target(address=box.address), tmp_path / "load.jsonl", rates=RATES) as load:
        time.sleep(1)
        deploy("5d6e7f8")
        time.sleep(1)
    assert check(load.records(), watch.phases(), rate=sum(RATES.values())) == []
    assert serving(box) == {"5d6e7f8": 40}
