"""One WebSocket user: connects, sends a message now and then, says goodbye, and notices when the other side does not."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from tests.load.client import Target

__all__ = ["Visit", "visit"]


@dataclass(slots=True, kw_only=True)
class Visit:
    """How a WebSocket went. `code` is 0 when it ended without a close frame; `answered` is set once `status` is known."""

    answered: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    version: str = ""
    error: str = ""
    echoes: int = 0
    code: int = 0
    ended_by_us: bool = False


async def visit(target: Target, kind: str, *, seconds: float, leave: asyncio.Event, patience: float = 30.0) -> Visit:
    """Stay for `seconds`, or until `leave` is set, with an echo every half second."""
    seen = Visit()
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(target.address, target.port, **target.tls_words)
    except (OSError, TimeoutError) as problem:
        seen.error = f"cannot connect: {type(problem).__name__}: {problem}"
        return seen
    connection = WSConnection(ConnectionType.CLIENT)
    try:
        request = Request(host=target.host, target="/ws", extra_headers=[(b"X-Request-Kind", kind.encode())])
        writer.write(connection.send(request))
        listening = asyncio.create_task(_listen(connection, reader, writer, seen))
        talking = asyncio.create_task(_talk(connection, writer, seen, seconds, leave))
        try:
            done, _ = await asyncio.wait({listening, talking}, timeout=seconds + patience, return_when=asyncio.FIRST_COMPLETED)
            if talking in done and not listening.done():
                await asyncio.wait({listening}, timeout=patience)
            if not listening.done():
                what = "close frame within {:g} s of ours" if seen.ended_by_us else "answer to the handshake within {:g} s"
                seen.error = seen.error or "no " + what.format(patience)
        finally:
            listening.cancel()
            talking.cancel()
            await asyncio.gather(listening, talking, return_exceptions=True)
    finally:
        await _part(writer)
    return seen


async def _part(writer: asyncio.StreamWriter) -> None:
    """Close the connection, by force when the other side of a TLS connection does not answer: its loop may end with this visit."""
    writer.close()
    try:
        async with asyncio.timeout(1):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
        await asyncio.sleep(0)


async def _talk(connection: WSConnection, writer: asyncio.StreamWriter, seen: Visit, seconds: float, leave: asyncio.Event) -> None:
    """Messages at a steady pace, then the close frame."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    await seen.answered.wait()
    with contextlib.suppress(LocalProtocolError, OSError):
        while seen.status == 101 and loop.time() < until and not leave.is_set():
            writer.write(connection.send(Message(data="hello")))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leave.wait(), min(0.5, max(0.0, until - loop.time())))
        if seen.status == 101:
            seen.ended_by_us = True
            writer.write(connection.send(CloseConnection(code=1000)))


async def _listen(connection: WSConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Visit) -> None:
    """Whatever comes, until the end of the connection."""
    try:
        while data := await reader.read(65536):
            connection.receive_data(data)
            for event in connection.events():
                _note(event, seen)
                if seen.status:
                    seen.answered.set()
                if isinstance(event, Ping):
                    writer.write(connection.send(event.response()))
                if isinstance(event, CloseConnection) and not seen.ended_by_us:
                    writer.write(connection.send(event.response()))
                if isinstance(event, CloseConnection | RejectConnection):
                    return
        seen.error = "ended without a close frame" if seen.status == 101 else "connection closed before any answer"
    except (OSError, ssl.SSLError, RemoteProtocolError, LocalProtocolError) as problem:
        seen.error = f"ended without a close frame: {type(problem).__name__}: {problem}"


def _note(event: Event, seen: Visit) -> None:
    if isinstance(event, AcceptConnection):
        seen.status = 101
    elif isinstance(event, RejectConnection):
        seen.status = event.status_code
    elif isinstance(event, TextMessage):
        seen.echoes += 1
        seen.version = str(event.data).split(" ")[0]
    elif isinstance(event, CloseConnection):
        seen.code = event.code
