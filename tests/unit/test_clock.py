"""The clock that a run goes by."""

from __future__ import annotations

from datetime import UTC, datetime

from bluegreen.host.clock import SystemClock


def test_the_wall_clock_is_the_host_s_once_that_is_known() -> None:
    """Before, it is this machine's, which may be wrong."""
    clock = SystemClock(60)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(clock.utc())).total_seconds()) < 60
    clock.set_wall(datetime(2031, 5, 4, 3, 2, 1, 900_000, tzinfo=UTC).timestamp())
    assert clock.utc() == "2031-05-04T03:02:01Z"
