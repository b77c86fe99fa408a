"""Deploying again: the same thing touches nothing, another thing in the same version is another release, and back is a deployment too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, containers, everything, expect_end, expect_served_by, plain, route, users
from tests.e2e.product import ROOT, Product, serving


@pytest.fixture
def live(product: Product) -> Product:
    """v1 is live."""
    product.inputs |= QUICK
    assert product.deploy("v1").exit_code == 0
    return product


def _names(box: Box) -> list[str]:
    return [" ".join(line.split()[:2]) for line in containers(box)]


def _status(product: Product, directory: Path) -> dict[str, Any]:
    """What `status --json` prints on standard output, which is JSON and nothing else."""
    directory.mkdir()
    words = (sys.executable, "-I", str(ROOT / "entrypoint.py"), "status", "--json")
    done = subprocess.run(words, cwd=ROOT, env=product.environment(directory), capture_output=True, timeout=30, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_same_again_touches_nothing(box: Box, live: Product, tmp_path: Path) -> None:
    """No container, image, network, file or process of NGINX's is another one afterwards, and no file was even written."""
    before = everything(box)
    with users(box, tmp_path / "load.jsonl") as load:
        done = live.deploy("v1")
        records = load.stop()
    expect_end(done, 0, "v1 already serves all traffic; nothing was changed")
    assert done.outputs["result"] == "unchanged"
    assert done.outputs["version"] == "v1"
    expect_served_by(records, "v1")
    assert everything(box) == before


def test_the_same_version_with_other_settings_is_another_release(box: Box, live: Product, tmp_path: Path) -> None:
    """It is deployed like any other, beside the old one, under a name that tells them apart; its settings reach it."""
    with users(box, tmp_path / "load.jsonl") as load:
        done = live.deploy("v1", env="COLOR=red", memory="256m")
        records = load.stop()
    expect_end(done, 0, "v1 serves all traffic")
    expect_served_by(records, "v1")
    name = done.outputs["containers"]
    assert name.startswith(f"{APP_NAME}-v1-")
    assert _names(box) == [f"{APP_NAME}-v1 exited", f"{name} running"]
    found = json.loads(box.docker("inspect", name))[0]
    assert "COLOR=red" in found["Config"]["Env"]
    assert found["HostConfig"]["Memory"] == 256 * 1024**2
    again = live.deploy("v1", env="COLOR=red", memory="256m")
    expect_end(again, 0, "v1 already serves all traffic; nothing was changed")
    assert again.outputs["result"] == "unchanged", again.out


def test_there_and_back_again(box: Box, live: Product, tmp_path: Path) -> None:
    """v1 → v2 → v1 → v2, each a deployment that nobody notices."""
    with users(box, tmp_path / "load.jsonl") as load:
        for version in ("v2", "v1", "v2"):
            done = live.deploy(version)
            expect_end(done, 0, f"{version} serves all traffic")
            assert set(serving(box, count=10)) == {version}
        records = load.stop()
    expect_served_by(records, "v1", "v2")
    assert len(containers(box)) == 2


def test_rollback_returns_to_the_kept_release_and_forth_again(box: Box, live: Product, tmp_path: Path) -> None:
    """Like a deployment it is proved and unnoticed; rolled back from, the newer release is the kept one."""
    expect_end(live.deploy("v2"), 0)
    with users(box, tmp_path / "load.jsonl") as load:
        back = live.run("rollback")
        assert set(serving(box, count=10)) == {"v1"}
        forth = live.run("rollback")
        records = load.stop()
    expect_end(back, 0, "v1 serves all traffic again; v2 is kept")
    assert (back.outputs["result"], back.outputs["version"], back.outputs["previous-version"]) == ("rolled-back", "v1", "v2")
    expect_end(forth, 0, "v2 serves all traffic again; v1 is kept")
    expect_served_by(records, "v1", "v2")
    assert set(serving(box, count=10)) == {"v2"}


def test_rollback_without_anything_to_go_back_to(box: Box, live: Product) -> None:
    """Exit code 9: there is no earlier release, or its image is gone; the live one goes on."""
    expect_end(live.run("rollback"), 9, "no earlier release on the host")
    expect_end(live.deploy("v2"), 0)
    box.docker("rm", f"{APP_NAME}-v1")
    box.docker("rmi", f"{APP_NAME}:v1")
    expect_end(live.run("rollback"), 9, "image of v1", "no longer on the host", "Deploy v1 again")
    assert set(serving(box, count=10)) == {"v2"}


def test_keep_says_how_many_stay(box: Box, live: Product) -> None:
    """Stopped, with their images; what is beyond goes, containers and images, and 0 keeps none."""
    for version in ("v2", "v3", "v4"):
        done = live.deploy(version, keep="2")
        expect_end(done, 0)
    assert _names(box) == [f"{APP_NAME}-v2 exited", f"{APP_NAME}-v3 exited", f"{APP_NAME}-v4 running"]
    assert sorted(box.docker("image", "ls", APP_NAME, "--format", "{{.Tag}}").split()) == ["v2", "v3", "v4"]
    expect_end(live.deploy("v5", keep="0"), 0, "v5 serves all traffic")
    assert _names(box) == [f"{APP_NAME}-v5 running"]
    assert box.docker("image", "ls", APP_NAME, "--format", "{{.Tag}}") == "v5"
    assert box.sh(f"ls /var/lib/bluegreen/apps/{APP_NAME}/releases | wc -l") == "1"
    expect_end(live.run("rollback"), 9)


def test_status_tells_what_serves(box: Box, live: Product, tmp_path: Path) -> None:
    """As a table for people and as JSON for programs: the live release, what is kept, and that nobody holds the lock."""
    expect_end(live.deploy("v2"), 0)
    done = live.run("status")
    expect_end(done, 0, "v2 serves all traffic (green)", "kept for a rollback v1", "lock free")
    expect_end(done, 0, "myexample-v2 green v2 running answers 200", "committed v2")
    told = _status(live, tmp_path / "status")
    assert told["live"] == {"version": "v2", "color": "green", "share": 100}
    assert told["candidate"] is None
    assert told["kept"] == ["v1"]
    assert told["lock_holder"] is None
    assert [(each["name"], each["state"]) for each in told["containers"]] == [
        (f"{APP_NAME}-v2", "running"),
        (f"{APP_NAME}-v1", "exited (0)"),
    ]


def test_status_in_the_middle_of_a_deployment(box: Box, live: Product, tmp_path: Path) -> None:
    """It shows both shares and who holds the lock, and disturbs nobody."""
    running = live.start_deploy("v2", shift="30% 4s")
    running.wait_for("30 % of the requests go to")
    told = _status(live, tmp_path / "status")
    assert (told["live"]["version"], told["live"]["share"]) == ("v1", 70)
    assert (told["candidate"]["version"], told["candidate"]["share"]) == ("v2", 30)
    assert told["lock_holder"]
    expect_end(running.finish(), 0, "v2 serves all traffic")


def test_status_of_an_app_that_is_not_there(box: Box, live: Product, tmp_path: Path) -> None:
    """No release is live, which is no error."""
    live.inputs["app"] = "nobody"
    done = live.run("status")
    assert done.exit_code == 0, done.out
    assert "nobody" in plain(done.out)
    assert _status(live, tmp_path / "status")["live"] == {"version": "", "color": None, "share": 0}
    assert route(box, "nobody") == ("-", "-")
