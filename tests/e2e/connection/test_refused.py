"""What a user is told when there is no SSH server to be reached, and how soon."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bluegreen.errors import BadInput, Cancelled, Unreachable
from bluegreen.host.clock import SystemClock
from bluegreen.host.dial import _Race
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import ConnectionAsk
from tests.box import Box
from tests.e2e.connection.private_sshd import free_port

_OTHER_PIN = "SHA256:" + "A" * 43
_DROPPED = 2222
_FORM = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
_KEY = ed25519.Ed25519PrivateKey.generate().private_bytes(*_FORM).decode()


def _refusal(ask: ConnectionAsk) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        Connection.open(ask, SystemClock(60), Meter())
    return caught.value


def _plain(port: int, *, host: str = "127.0.0.1", key: str = _KEY, timeout: float = 1.0) -> ConnectionAsk:
    """For a port where no SSH server will get as far as a login."""
    return ConnectionAsk(host=host, port=port, username="nobody", key=key, fingerprints=(_OTHER_PIN,), timeout=timeout)


@contextmanager
def _speaker(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where each connection is answered by the function, and then closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    answer(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def _dropping_port(box: Box) -> Iterator[None]:
    """The box loses every packet to one of its ports, as a security group does."""
    rule = f"INPUT -p tcp --dport {_DROPPED} -j DROP"
    box.sh(f"iptables -I {rule}")
    yield
    box.sh(f"iptables -D {rule}")


def test_a_name_that_does_not_resolve() -> None:
    """`.invalid` never resolves (RFC 2606)."""
    error = _refusal(_plain(22, host="host.invalid", timeout=10))
    assert "host.invalid does not resolve" in error.what or "could not be looked up" in error.what


def test_a_closed_port() -> None:
    """Refused at once, and so told at once."""
    error = _refusal(_plain(free_port()))
    assert "refuses connections" in error.what
    assert "sshd" in error.means


def test_a_port_that_accepts_and_never_speaks() -> None:
    """A listener whose accept queue answers for a process that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        error = _refusal(_plain(listener.getsockname()[1]))
        assert time.monotonic() - began < 5
    assert "said nothing within 1 s" in error.what


def test_a_port_that_accepts_and_closes() -> None:
    """What sshd does when it has too many connections, and a load balancer without a target."""
    with _speaker(lambda _: None) as port:
        error = _refusal(_plain(port))
    assert "closes them without a word" in error.what


def test_another_service_is_named_by_its_answer() -> None:
    """A web server on the port that was given."""
    with _speaker(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = _refusal(_plain(port))
    assert "is not an SSH server: it answered 'HTTP/1.1 400 Bad Request" in error.what


def _introduce_only(connection: socket.socket) -> None:
    """An overloaded sshd: it says who it is and gets no further."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    while connection.recv(4096):
        pass


def test_a_handshake_that_stops_half_way() -> None:
    """The port is right, the host is not well."""
    with _speaker(_introduce_only) as port:
        error = _refusal(_plain(port))
    assert "handshake" in error.what
    assert "overloaded" in error.means


def test_a_silent_address_is_most_likely_a_security_group(box: Box) -> None:
    """Packets to it are dropped: TCP itself gets no answer."""
    with _dropping_port(box):
        began = time.monotonic()
        error = _refusal(_plain(_DROPPED, host=box.address))
        assert 0.9 < time.monotonic() - began < 5
    assert "did not answer within 1 s" in error.what
    assert "security group" in error.means


def test_a_silent_address_among_several_costs_little(box: Box) -> None:
    """As with an IPv6 address that leads nowhere: the next one is tried a moment later, and the first to answer is taken."""
    clock = SystemClock(60)
    with _dropping_port(box), socket.create_server(("127.0.0.1", 0)) as listener:
        silent, live = ((socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in ((box.address, _DROPPED), listener.getsockname()))
        began = time.monotonic()
        with _Race("host", 22, clock, began + 5).run([silent, live]) as won:
            assert won.getpeername() == listener.getsockname()
        assert time.monotonic() - began < 3
        with pytest.raises(Unreachable, match="did not answer"):
            _Race("host", 22, clock, clock.now() + 0.5).run([silent])


@pytest.mark.parametrize("where", ["connect", "banner", "handshake"])
def test_a_cancelled_run_stops_connecting_at_once(box: Box, where: str) -> None:
    """Soon after the cancel nothing waits for the host any more, and no thread keeps the process from ending."""
    clock = SystemClock(60)
    with _dropping_port(box), _speaker(_introduce_only) as speaker, socket.create_server(("127.0.0.1", 0)) as mute:
        before = set(threading.enumerate())
        targets = {
            "connect": _plain(_DROPPED, host=box.address, timeout=20),
            "banner": _plain(mute.getsockname()[1], timeout=20),
            "handshake": _plain(speaker, timeout=20),
        }
        timer = threading.Timer(0.3, clock.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            Connection.open(targets[where], clock, Meter())
        assert time.monotonic() - began < 5
        timer.join()
        for thread in set(threading.enumerate()) - before:
            thread.join(0.5)
            assert not thread.is_alive()


def test_an_unusable_key_is_noticed_before_anything_is_contacted() -> None:
    """Exit 2, not 3: the workflow needs the correction."""
    with pytest.raises(BadInput, match="`key` is a public key"):
        Connection.open(_plain(free_port(), key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@here"), SystemClock(60), Meter())
