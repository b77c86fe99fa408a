"""Workers of the same image through good and bad deployments and a rollback: every job is done, and done once."""

from __future__ import annotations

from pathlib import Path

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, expect_end, expect_served_by, plain, users
from tests.e2e.jobs import expect_every_job_done_once, jobs
from tests.e2e.product import Product

_WORKER = f"{APP_NAME}-worker"


def _running(box: Box) -> list[str]:
    return sorted(box.docker("ps", "--filter", f"label=bluegreen.app={APP_NAME}", "--format", "{{.Names}}").split())


def test_every_job_is_done_once_over_deployments_a_bad_one_and_a_rollback(box: Box, product: Product, tmp_path: Path) -> None:
    """A deployment that dies while the workers are swapped, one whose worker fails, and the way back.

    The old worker leaves when the new one has proved itself, and if need be the next deployment sees to that.
    """
    worker = "worker: python -S -m testapp.worker /spool"
    product.inputs |= QUICK | {"volumes": "spool:/spool", "processes": worker}
    expect_end(product.deploy("v1"), 0, f"{_WORKER}-v1 works")
    assert _running(box) == [f"{APP_NAME}-v1", f"{_WORKER}-v1"]
    with jobs(box, "spool"), users(box, tmp_path / "load.jsonl") as load:
        _killed_while_both_work(box, product)
        done = product.deploy("v3", bad="no-worker")
        expect_end(done, 0, f"{_WORKER}-v2 works", f"{_WORKER}-v1 is stopped")
        expect_end(done, 0, f"{_WORKER}-v3 FAILED: it ", "worker v3 cannot start: no queue", f"{_WORKER}-v2 of v2 goes on working")
        assert _running(box) == [f"{APP_NAME}-v3", f"{_WORKER}-v2"]
        expect_end(product.run("logs", process="worker"), 0, f"the log of {_WORKER}-v3", "worker v3 cannot start: no queue")
        expect_end(product.run("logs", process="clerk"), 4, "no live process `clerk`", "`worker` in blue", "`worker` in green")
        expect_end(product.run("rollback"), 0, "v2 serves all traffic again")
        records = load.stop()
    expect_served_by(records, "v1", "v2", "v3")
    told = plain(product.run("status").out)
    assert f"{_WORKER}-v2" in told
    names = _running(box)
    assert len(names) == 2, names
    assert all("-v2" in name for name in names), names
    expect_every_job_done_once(box, "spool", "v1", "v2")
    expect_end(product.deploy("v2", processes=""), 0, f"{names[1]} is stopped")
    assert len(_running(box)) == 1


def _killed_while_both_work(box: Box, product: Product) -> None:
    """v2 is live, and its deployer dies before it knows what its worker is worth."""
    dying = product.start_deploy("v2")
    dying.wait_for("committed: ")
    box.sh(f"for i in {{1..200}}; do docker ps --format '{{{{.Names}}}}' | grep -qx {_WORKER}-v2 && exit 0; sleep 0.1; done; exit 1")
    dying.process.kill()
    dying.finish()
    assert _running(box) == [f"{APP_NAME}-v2", f"{_WORKER}-v1", f"{_WORKER}-v2"]
