"""What one channel's end does to the others: nothing, in whatever order the threads get to send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bluegreen.host.clock import SystemClock
from bluegreen.host.link import Channel, Link
from bluegreen.host.login import log_in
from bluegreen.host.meter import Meter
from tests.e2e.connection.private_sshd import PrivateSshd


@pytest.fixture
def link(sshd: PrivateSshd) -> Iterator[Link]:
    """A connection below the one that is used: its channels are paramiko's."""
    opened = log_in(sshd.ask(), SystemClock(60), Meter())
    yield opened
    opened.close()


def _started(link: Link, command: str) -> Channel:
    channel = link.open(None, 10)
    channel.settimeout(10)
    link.execute(channel, command)
    return channel


def _ended_before_its_eof(link: Link) -> tuple[Channel, object]:
    """A channel that both sides have closed while another thread was about to send its EOF."""
    channel = _started(link, "cat")
    channel.sendall(b"a line\n")
    assert channel.recv(100) == b"a line\n"
    late = channel._send_eof()  # type: ignore[attr-defined]
    channel.close()
    assert channel.status_event.wait(10)
    return channel, late


def test_an_eof_that_a_close_has_overtaken_does_not_end_the_connection(link: Link) -> None:
    """Sshd disconnects a client that speaks of a channel it has forgotten: such an EOF is not sent."""
    channel, late = _ended_before_its_eof(link)
    assert _started(link, "sleep 0.3").recv(1) == b""  # by its end sshd has forgotten the first
    channel.transport._send_user_message(late)  # type: ignore[union-attr]
    assert _started(link, "echo here").recv(100) == b"here\n"


def test_an_eof_that_a_close_has_overtaken_does_not_end_the_next_ones_input(link: Link) -> None:
    """Sshd gives a forgotten channel's number to the next one, which would have been told that its input is over."""
    channel, late = _ended_before_its_eof(link)
    assert _started(link, "sleep 0.3").recv(1) == b""
    following = _started(link, "cat")
    channel.transport._send_user_message(late)  # type: ignore[union-attr]
    following.sendall(b"still read\n")
    assert following.recv(100) == b"still read\n"
