"""What every end-to-end test starts from: a clean box, users on it, and the product as its user starts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.product import Product
from tests.load import Load, Target


@pytest.fixture(scope="session")
def running_box() -> Box:
    """The box named by BLUEGREEN_BOX (main), brought up if it is not; it stays up for the next session."""
    return Box(os.environ.get("BLUEGREEN_BOX", "main")).start()


@pytest.fixture
def box(running_box: Box) -> Box:
    """The box as new: Docker with base images, NGINX without a site, nothing of ours."""
    running_box.reset()
    return running_box


@pytest.fixture
def product(box: Box, tmp_path: Path) -> Product:
    """The product, pointed at the box and at the test application."""
    return Product(box, tmp_path)


@pytest.fixture
def load(box: Box, tmp_path: Path) -> Iterator[Load]:
    """Users of the box's port 80, of every kind; a test starts them once something serves. They leave at its end."""
    users = Load(Target(address=box.address), tmp_path / "load.jsonl")
    yield users
    users.stop()
