"""A TCP relay that can be slow, fall silent, or break: the network between a runner and its host."""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

__all__ = ["Relay"]


class Relay:
    """Passes bytes on to a loopback port, each after `delay` seconds; while `silent`, it keeps them."""

    def __init__(self, port: int, delay: float = 0.0) -> None:
        self.delay = delay
        self.silent = False
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work: object, *parameters: object) -> None:
        thread = threading.Thread(target=work, args=parameters, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [near, far]
                self._pass_on(near, far)
                self._pass_on(far, near)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

        def take() -> None:
            data = b"-"
            while data:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                on_the_way.put((time.monotonic() + self.delay, data))

        def give() -> None:
            with suppress(OSError):
                while True:
                    due, data = on_the_way.get()
                    time.sleep(max(0.0, due - time.monotonic()))
                    if not data:
                        break
                    if not self.silent:
                        sink.sendall(data)
                if not self.silent:
                    sink.shutdown(socket.SHUT_WR)

        self._start(take)
        self._start(give)

    def cut(self) -> None:
        """Break every connection."""
        self.silent = False
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for end in self._sockets:
            end.close()
