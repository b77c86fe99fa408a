"""HTTP/2 as browsers speak it: a few connections that are kept, many requests at once on each.

A server that leaves (a reload) says with GOAWAY which requests it has not looked at. Every client sends those again, unseen by its user
(RFC 9113, 6.8), so that one is no failure here either, but is counted.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from hyperframe.frame import Frame, GoAwayFrame

from tests.load.client import Reply, Target, Trouble, trusting, version_in

__all__ = ["Refused", "Session", "open_session"]


class Refused(Exception):
    """The server has not looked at the request, and says so: it is for another connection."""


class _Patient(H2Connection):
    """The library takes nothing more after GOAWAY, although the answers under way come after it."""

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        frames, events = super()._receive_goaway_frame(frame)
        self.state_machine.state = ConnectionState.CLIENT_OPEN
        return frames, events


@dataclass(slots=True)
class _Awaited:
    """An answer on its way."""

    reply: asyncio.Future[Reply]
    status: int = 0
    body: bytearray = field(default_factory=bytearray)


class Session(asyncio.Protocol):
    """One connection, any number of requests at once."""

    def __init__(self) -> None:
        self.opened = time.monotonic()
        self.served = 0
        self._ended = ""
        self._leaving = False
        self._transport: asyncio.Transport | None = None
        self._h2 = _Patient(H2Configuration(client_side=True, header_encoding=None))
        self._awaited: dict[int, _Awaited] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._h2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            events = self._h2.receive_data(data)
            for event in events:
                self._note(event)
        except ProtocolError as problem:
            self._end(f"broke the protocol: {problem}")
            self.close()
        self._flush()

    def eof_received(self) -> bool:
        """Asyncio's callback; the connection is of no more use."""
        self._end("closed")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._end("closed" if exc is None else f"{type(exc).__name__}: {exc}")

    @property
    def usable(self) -> bool:
        """Whether another request may go this way."""
        return not self._ended and not self._leaving

    async def ask(self, headers: list[tuple[str, str]], body: bytes, patience: float) -> Reply:
        """Send the request and wait for the whole answer. Raises `Refused`, or `Trouble`."""
        if not self.usable:
            raise Refused
        stream = self._h2.get_next_available_stream_id()
        awaited = self._awaited[stream] = _Awaited(asyncio.get_running_loop().create_future())
        self._h2.send_headers(stream, headers, end_stream=not body)
        if body:
            self._h2.send_data(stream, body, end_stream=True)
        self._flush()
        try:
            async with asyncio.timeout(patience):
                reply = await awaited.reply
        except TimeoutError:
            raise Trouble(f"no whole answer within {patience:g} s; {len(awaited.body)} bytes came") from None
        finally:
            del self._awaited[stream]
        self.served += 1
        return reply

    def close(self) -> None:
        """Let go of it."""
        if self._transport is not None:
            self._transport.close()

    def _note(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self._leaving = True
            for stream in [one for one in self._awaited if one > (event.last_stream_id or 0)]:
                self._fail(stream, Refused())
        elif isinstance(event, StreamReset):
            refused = event.error_code is ErrorCodes.REFUSED_STREAM
            self._fail(event.stream_id, Refused() if refused else Trouble(f"stream reset: {event.error_code}"))
        elif isinstance(event, DataReceived) and not self._leaving:
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        awaited = self._awaited.get(getattr(event, "stream_id", None) or 0)
        if awaited is not None and not awaited.reply.done():
            _fill(awaited, event)

    def _fail(self, stream: int | None, problem: Exception) -> None:
        awaited = self._awaited.get(stream or 0)
        if awaited is not None and not awaited.reply.done():
            awaited.reply.set_exception(problem)

    def _end(self, how: str) -> None:
        self._ended = self._ended or how
        for stream, awaited in self._awaited.items():
            got = bool(awaited.status)
            text = f"connection {self._ended} {'within the' if got else 'before any'} answer"
            self._fail(stream, Trouble(text, race=not got and self.served > 0))

    def _flush(self) -> None:
        if self._transport is not None and (data := self._h2.data_to_send()):
            self._transport.write(data)


def _fill(awaited: _Awaited, event: Event) -> None:
    if isinstance(event, ResponseReceived):
        awaited.status = int(dict(event.headers or ())[b":status"])
    elif isinstance(event, DataReceived):
        awaited.body += event.data or b""
    elif isinstance(event, StreamEnded):
        awaited.reply.set_result(Reply(status=awaited.status, version=version_in(awaited.body), events=0, keep=True))


async def open_session(target: Target, patience: float) -> Session:
    """A new connection. Raises Trouble when there is none to be had in time, or its server speaks no HTTP/2."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            transport, session = await loop.create_connection(
                Session, target.address, target.port, ssl=trusting("h2"), server_hostname=target.host
            )
    except TimeoutError:
        raise Trouble(f"no connection within {patience:g} s") from None
    except OSError as problem:
        raise Trouble(f"cannot connect: {problem}") from problem
    if transport.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
        session.close()
        raise Trouble("the server speaks no HTTP/2")
    return session
