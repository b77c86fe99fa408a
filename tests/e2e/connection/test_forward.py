"""Sockets forwarded to a box: a container without a published port, NGINX, and the ways in which there is nobody there."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Iterator

import pytest

from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from tests.box import Box
from tests.box.images import PYTHON
from tests.e2e.connection.private_sshd import ask_box
from tests.e2e.waiting import until

_REVERSER = """
import socket
server = socket.create_server(("", 8000))
print("listening", flush=True)
while True:
    end, _ = server.accept()
    taken = b""
    while data := end.recv(65536):
        taken += data
    end.sendall(taken[::-1])
    end.close()
"""


@pytest.fixture
def connection(box: Box, meter: Meter) -> Iterator[Connection]:
    """Logged in to the box as its deploy user."""
    with Connection.open(ask_box(box), SystemClock(120), meter) as opened:
        yield opened


@pytest.fixture
def container(box: Box) -> str:
    """A running container that says so in its log, and sends back in reverse what its port 8000 received."""
    return box.docker("run", "-d", PYTHON, "python3", "-c", _REVERSER)


def test_a_container_is_reached_at_its_own_address(box: Box, connection: Connection, container: str) -> None:
    """Nothing is published; bytes and half-closes go both ways."""
    sent = os.urandom(3_000_000)
    until(lambda: "listening" in box.docker("logs", container))
    with connection.forward(box.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", container), 8000, timeout=5) as end:
        end.settimeout(10)
        end.sendall(sent)
        end.shutdown(socket.SHUT_WR)
        answer = b""
        while data := end.recv(65536):
            answer += data
    assert answer == sent[::-1]


def test_http_over_a_forwarded_socket_costs_two_round_trips(box: Box, connection: Connection, meter: Meter) -> None:
    """One to open the channel, one for the answer."""
    box.keep_default_site()
    before = meter.count
    with connection.forward("127.0.0.1", 80, timeout=5) as end:
        client = http.client.HTTPConnection("box")
        client.sock = end
        client.request("GET", "/")
        assert client.getresponse().status in range(200, 500)
    assert meter.count == before + 2


def test_a_closed_port_is_refused_and_a_silent_one_times_out(box: Box, connection: Connection) -> None:
    """As `socket.create_connection` on the host would say."""
    with pytest.raises(ConnectionRefusedError, match=r"127\.0\.0\.1 port 9 refuses connections"):
        connection.forward("127.0.0.1", 9, timeout=5)
    box.sh("iptables -I OUTPUT -o lo -p tcp --dport 9 -j DROP")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        connection.forward("127.0.0.1", 9, timeout=0.7)
    assert time.monotonic() - began < 4
    box.sh("iptables -D OUTPUT -o lo -p tcp --dport 9 -j DROP")
    assert connection.run(("echo", "on")).out == "on\n"


def test_a_host_that_forbids_forwarding_is_told_apart(box: Box) -> None:
    """AllowTcpForwarding no: the caller goes another way."""
    with (
        box.without_forwarding(),
        Connection.open(ask_box(box), SystemClock(60), Meter()) as connection,
        pytest.raises(PermissionError, match="AllowTcpForwarding"),
    ):
        connection.forward("127.0.0.1", 80, timeout=5)
