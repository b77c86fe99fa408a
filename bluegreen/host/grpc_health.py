"""The health question that gRPC has (grpc.health.v1): asked straight over HTTP/2, or over HTTP/1.1 through NGINX, which translates.

One call a connection needs so little of HTTP/2 (RFC 9113) that no library is kept for it: frames of nine bytes of head, and headers
written literally (RFC 7541, 6.2.2). Of the answer only its message is read; how a call without one ended is not told apart.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from bluegreen.host import Answer

__all__ = ["HEADERS", "PATH", "exchange", "question", "understood"]

PATH = "/grpc.health.v1.Health/Check"
HEADERS = {"Content-Type": "application/grpc", "TE": "trailers"}

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_STREAM = 1
_MOST = 64 * 1024
_LONGEST_IN_SEVEN_BITS = 127
_STATUSES = {b"": "UNKNOWN", b"\x08\x00": "UNKNOWN", b"\x08\x01": "SERVING", b"\x08\x02": "NOT_SERVING", b"\x08\x03": "SERVICE_UNKNOWN"}


def question(service: str) -> bytes:
    """The request's message, framed as gRPC does; an empty service stands for the whole server."""
    name = service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\0" + struct.pack(">I", len(message)) + message


def understood(payload: bytes) -> Answer:
    """What a framed answer says, as the HTTP status that it amounts to: 200 for SERVING, 501 where there was no message at all."""
    if not payload:
        return Answer(status=501, body="no such health service")
    status = _STATUSES.get(payload[5:], "something else")
    return Answer(status=200 if status == "SERVING" else 503, body=status)


def exchange(sock: socket.socket, authority: str, service: str) -> Answer:
    """Ask over a connected socket. Raises OSError, which a connection that ends too early or does not speak HTTP/2 is as well."""
    names = {":method": "POST", ":scheme": "http", ":path": PATH, ":authority": authority, "user-agent": "bluegreen-action"}
    fields = names | {name.lower(): value for name, value in HEADERS.items()}
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items())
    call = _frame(_HEADERS, _END_HEADERS, block) + _frame(_DATA, _END_STREAM, question(service))
    sock.sendall(_PREFACE + _frame(_SETTINGS, 0, b"", stream=0) + call)
    payload = b""
    for kind, flags, stream, body in _frames(sock):
        if kind == _SETTINGS and not flags & _ACK:
            sock.sendall(_frame(_SETTINGS, _ACK, b"", stream=0))
        if kind == _GOAWAY or (kind == _RESET and stream == _STREAM):
            raise ConnectionResetError
        if kind == _DATA and stream == _STREAM:
            payload += body
        if kind in (_DATA, _HEADERS) and stream == _STREAM and flags & _END_STREAM:
            break
    return understood(payload)


def _frames(sock: socket.socket) -> Iterator[tuple[int, int, int, bytes]]:
    while True:
        head = _exactly(sock, 9)
        length, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        if length > _MOST:
            message = "it does not speak HTTP/2"
            raise OSError(message)
        yield kind, flags, stream, _exactly(sock, length)


def _exactly(sock: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = sock.recv(count - len(got))
        if not more:
            raise ConnectionResetError
        got += more
    return got


def _frame(kind: int, flags: int, body: bytes, *, stream: int = _STREAM) -> bytes:
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + body


def _text(word: str) -> bytes:
    """A string of HPACK's, not compressed: its length begins in seven bits and goes on as a varint (RFC 7541, 5.1)."""
    raw = word.encode()
    if len(raw) < _LONGEST_IN_SEVEN_BITS:
        return bytes((len(raw),)) + raw
    return bytes((_LONGEST_IN_SEVEN_BITS,)) + _varint(len(raw) - _LONGEST_IN_SEVEN_BITS) + raw


def _varint(number: int) -> bytes:
    out = b""
    while number > _LONGEST_IN_SEVEN_BITS:
        out += bytes((number & _LONGEST_IN_SEVEN_BITS | 128,))
        number >>= 7
    return out + bytes((number,))
