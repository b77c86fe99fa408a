"""What the engine's tests start from: one connection, a small image, and an app of each test's own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.box import Box
from tests.e2e.engine.room import Room, connected, small_image

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def shared(running_box: Box) -> Iterator[Room]:
    """One connection and one image for all tests of a file."""
    running_box.reset()
    with connected(running_box) as room:
        room.image = small_image(room.engine)
        yield room


@pytest.fixture
def room(shared: Room) -> Iterator[Room]:
    """An app of the test's own; its containers are removed at the end."""
    own = replace(shared, app=f"shop{next(_NUMBERS)}")
    yield own
    for container in own.engine.list(own.app):
        own.engine.remove(container)
