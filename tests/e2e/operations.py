"""A deployer's way to its host, on which every remote operation is numbered, so that a fault can strike just before any one of them.

The connection is encrypted and stays so: an operation begins with the first bytes that the deployer sends after the host has spoken.
Beats and keepalives count too, so that the same operation's number differs a little from run to run.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

__all__ = ["Operations"]

_CHUNK = 1 << 16
_RESET = struct.pack("ii", 1, 0)


class Operations:
    """Listens on 127.0.0.1:`port` for a host's sshd, and asks `before` about each operation; also a context manager.

    `before` is called with the operation's number while it is held back; whether it is passed on is what `before` returns.
    """

    def __init__(self, address: str, before: Callable[[int], bool]) -> None:
        self.count = 0
        self._target = (address, 22)
        self._before = before
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._answered = True
        self._silent = False
        self._start(self._accept)

    def cut(self) -> None:
        """Break every connection, rudely to both sides."""
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    end.shutdown(socket.SHUT_RD)

    def fall_silent(self) -> None:
        """Let nothing through any more, and close nothing: what a vanished network looks like."""
        self._silent = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in tuple(self._threads):
            thread.join(10)
        self._listener.close()

    def _start(self, work: Callable[..., None], *parameters: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=work, args=parameters, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._start(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        """One connection to its end; what one side closes is closed to the other."""
        with near, socket.create_connection(self._target) as far:
            self._pairs.append((near, far))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            downward = self._start(self._down, far, near)
            self._up(near, far)
            with suppress(OSError):
                far.shutdown(socket.SHUT_RDWR)
            downward.join(10)

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(_CHUNK):
                if self._answered and not self._silent:
                    self._answered = False
                    self.count += 1
                    if not self._before(self.count):
                        return
                if not self._silent:
                    far.sendall(data)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(_CHUNK):
                if self._silent:
                    continue
                self._answered = True
                near.sendall(data)
        if not self._silent:
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
