"""What the connection's tests start from: an sshd of their own, and the product's way in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from tests.e2e.connection.private_sshd import PrivateSshd, make_keys, serve


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys for hosts, users and strangers."""
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def sshd(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """An sshd with a host key of every kind."""
    with serve(keys, tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def meter() -> Meter:
    """Counts the connection's round trips."""
    return Meter()


@pytest.fixture
def connection(sshd: PrivateSshd, meter: Meter) -> Iterator[Connection]:
    """Logged in to that sshd."""
    with Connection.open(sshd.ask(), SystemClock(60), meter) as opened:
        yield opened
