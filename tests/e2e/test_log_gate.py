"""The log gate on real logs: what the live release logs as well condemns nobody, what is new goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import QUICK, expect_end, expect_served_by, users
from tests.e2e.product import Product


@pytest.fixture
def imperfect(product: Product) -> Product:
    """A live release that logs a traceback, as many do."""
    product.inputs |= QUICK
    done = product.deploy("v1", bad="traceback", log_fail="none")
    assert done.exit_code == 0, done.out
    return product


def test_only_a_traceback_that_the_live_release_does_not_log_goes_back(box: Box, imperfect: Product, tmp_path: Path) -> None:
    """The same one is told and does not count; another exception under traffic goes back, exit code 8, and is quoted."""
    with users(box, tmp_path / "load.jsonl") as load:
        same = imperfect.deploy("v2", bad="traceback=1", shift="50% 3s", log_ready="listens on port")
        other = imperfect.deploy("v3", bad="traceback=1 lacks=CACHE_URL", shift="50% 10s")
        records = load.stop()
    expect_end(same, 0, "myexample-v1 logs this as well, so it does not count", "KeyError: 'DATABASE_URL'", "v2 serves all traffic")
    expect_end(other, 8, "at 50 % of the traffic", "… KeyError: 'CACHE_URL'", "myexample-v2 serves all traffic")
    expect_served_by(records, "v1", "v2", "v3")
