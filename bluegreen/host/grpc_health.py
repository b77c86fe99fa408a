"""The health question that gRPC has (grpc.health.v1): asked straight (grpc_call.py), or over HTTP/1.1 through NGINX, which translates.

Of the answer only its message is read: NGINX gives an HTTP/1.1 client no trailers, so why a call had none is not told apart.
"""

from __future__ import annotations

import struct

from bluegreen.host import Answer

__all__ = ["HEADERS", "PATH", "question", "understood"]

PATH = "/grpc.health.v1.Health/Check"
HEADERS = {"Content-Type": "application/grpc", "TE": "trailers"}

_SEVEN_BITS = 127
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


def _varint(number: int) -> bytes:
    out = b""
    while number > _SEVEN_BITS:
        out += bytes((number & _SEVEN_BITS | 128,))
        number >>= 7
    return out + bytes((number,))
