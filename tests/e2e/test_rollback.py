"""Rollback: one rename while the old release still runs, else a deployment of the kept one; and what was taken back stays back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.box import Box
from tests.box.watch import Watch
from tests.e2e.deploying import APP_NAME, QUICK, containers, everything, expect_end, expect_served_by, users
from tests.e2e.product import Product
from tests.load.checker import check


@contextmanager
def _a_day_ahead(box: Box) -> Iterator[None]:
    """The host's clock shows tomorrow, and the runner's today: its releases are put in order by its own."""
    box.sh(r"printf '#!/bin/sh\nexec /bin/date -d tomorrow \"$@\"\n' >/usr/local/bin/date; chmod +x /usr/local/bin/date")
    try:
        yield
    finally:
        box.sh("rm /usr/local/bin/date")


def test_rollback_is_at_once_while_hot_and_is_not_undone_by_accident(box: Box, product: Product, tmp_path: Path) -> None:
    """v1 still runs beside v2, as after a reboot in the middle of a retirement: all traffic is back on it within a second, unnoticed.

    What it logged while it was live is no reason against it.
    """
    product.inputs |= QUICK
    expect_end(product.deploy("v1", bad="traceback=3"), 0)
    expect_end(product.deploy("v2"), 0)
    box.docker("start", f"{APP_NAME}-v1")
    box.sh(f"sleep 5; docker logs {APP_NAME}-v1 2>&1 | grep -q Traceback")
    ids = {line.split()[2] for line in containers(box)}
    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "hot.jsonl", get=150, post=60, fresh=40) as load:
        back = product.run("rollback", watch="1s", shift="10% 20s")
        records = load.stop()
        problems = check(records, watch.phases(), deaths=watch.deaths(), most_in_flight=0, rate=250)
    expect_end(back, 0, "nothing has to be made", "v1 serves all traffic again; v2 is kept")
    expect_served_by(records, "v1", "v2")
    assert problems == []
    moved = min(record.start for record in records if record.version == "v1")
    assert max(record.start for record in records if record.version == "v2") < moved + 1
    assert {line.split()[2] for line in containers(box)} == ids
    assert [" ".join(line.split()[:2]) for line in containers(box)] == [f"{APP_NAME}-v1 running", f"{APP_NAME}-v2 exited"]

    before = everything(box)
    refused = product.deploy("v2")
    expect_end(refused, 4, "v2 was rolled back to v1", "force: true", f"{APP_NAME}-v1 serves")
    assert everything(box) == before
    expect_end(product.run("plan", version="v2"), 0, "v2 was rolled back")
    with _a_day_ahead(box):
        expect_end(product.deploy("v2", force="true"), 0, "v2 serves all traffic")
    tomorrow = box.sh("date -u -d tomorrow +%F").strip()
    assert f'"committed_at": "{tomorrow}T' in box.sh(f"cat /var/lib/bluegreen/apps/{APP_NAME}/releases/*.json"), "not by the host's clock"
