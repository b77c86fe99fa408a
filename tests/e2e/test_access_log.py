"""The access log is followed over the one connection: through a rotation and bad lines, for as long as the connection lives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bluegreen.host import AccessLog
from bluegreen.host.access_log import follow_access_log
from bluegreen.host.ssh import Connection
from tests.box import Box
from tests.e2e.colors import connect
from tests.e2e.waiting import until

APP = "web"
LOG = Path("/var/log/bluegreen/web.log")
PROCESS = "pgrep -cf '^tail .*[b]luegreen/web.log' || true"


@pytest.fixture
def connection(box: Box) -> Iterator[Connection]:
    """A connection of ubuntu's, and a log as our logrotate entry makes it."""
    box.sh(f"install -d {LOG.parent} && install -m 0640 -o root -g ubuntu /dev/null {LOG}")
    with connect(box) as open_one:
        yield open_one


def lines(log: AccessLog, wanted: int) -> list[str]:
    """The next so many lines."""
    found: list[str] = []
    until(lambda: len(found.__iadd__(log.read())) >= wanted)
    return found


def test_it_is_followed_through_a_rotation_and_whatever_stands_in_it(box: Box, connection: Connection) -> None:
    """Only what comes from now on, whole lines, bytes that are no UTF-8 included; no round trip is counted; nothing is left behind."""
    box.sh(f"echo earlier >> {LOG}")
    before = connection.meter.count
    with follow_access_log(connection, APP) as log:
        until(lambda: box.sh(PROCESS) == "1")
        assert log.read() == ()
        box.sh(rf"printf 'one\n\377two\nthr' >> {LOG}")
        assert lines(log, 2) == ["one", "\ufffdtwo"]
        box.sh(f"echo ee >> {LOG}; mv {LOG} {LOG}.1; install -m 0640 -o root -g ubuntu /dev/null {LOG}; sleep 0.5; echo four >> {LOG}")
        assert lines(log, 2) == ["three", "four"]
        assert log.problem() == ""
        box.sh(f"rm {LOG}; install -m 0600 -o root -g root /dev/null {LOG}")
        until(lambda: bool(log.read() or log.problem()))
        assert "denied" in log.problem()
        box.sh(f"chgrp ubuntu {LOG}; chmod 0640 {LOG}; sleep 1.5; echo five >> {LOG}")
        assert lines(log, 1) == ["five"]
        assert log.problem() == ""
    assert connection.meter.count == before
    connection.close()
    until(lambda: box.sh(PROCESS) == "0")


def test_it_ends_with_a_connection_that_is_cut(box: Box, connection: Connection) -> None:
    """The process does not outlive its sshd, though nobody logs a line any more."""
    with follow_access_log(connection, APP) as log:
        until(lambda: box.sh(PROCESS) == "1")
        box.sh("pkill -KILL -U ubuntu -x sshd")
        until(lambda: box.sh(PROCESS) == "0")
        until(lambda: bool(log.read() or log.problem()))
    assert log.problem()
