"""An HTTP/1.1 client that costs little and hides nothing: it says how a connection ended and never tries twice."""

from __future__ import annotations

import asyncio
import re
import select
import ssl
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["Connection", "Reply", "Target", "Trouble", "connect", "trusting", "version_in"]

_VERSION = re.compile(rb'"version": ?"([^"]*)"')


class Trouble(Exception):
    """The request has no proper answer; the text says why, `race` that a kept connection was closed as it was used again."""

    def __init__(self, text: str, *, race: bool = False) -> None:
        super().__init__(text)
        self.race = race


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the load goes: an address and port, the Host header, and whether by TLS (whose certificate is not verified)."""

    address: str
    port: int = 80
    host: str = "localhost"
    tls: bool = False

    @property
    def tls_words(self) -> dict[str, Any]:
        """What asyncio wants to be told about TLS: nothing for plain HTTP."""
        return {"ssl": trusting(), "server_hostname": self.host} if self.tls else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer. `version` is the first `"version": "…"` in its body; `events` counts server-sent events."""

    status: int
    version: str
    events: int
    keep: bool


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.opened = time.monotonic()
        self.served = 0
        self._buffer = bytearray()
        self._ended: str | None = None
        self._waiting: asyncio.Future[Reply] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        if self._waiting is not None and not self._waiting.done():
            try:
                reply = _parse(self._buffer)
            except ValueError as problem:
                self._waiting.set_exception(Trouble(f"malformed answer: {problem}"))
                return
            if reply is not None:
                self._waiting.set_result(reply)

    def eof_received(self) -> bool:
        """Asyncio's callback; the connection is of no more use."""
        self._end("closed")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._end("closed" if exc is None else f"{type(exc).__name__}: {exc}")

    def reusable(self) -> bool:
        """Whether the server has left it open, looked at now: what a careful client does before it sends again."""
        if self._ended is not None or self.transport is None or self.transport.is_closing():
            return False
        return not select.select([self.transport.get_extra_info("socket")], [], [], 0)[0]

    async def ask(self, request: bytes, patience: float) -> Reply:
        """Send the request and wait for the whole answer. Raises Trouble; the connection must then be closed."""
        self._buffer.clear()
        self._waiting = asyncio.get_running_loop().create_future()
        if self._ended is not None or self.transport is None:
            raise Trouble(f"connection {self._ended} before the request was sent")
        self.transport.write(request)
        try:
            async with asyncio.timeout(patience):
                reply = await self._waiting
        except TimeoutError:
            raise Trouble(f"no whole answer within {patience:g} s; {len(self._buffer)} bytes came") from None
        finally:
            self._waiting = None
        self.served += 1
        return reply

    def close(self) -> None:
        """Let go of it."""
        if self.transport is not None:
            self.transport.close()

    def _end(self, how: str) -> None:
        self._ended = self._ended or how
        if self._waiting is not None and not self._waiting.done():
            got = len(self._buffer)
            text = f"connection {how} after {got} bytes of the answer" if got else f"connection {how} before any answer"
            self._waiting.set_exception(Trouble(text, race=not got and self.served > 0))


@cache
def trusting(*protocols: str) -> ssl.SSLContext:
    """A context that verifies nothing, made once: reading the machine's certificates for each connection costs more than the request.

    `protocols` are those that are offered (ALPN).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols([*protocols])
    return context


async def connect(target: Target, patience: float) -> Connection:
    """A new connection. Raises Trouble when there is none to be had in time."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            _, connection = await loop.create_connection(Connection, target.address, target.port, **target.tls_words)
    except TimeoutError:
        raise Trouble(f"no connection within {patience:g} s") from None
    except OSError as problem:
        raise Trouble(f"cannot connect: {problem}") from problem
    return connection


def version_in(body: bytearray, start: int = 0) -> str:
    """The first `"version": "…"` in it, empty where there is none."""
    found = _VERSION.search(body, start)
    return found[1].decode() if found else ""


def _parse(buffer: bytearray) -> Reply | None:
    """The answer in the buffer once it is whole. Raises ValueError when it is no HTTP."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(buffer[:head_end]).lower()
    status = int(head[9:12])
    keep = b"\r\nconnection: close" not in head
    start = head_end + 4
    if b"\r\ntransfer-encoding: chunked" in head:
        if not buffer.endswith(b"\r\n0\r\n\r\n"):
            return None
    else:
        found = re.search(rb"\r\ncontent-length: *(\d+)", head)
        if found is None:
            message = "neither Content-Length nor chunks"
            raise ValueError(message)
        if len(buffer) < start + int(found[1]):
            return None
    return Reply(status=status, version=version_in(buffer, start), events=buffer.count(b"data: ", start), keep=keep)
