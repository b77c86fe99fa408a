"""The meter against the clock: what is counted is what a slow network makes us wait for."""

from __future__ import annotations

import time

import pytest

from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from tests.e2e.connection.private_sshd import PrivateSshd
from tests.e2e.connection.relay import Relay


def _through(sshd: PrivateSshd, delay: float, stdin: bytes, settle: float) -> tuple[float, int]:
    """Seconds and counted round trips of a login and one command, through a network that is so slow, with a pause between the two."""
    meter = Meter()
    with Relay(sshd.port, delay) as relay:
        began = time.monotonic()
        with Connection.open(sshd.ask(port=relay.port), SystemClock(60), meter) as connection:
            time.sleep(settle)
            assert connection.run(("cat",), stdin=stdin).out.encode() == stdin
            return time.monotonic() - began - settle, meter.count


@pytest.mark.parametrize("stdin", [b"", b"x"])
@pytest.mark.parametrize("settle", [0.0, 1.0])
def test_the_meter_counts_what_the_network_makes_us_wait_for(sshd: PrivateSshd, stdin: bytes, settle: float) -> None:
    """A login and a command take as long as the counted round trips, and the quickest of a few tries not much longer."""
    quickest = 60.0
    counted = 4 + (1 if settle else 3 if stdin else 2)
    for _ in range(5):
        seconds, count = _through(sshd, 0.1, stdin, settle)
        assert count == counted
        quickest = min(quickest, seconds)
        # The relay accepts at once, so TCP's own round trip costs nothing through it.
        if quickest < 0.2 * (counted - 1) + 0.18:
            break
    assert 0 < quickest - 0.2 * (counted - 1) < 0.18
