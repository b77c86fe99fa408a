"""A pause: a share that outlives its run and a reboot, until another job promotes or aborts it. Users notice none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.box import Box
from tests.box.watch import Watch
from tests.e2e.deploying import APP_NAME, QUICK, containers, expect_end, expect_served_by, route, users
from tests.e2e.product import Product, serving
from tests.load.checker import check

_SHIFT = "20% 1s pause, 60% 1s"


@pytest.fixture
def paused(box: Box, product: Product, tmp_path: Path) -> Product:
    """v2 is paused beside v1, and nobody noticed how it came to that; v1 had nobody to share the traffic with, and did not pause."""
    product.inputs |= QUICK
    first = product.deploy("v1", shift=_SHIFT)
    expect_end(first, 0, "No pause at 20 %: no other release serves", "v1 serves all traffic")
    assert first.outputs["result"] == "deployed"
    with users(box, tmp_path / "before.jsonl") as load:
        done = product.deploy("v2", shift=_SHIFT)
        records = load.stop()
    expect_end(done, 0, "v2 is paused at 20 % of the requests; v1 serves the rest", "promote", "abort")
    assert (done.outputs["result"], done.outputs["version"], done.outputs["previous-version"]) == ("paused", "v2", "v1")
    expect_served_by(records, "v1", "v2")
    return product


def _running(box: Box) -> list[str]:
    return [" ".join(line.split()[:2]) for line in containers(box)]


def test_a_paused_deployment_outlives_a_reboot_blocks_others_and_is_promoted(box: Box, paused: Product, tmp_path: Path) -> None:
    """The share is the same before and after; a deployment of something else is refused by name; then it gets the rest."""
    assert route(box) == ("020-hot", "020-hot")
    box.reboot()
    box.sh("for i in {1..100}; do [[ $(curl -s localhost -w '%{http_code}' -o /dev/null) == 200 ]] && break; sleep 0.1; done")
    box.sh("for i in {1..150}; do [[ $(docker ps -q --filter label=bluegreen.role=web | wc -l) == 2 ]] && break; sleep 0.1; done; sleep 1")
    assert route(box) == ("-", "020-hot")
    seen = serving(box, count=200)
    assert set(seen) == {"v1", "v2"}
    assert 15 < seen["v2"] < 75
    expect_end(paused.run("status"), 0, "v1 serves 80 % of the traffic", "v2 20 %, paused", "`promote` or `abort` it")
    refused = paused.deploy("v3")
    expect_end(refused, 5, f"{APP_NAME}-v2 has 20 % of the requests since", "promote", "abort")
    assert set(serving(box, count=60)) == {"v1", "v2"}

    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "after.jsonl", get=120, post=40, fresh=40) as load:
        done = paused.run("promote", shift=_SHIFT)
        records = load.stop()
        problems, shares = check(records, watch.phases(), deaths=watch.deaths(), most_in_flight=0, rate=200), watch.phases()
    expect_end(done, 0, "60 % of the requests go to", "v2 serves all traffic; v1 is kept")
    assert problems == []
    expect_served_by(records, "v1", "v2")
    assert [phase.shares.get("v2", 0) for phase in shares] == sorted(phase.shares.get("v2", 0) for phase in shares)
    assert _running(box) == [f"{APP_NAME}-v1 exited", f"{APP_NAME}-v2 running"]


def test_a_paused_deployment_is_aborted(box: Box, paused: Product, tmp_path: Path) -> None:
    """All traffic is on the old release again, the new one is gone; a promotion that is killed half-way is paused as before.

    The same is deployed again then, and a promotion gives it up when it has lost its network.
    """
    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "after.jsonl", get=120, post=40, fresh=40) as load:
        dying = paused.start("promote", shift="60% 30s")
        dying.wait_for("60 % of the requests go to")
        dying.process.kill()
        dying.finish()
        box.sh("for i in {1..100}; do [[ $(readlink /run/bluegreen/myexample) == *020-hot ]] && break; sleep 0.1; done")
        assert route(box) == ("020-hot", "020-hot")
        assert len(_running(box)) == 2
        done = paused.run("abort")
        records = load.stop()
        problems = check(records, watch.phases(), deaths=watch.deaths(), most_in_flight=0, rate=200)
    expect_end(done, 0, "v1 serves all traffic again; the paused v2 is removed")
    assert (done.outputs["result"], done.outputs["version"]) == ("aborted", "v1")
    assert problems == []
    expect_served_by(records, "v1", "v2")
    assert _running(box) == [f"{APP_NAME}-v1 running"]
    assert set(serving(box, count=20)) == {"v1"}
    expect_end(paused.run("abort"), 9, "No deployment of this app is paused")
    expect_end(paused.deploy("v2", shift=_SHIFT), 0, "v2 is paused at 20 % of the requests")
    box.docker("network", "disconnect", "-f", f"bluegreen-{APP_NAME}", f"{APP_NAME}-v2")
    lost = paused.run("promote", shift=_SHIFT)
    expect_end(lost, 7, f"{APP_NAME}-v2 is not on the network bluegreen-{APP_NAME} any more", "The paused release was removed")
    assert _running(box) == [f"{APP_NAME}-v1 running"]
    assert set(serving(box, count=20)) == {"v1"}


def test_a_rollback_may_pause_too(box: Box, product: Product, tmp_path: Path) -> None:
    """v1 is kept in a stopped container beside its new one: an abort leaves it, a promotion proves the new one alone."""
    product.inputs |= QUICK
    for version in ("v1", "v2"):
        expect_end(product.deploy(version), 0)
    before = containers(box)
    with users(box, tmp_path / "load.jsonl") as load:
        expect_end(product.run("rollback", shift=_SHIFT), 0, "v1 is paused at 20 % of the requests; v2 serves the rest")
        expect_end(product.run("abort"), 0, "v2 serves all traffic again; the paused v1 is removed")
        assert containers(box) == before
        expect_end(product.run("rollback", shift=_SHIFT), 0, "v1 is paused at 20 % of the requests")
        done = product.run("promote", shift=_SHIFT)
        records = load.stop()
    expect_end(done, 0, "v1 serves all traffic")
    assert done.outputs["result"] == "rolled-back"
    expect_served_by(records, "v1", "v2")
    assert len([name for name in _running(box) if name.endswith("running")]) == 1
    expect_end(product.deploy("v2"), 4, "v2 was rolled back to v1")
