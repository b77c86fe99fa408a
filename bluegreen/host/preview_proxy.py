"""A URL of this machine at which any HTTP client meets the candidate: NGINX's preview on the host, reached over the one connection."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from bluegreen.errors import BlueGreenError

__all__ = ["PreviewProxy", "rewritten"]

_CHUNK = 65536
_MOST_HEAD = 64 * 1024
_PATIENCE = 30.0
_ABSOLUTE = re.compile(rb"^(\S+) https?://[^/ ]*(?=[/ ])")
_REPLACED = (b"host", b"connection", b"keep-alive", b"proxy-connection")
_UNREACHED = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nthe host cannot be asked: {}\n"


class PreviewProxy:
    """Listens on a loopback port; each connection carries one request, whose Host becomes the preview's, and then whatever follows.

    One request a connection leaves bodies, streams and upgraded connections untouched: only the first bytes have to be understood.
    """

    def __init__(self, dial: Callable[[], socket.socket], host: str, passed_on: str = "") -> None:
        self._dial = dial
        self._host = host
        self._passed_on = passed_on
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="bluegreen-preview", daemon=True).start()

    def __enter__(self) -> Self:
        """The proxy itself, which listens already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Listen no longer, and end what is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still = tuple(self._open)
        for sock in still:
            _end(sock)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), name="bluegreen-preview", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with self._kept(near), contextlib.suppress(OSError):
            near.settimeout(_PATIENCE)
            head, rest = _read_head(near)
            near.settimeout(None)
            if not head:
                return
            try:
                far = self._dial()
            except (OSError, BlueGreenError) as error:
                near.sendall(_UNREACHED.format(error).encode())
                return
            with self._kept(far):
                far.sendall(rewritten(head, self._host, self._passed_on) + rest)
                up = threading.Thread(target=_carry, args=(near, far), name="bluegreen-preview", daemon=True)
                up.start()
                _carry(far, near)
                _end(near)
                up.join()

    @contextlib.contextmanager
    def _kept(self, sock: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(sock)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()


def rewritten(head: bytes, host: str, passed_on: str = "") -> bytes:
    """A request's head for the preview: under its Host, and the last on its connection unless it asks for another protocol.

    The app gets the Host `passed_on`, when there is one.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    names = [line.partition(b":")[0].strip().lower() for line in lines]
    kept = [line for line, name in zip(lines, names, strict=True) if name not in _REPLACED]
    connection = b"Upgrade" if b"upgrade" in names else b"close"
    added = [b"Host: " + host.encode("ascii"), b"Connection: " + connection]
    if passed_on:
        added.append(b"X-Bluegreen-Host: " + passed_on.encode("ascii"))
    return b"\r\n".join((_ABSOLUTE.sub(rb"\1 ", first), *added, *kept)) + b"\r\n\r\n"


def _read_head(near: socket.socket) -> tuple[bytes, bytes]:
    """Up to and including the empty line, and what came behind it; nothing for a client that leaves before or never gets there."""
    got = b""
    while b"\r\n\r\n" not in got:
        data = near.recv(_CHUNK)
        if not data or len(got) > _MOST_HEAD:
            return b"", b""
        got += data
    head, _, rest = got.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
        return
    _end(source)
    _end(sink)


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
