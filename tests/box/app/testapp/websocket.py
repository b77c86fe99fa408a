"""Just enough of RFC 6455 for the server side of an echo: the handshake's answer, and frames."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct

__all__ = ["CLOSE", "PING", "PONG", "TEXT", "close_frame", "frame", "read_frame", "upgrade"]

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def upgrade(key: str) -> bytes:
    """The answer to a client's handshake that came with that Sec-WebSocket-Key."""
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324 - RFC 6455 wants it
    accept = base64.b64encode(digest)
    return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"


def frame(kind: int, payload: bytes) -> bytes:
    """One unmasked, final frame."""
    if len(payload) < 126:
        return struct.pack("!BB", 0x80 | kind, len(payload)) + payload
    return struct.pack("!BBH", 0x80 | kind, 126, len(payload)) + payload


def close_frame(code: int) -> bytes:
    """A close frame with its reason's code: 1000 done, 1001 going away, 1011 the server is in trouble."""
    return frame(CLOSE, struct.pack("!H", code))


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next frame's kind and unmasked payload. Raises IncompleteReadError at the end of the connection."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    mask = await reader.readexactly(4) if second & 0x80 else b"\0\0\0\0"
    payload = await reader.readexactly(length)
    return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
