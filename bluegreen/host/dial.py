"""From a host's name to a TCP connection, abortable at any moment, with each way to fail explained apart."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
from collections.abc import Callable
from typing import Any

from bluegreen.errors import Unreachable
from bluegreen.host import Clock
from bluegreen.host.patience import Job, until

__all__ = ["Line", "dial"]

_STAGGER = 0.3
_FIRST = 255
# sshd leaves Nagle's algorithm on until the first command runs: its answer to the first channel waits for our ACK, 40 ms late (measured).
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


def dial(host: str, port: int, clock: Clock, deadline: float) -> socket.socket:
    """A connection to `host:port`, the first of its addresses to answer. Raises `Unreachable` with the reason."""
    return _Race(host, port, clock, deadline).run(_resolve(host, port, clock, deadline))


def _resolve(host: str, port: int, clock: Clock, deadline: float) -> list[tuple[Any, ...]]:
    job = Job(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    if not until(clock, deadline, job.wait):
        raise Unreachable(
            f"The name {host} could not be looked up in time.",
            means="The name server of the machine that runs this did not answer.",
            todo="Try again, or give the host's address instead of its name as `host`.",
        )
    try:
        return job.result()
    except (OSError, UnicodeError):
        raise Unreachable(
            f"The name {host} does not resolve to an address.",
            means="It is misspelled, or its record is gone (an EC2 public name changes at every stop and start), or only its VPC knows it.",
            todo=f"Correct `host`. `getent hosts {host}` shows what a machine knows about it.",
        ) from None


class _Race:
    """Tries a host's addresses, each a little after the one before (as RFC 8305 has it), so that a silent one costs no time."""

    def __init__(self, host: str, port: int, clock: Clock, deadline: float) -> None:
        self._where = f"{host} port {port}"
        self._port = port
        self._clock = clock
        self._began = clock.now()
        self._deadline = deadline
        self._selector = selectors.DefaultSelector()
        self._errors: list[int] = []
        self._silent = False

    def run(self, addresses: list[tuple[Any, ...]]) -> socket.socket:
        waiting = list(addresses)
        next_start = self._clock.now()
        try:
            while waiting or self._selector.get_map():
                self._clock.check()
                now = self._clock.now()
                if now >= self._deadline:
                    break
                if waiting and (now >= next_start or not self._selector.get_map()):
                    self._start(waiting.pop(0))
                    next_start = now + _STAGGER
                won = self._look()
                if won is not None:
                    return won
            self._silent = bool(self._selector.get_map())
        finally:
            for key in list(self._selector.get_map().values()):
                self._drop(key.fileobj)
            self._selector.close()
        raise self._explain()

    def _start(self, address: tuple[Any, ...]) -> None:
        family, kind, protocol, _, where = address
        try:
            candidate = socket.socket(family, kind, protocol)
            candidate.settimeout(0)
        except OSError as error:
            self._errors.append(error.errno or 0)
            return
        code = candidate.connect_ex(where)
        if code in {0, errno.EINPROGRESS}:
            self._selector.register(candidate, selectors.EVENT_WRITE)
        else:
            candidate.close()
            self._errors.append(code)

    def _look(self) -> socket.socket | None:
        for key, _ in self._selector.select(min(0.1, max(0.0, self._deadline - self._clock.now()))):
            candidate = key.fileobj
            if not isinstance(candidate, socket.socket):
                continue
            code = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                self._selector.unregister(candidate)
                candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return candidate
            self._drop(candidate)
            self._errors.append(code)
        return None

    def _drop(self, candidate: Any) -> None:
        self._selector.unregister(candidate)
        candidate.close()

    def _explain(self) -> Unreachable:
        if errno.ECONNREFUSED in self._errors:
            return Unreachable(
                f"{self._where} refuses connections.",
                means="The host is up, but nothing listens on that port: sshd does not run, or listens on another port.",
                todo="Check `port`, and on the host `systemctl status ssh`.",
            )
        if self._silent or not self._errors or errno.ETIMEDOUT in self._errors:
            return Unreachable(
                f"{self._where} did not answer within {self._clock.now() - self._began:.0f} s.",
                means="Packets are dropped on the way. On EC2 it is nearly always the security group that does not let this machine in; "
                "or the instance is stopped, has another address now, or lies in a private subnet.",
                todo=f"Allow inbound TCP {self._port} from this runner in the security group, and check `host`.",
            )
        return Unreachable(
            f"There is no way from here to {self._where} ({os.strerror(self._errors[-1])}).",
            means="The address belongs to a private network, or this machine has no route to it (an IPv6 address, and no IPv6 here).",
            todo="Use an address that this runner can reach.",
        )


class Line:
    """The socket under the SSH protocol. It remembers how the host introduced itself, and notices when the host has fallen silent."""

    def __init__(self, sock: socket.socket, now: Callable[[], float], limit: float) -> None:
        self.first = b""
        self.lost = ""
        self._sock = sock
        self._now = now
        self._limit = limit
        self._heard = now()
        self._asked: float | None = None
        self._buffer = b""
        self._closed = False

    def ask(self) -> None:
        """Something was sent that the host must answer: from now on its silence means that it is lost."""
        if self._asked is None:
            self._asked = self._now()

    def recv(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end. Raises TimeoutError after the socket's timeout, ConnectionError for a lost host."""
        if not self._buffer:
            try:
                self._buffer = self._sock.recv(65536)
            except TimeoutError:
                self._check_silence()
                raise
            except OSError as error:
                self.lost = self.lost or f"the connection broke ({error.strerror or error})"
                raise
            if not self._buffer:
                self.lost = self.lost or "the host closed the connection"
                return b""
            if _QUICKACK is not None:
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            self._heard = self._now()
            self._asked = None
            if len(self.first) < _FIRST:
                self.first = (self.first + self._buffer)[:_FIRST]
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _check_silence(self) -> None:
        if self._asked is not None and self._now() - self._heard >= self._limit:
            self.lost = f"nothing was heard from it for {self._limit:g} s"
            raise ConnectionError(errno.ETIMEDOUT, self.lost)

    def send(self, data: bytes) -> int:
        """Send some of the bytes and say how many."""
        return self._sock.send(data)

    def settimeout(self, seconds: float | None) -> None:
        """How long `recv` and `send` wait."""
        self._sock.settimeout(seconds)

    def getpeername(self) -> Any:
        """The host's address and port."""
        return self._sock.getpeername()

    def close(self) -> None:
        """End the connection; a `recv` under way on another thread returns at once."""
        self.lost = self.lost or "it was closed here"
        self._closed = True  # paramiko looks at this name
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
