"""A TCP proxy that is far away: it delays both directions, and on demand stalls every connection or cuts it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["DelayProxy"]

_CHUNK = 1 << 16


class DelayProxy:
    """Listens on 127.0.0.1:`port` for `address:upstream_port`, each way `one_way` seconds off; also a context manager.

    Opening a connection takes a round trip too. It runs in a thread of its own.
    """

    def __init__(self, address: str, upstream_port: int = 22, *, one_way: float = 0.0) -> None:
        self.one_way = one_way
        self.port = 0
        self._upstream = (address, upstream_port)
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="delay-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> Self:
        """Listen."""
        self._flowing.set()
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Cut everything and listen no more."""
        self.cut(refuse=True)
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self, *, refuse: bool = False) -> None:
        """Reset every connection, as a crashed router does; with `refuse` new ones are reset too, until `mend`."""

        def act() -> None:
            self._refusing = refuse
            for writer in tuple(self._writers):
                _reset(writer)

        self._at_once(act)

    def stall(self) -> None:
        """Let nothing through, and close nothing: what a vanished network looks like."""
        self._at_once(self._flowing.clear)

    def mend(self) -> None:
        """Let everything through again, and new connections in."""

        def act() -> None:
            self._refusing = False
            self._flowing.set()

        self._at_once(act)

    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._writers) // 2

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def _at_once(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def do() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(do)
        done.wait(5)

    async def _finish(self) -> None:
        if self._server is not None:
            self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection and its way to the host."""
        if self._refusing:
            _reset(writer)
            return
        self._writers.add(writer)
        onward: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            await asyncio.sleep(2 * self.one_way)
            back, onward = await asyncio.open_connection(*self._upstream)
            self._writers.add(onward)
            for each in (writer, onward):
                each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(self._carry(reader, onward), self._carry(back, writer))
        except (OSError, asyncio.CancelledError):
            pass  # Cancelled when the proxy ends; Python 3.11 would print that as an error of this task's.
        finally:
            for side in (writer, onward):
                if side is not None:
                    self._writers.discard(side)
                    side.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction. Reading goes on while what was read waits for its time, so that a delay costs no throughput."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await queue.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._flowing.wait()
                if not data:
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()

        delivering = asyncio.create_task(deliver())
        try:
            while True:
                data = await reader.read(_CHUNK)
                queue.put_nowait((self._loop.time() + self.one_way, data))
                if not data:
                    break
            await delivering
        finally:
            delivering.cancel()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, so that the other side learns it at once and rudely."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
