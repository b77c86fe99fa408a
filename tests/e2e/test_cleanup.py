"""`cleanup`: the app's own leavings go and are named; what serves, what is kept and what others own stays."""

from __future__ import annotations

from pathlib import Path

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, containers, expect_end, expect_served_by, users
from tests.e2e.product import Product

_RELEASES = f"/var/lib/bluegreen/apps/{APP_NAME}/releases"


def test_cleanup_removes_what_is_ours_and_nothing_else(box: Box, product: Product, tmp_path: Path) -> None:
    """A failed candidate that runs, one that does not, what is beyond `keep`, a half-written recipe. Users notice nothing."""
    product.inputs |= QUICK
    for version in ("v1", "v2", "v3"):
        expect_end(product.deploy(version, keep="2"), 0)
    label = (
        f"--label bluegreen.app={APP_NAME} --label bluegreen.color=green --label bluegreen.release=ffffffff --label bluegreen.version=v0"
    )
    label += " --label bluegreen.settings=0 --label bluegreen.role=web"
    box.sh(f"docker run -d --name stray {label} {APP_NAME}:v1; docker create --name created {label} {APP_NAME}:v1")
    box.sh(f"docker tag {APP_NAME}:v1 neighbor:v1; docker run -d --name neighbor neighbor:v1")
    box.sh(f"printf 'FROM {APP_NAME}:v3\\nRUN touch /newer\\n' | docker build -q -t {APP_NAME}:newer -")
    box.sh(f"echo half > {_RELEASES}/00000000.new; echo broken > {_RELEASES}/00000001.json")
    with users(box, tmp_path / "load.jsonl") as load:
        done = product.run("cleanup", keep="1")
        records = load.stop()
    expect_served_by(records, "v3")
    expect_end(done, 0, "stray", "created", f"{APP_NAME}-v1", "00000000.new", "00000001.json")
    assert (done.outputs["result"], done.outputs["version"]) == ("cleaned", "v3")
    # The neighbor's container has its image's label, and is none of ours all the same.
    ours = [" ".join(line.split()[:2]) for line in containers(box) if not line.startswith("neighbor")]
    assert ours == [f"{APP_NAME}-v2 exited", f"{APP_NAME}-v3 running"]
    assert box.docker("inspect", "-f", "{{.State.Running}}", "neighbor") == "true"
    assert sorted(box.docker("image", "ls", APP_NAME, "--format", "{{.Tag}}").split()) == ["newer", "v2", "v3"]
    assert box.docker("image", "ls", "-q", "neighbor:v1")
    assert box.sh(f"ls {_RELEASES} | wc -l") == "2"
    expect_end(product.run("cleanup", keep="1"), 0, "nothing was left over to remove")
    expect_end(product.run("rollback"), 0, "v2 serves all traffic again")
