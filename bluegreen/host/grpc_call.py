"""The health question asked straight, over HTTP/2. A module of its own, since only who deploys a gRPC app needs that library."""

from __future__ import annotations

import socket

from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from bluegreen.host import Answer
from bluegreen.host.grpc_health import HEADERS, PATH, question, understood

__all__ = ["exchange"]

_CHUNK = 64 * 1024


def exchange(sock: socket.socket, authority: str, service: str) -> Answer:
    """Ask over a connected socket. Raises OSError, which a connection that ends too early or does not speak HTTP/2 is as well."""
    call = H2Connection()
    call.initiate_connection()
    stream = call.get_next_available_stream_id()
    names = {":method": "POST", ":scheme": "http", ":path": PATH, ":authority": authority, "user-agent": "bluegreen-action"}
    call.send_headers(stream, [*names.items(), *((name.lower(), value) for name, value in HEADERS.items())])
    call.send_data(stream, question(service), end_stream=True)
    try:
        return understood(_message(sock, call))
    except ProtocolError as error:
        what = "it does not speak HTTP/2"
        raise OSError(what) from error


def _message(sock: socket.socket, call: H2Connection) -> bytes:
    """The answer's message, framed as gRPC does; nothing for a call that ended without one."""
    message = b""
    while True:
        sock.sendall(call.data_to_send())
        heard = sock.recv(_CHUNK)
        if not heard:
            raise ConnectionResetError
        for event in call.receive_data(heard):
            match event:
                case DataReceived(data=data):
                    message += data or b""
                case StreamEnded():
                    return message
                case StreamReset() | ConnectionTerminated():
                    raise ConnectionResetError
