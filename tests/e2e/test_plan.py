"""`plan`: a deployment told and not done. The host is compared before and after, down to the inodes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, everything, expect_end, expect_served_by, plain, users
from tests.e2e.product import ROOT, Done, Product


def _plan(box: Box, product: Product, **inputs: str) -> Done:
    """A plan, and the assertion that nothing is another one afterwards."""
    before = everything(box)
    done = product.start("plan", **inputs).finish()
    assert everything(box) == before
    assert done.exit_code == 0, done.out
    return done


def _json(product: Product, directory: Path, version: str) -> dict[str, Any]:
    directory.mkdir()
    words = (sys.executable, "-I", str(ROOT / "entrypoint.py"), "plan", "--json")
    environment = product.environment(directory, version=version)
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_plan_foretells_the_deployment_and_changes_nothing(box: Box, product: Product, tmp_path: Path) -> None:
    """On a fresh host, beside a live release with users, for the live release itself, and where another site is in the way."""
    product.inputs |= QUICK
    first = _plan(box, product, version="v1")
    expect_end(first, 0, "would be the first release", "the Docker network bluegreen-myexample", "build myexample:v1 on the host")
    assert "+ server ADDRESS-OF-BLUE:8000" in plain(first.out)
    expect_end(product.deploy("v1"), 0)

    with users(box, tmp_path / "load.jsonl") as load:
        second = _plan(box, product, version="v2", server_name="www.example.test", shift="20% 30s")
        records = load.stop()
    expect_served_by(records, "v1")
    expect_end(second, 0, "v2 would take the place of v1 (blue), as the green one", "20 % for 30 s, 100 % for 0 s", "reload NGINX")
    assert any("  +" in line for line in second.out.splitlines() if "www.example.test" in line)
    assert "v2 would take the place" in second.summary

    told = _json(product, tmp_path / "json", "v2")
    assert (told["live"], told["site_diff"], told["problems"]) == ({"version": "v1", "color": "blue"}, [], [])
    deployed = product.deploy("v2")
    assert told["candidate"]["container"] == deployed.outputs["containers"] == f"{APP_NAME}-v2"
    assert told["candidate"]["color"] == deployed.outputs["color"]

    expect_end(_plan(box, product, version="v2"), 0, "v2 is live already, and nothing would change")
    box.write("/etc/nginx/conf.d/other.conf", "server { listen 80; server_name www.example.test; }\n")
    expect_end(_plan(box, product, version="v3", server_name="www.example.test"), 0, "could not be deployed", "other.conf")
