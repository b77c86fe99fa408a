"""Round trips, counted."""

from __future__ import annotations

import threading
from contextlib import suppress

from bluegreen.host.meter import Meter


def test_awaited_replies_add_up_over_threads() -> None:
    """Docker's sockets are served on threads of their own."""
    meter = Meter()

    def count() -> None:
        for _ in range(1000):
            meter.add()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    meter.add(2)
    assert meter.count == 4002


def test_a_wait_loop_counts_once() -> None:
    """However often it asks, on whatever thread, and also while it still goes on."""
    meter = Meter()
    meter.add()
    with meter.folded():
        meter.add(3)
        thread = threading.Thread(target=meter.add)
        thread.start()
        thread.join()
        assert meter.count == 2
    assert meter.count == 2
    meter.add()
    assert meter.count == 3


def test_a_loop_within_a_loop_is_part_of_it() -> None:
    """Only the outermost one counts."""
    meter = Meter()
    with meter.folded():
        with meter.folded():
            meter.add()
        meter.add()
    assert meter.count == 1


def test_a_wait_that_asked_nothing_costs_nothing() -> None:
    """Also when an exception ends it."""
    meter = Meter()
    with suppress(StopIteration), meter.folded():
        next(iter(()))
    assert meter.count == 0
