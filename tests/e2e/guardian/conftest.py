"""What the guardian's tests start from: two colors behind NGINX, blue committed. Built once; tidied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bluegreen.host.clock import SystemClock
from bluegreen.host.guardian import HostGuardian, start_guardian
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Color, Split
from tests.box import Box
from tests.e2e.colors import Colors, connect, guard
from tests.e2e.product import serving


@pytest.fixture(scope="package")
def box(running_box: Box) -> Box:
    """One clean box for all of these tests; `colors` tidies between them."""
    running_box.reset()
    return running_box


@pytest.fixture(scope="package")
def both(box: Box) -> Iterator[Colors]:
    """The site and both colors, once: building and starting them takes longer than any test here."""
    with connect(box) as opened:
        colors = Colors(box, opened)
        for color in Color:
            colors.start(color)
        yield colors


@pytest.fixture
def connection(box: Box) -> Iterator[Connection]:
    """A connection of this test's own."""
    with connect(box) as opened:
        yield opened


@pytest.fixture
def colors(box: Box, both: Colors, connection: Connection) -> Colors:
    """Both colors run, and blue is live and committed."""
    both.tidy()
    with start_guardian(connection, guard(), SystemClock(60)) as guardian:
        guardian.settle(Split(green=0))
    assert serving(box, count=3) == {"blue": 3}
    return both


@pytest.fixture
def guardian(colors: Colors, connection: Connection) -> Iterator[HostGuardian]:
    """A guardian of those colors."""
    with start_guardian(connection, guard(), SystemClock(60)) as started:
        yield started
