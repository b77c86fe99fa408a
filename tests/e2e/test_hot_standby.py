"""Hot: while two releases serve they back each other up, so that the death of one costs no one who can be answered by the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.box import Box
from tests.box.watch import Watch
from tests.e2e.deploying import APP_NAME, containers, expect_end, expect_served_by, users
from tests.e2e.product import Product
from tests.load.checker import check


@pytest.fixture
def live(product: Product) -> Product:
    """v1 is live."""
    assert product.deploy("v1").exit_code == 0
    return product


@pytest.mark.parametrize("share", ["10", "50"])
def test_a_candidate_that_is_killed_costs_no_get(box: Box, live: Product, tmp_path: Path, share: str) -> None:
    """A GET that the dying process had is asked again of the old release; within two seconds all traffic is there anyway."""
    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "load.jsonl", get=150, fresh=50) as load:
        running = live.start_deploy("v2", shift=f"{share}% 20s")
        running.wait_for(f"{share} % of the requests go to")
        box.sh("sleep 1")
        box.sh(f"kill -KILL $(docker inspect -f '{{{{.State.Pid}}}}' {APP_NAME}-v2)")
        done = running.finish()
        records = load.stop()
        problems = check(records, watch.phases(), deaths=watch.deaths(), most_in_flight=0, rate=200)
        deaths = watch.deaths()
    expect_end(done, 8, f"at {share} % of the traffic", "exit", f"{APP_NAME}-v1 serves all traffic")
    expect_served_by(records, "v1", "v2")
    assert problems == []
    assert [death.version for death in deaths] == ["v2"]
    # Docker starts it again, and it answers again, until its restart is seen.
    assert max(record.end for record in records if record.version == "v2") < deaths[0].at + 2.5
    assert [line.split()[:2] for line in containers(box)] == [[f"{APP_NAME}-v1", "running"]]


def test_a_live_release_that_is_killed_meanwhile_costs_no_get(box: Box, live: Product, tmp_path: Path) -> None:
    """The other way round: while it is hot, the candidate answers for the old release too."""
    with users(box, tmp_path / "load.jsonl", get=150, fresh=50) as load:
        running = live.start_deploy("v2", shift="50% 3s")
        running.wait_for("50 % of the requests go to")
        box.sh(f"kill -KILL $(docker inspect -f '{{{{.State.Pid}}}}' {APP_NAME}-v1)")
        done = running.finish()
        records = load.stop()
    expect_end(done, 0, "v2 serves all traffic")
    expect_served_by(records, "v1", "v2")
