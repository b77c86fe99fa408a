"""The test application: a small HTTP server that says which version answered, and that can have any bad day on demand.

    /              JSON: version, pid, method, bytes of body received         /healthz           `ok`
    /slow?ms=500   the same after that long                                   /ws                WebSocket: echoes `VERSION TEXT`
    /home          302 to `/` of the Host it was asked by, as a whole URL
    /stream?n=10&ms=100   n server-sent events, ms apart, version in each

It logs one line a request: method, target, status, milliseconds, and `kind=` the request's X-Request-Kind header, `-` when there is none.
Load sends that header, probes do not; requests that have it are called users' requests below.
On SIGTERM it stops listening, finishes what is in flight, says 1001 to WebSockets and exits 0.

Bad days are words in the environment variable BAD (also a build argument), any number of them, `name` or `name=value`:

    exit             exits at once, status 3                        exit-after=S      exits with status 3 after S seconds (restart loop)
    deaf             runs, never listens                            slow-start=S      listens only after S seconds
    status=500       every answer has that status                   health=500        only /healthz has
    unhealthy-after=S     /healthz answers 503 after S seconds      traceback[=S]     logs a Python traceback, after S seconds (0)
    oom[=S]          eats memory until it is killed                 slow=MS           every answer takes that long
    lacks=NAME       the traceback's KeyError names that            (instead of DATABASE_URL)
    die-at=N[:S]     dies at the Nth user's request, or S seconds after it         (dying: WebSockets get 1011, then exit status 1)
    die-at-rate=R[:S]     dies when R users' requests came within one second, or S seconds after that
    drop=N           resets 1 user's request in N; so does a file /tmp/drop that holds N
    fail=N           answers 1 user's request in N with 500; so does a file /outage/down that holds N, of a volume that releases may share
    ignore-term      ignores SIGTERM
"""

# ruff: noqa: T201 - standard output is its log

from __future__ import annotations

import asyncio
import collections
import json
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import websocket
from .days import eat_memory, log_traceback

VERSION = os.environ.get("VERSION", "dev")
BAD: dict[str, str] = {name: value for name, _, value in (word.partition("=") for word in os.environ.get("BAD", "").split())}
BEGAN = time.monotonic()
REASONS = {200: "OK", 302: "Found", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}


class Application:
    """The connections, the count of users' requests, and the way to the end."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.idle: set[asyncio.StreamWriter] = set()
        self.sockets: set[asyncio.StreamWriter] = set()
        self.users = 0
        self.recent: collections.deque[float] = collections.deque()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request until either side is done."""
        task = asyncio.current_task()
        if task is not None:
            self.tasks.add(task)
        try:
            while not self.stopping.is_set():
                self.idle.add(writer)
                head = await reader.readuntil(b"\r\n\r\n")
                self.idle.discard(writer)
                if not await self.request(head.decode("latin-1"), reader, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.idle.discard(writer)
            if task is not None:
                self.tasks.discard(task)
            writer.close()

    async def request(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection ends with it."""
        began = time.monotonic()
        first, *rest = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        url = urlsplit(target)
        query = {name: float(values[0]) for name, values in parse_qs(url.query).items()}
        kind = headers.get("x-request-kind", "-")
        if kind != "-" and self.user_came(writer):
            print(f"{method} {target} dropped kind={kind}")
            return False
        fails = kind != "-" and self.fails()  # before others come in meanwhile
        await asyncio.sleep((query.get("ms", 0) if url.path == "/slow" else float(BAD.get("slow", 0))) / 1000)
        status = 500 if fails else self.status(url.path)
        keep = headers.get("connection", "").lower() != "close" and not self.stopping.is_set()
        if url.path == "/ws" and "sec-websocket-key" in headers and status == 200:
            status, keep = 101, False
            await self.echo(headers["sec-websocket-key"], reader, writer)
        elif url.path == "/stream" and status == 200:
            await self.stream(writer, int(query.get("n", 10)), query.get("ms", 100) / 1000, keep=keep)
        else:
            told = {"version": VERSION, "pid": os.getpid(), "method": method, "bytes": len(body)}
            text = "ok\n" if url.path == "/healthz" and status == 200 else json.dumps(told) + "\n"
            answer = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\nContent-Type: application/json\r\n"
            answer += f"Content-Length: {len(text)}\r\n"
            if status == 302:
                answer += f"Location: {headers.get('x-forwarded-proto', 'http')}://{headers.get('host', '')}/\r\n"
            writer.write((answer + ("" if keep else "Connection: close\r\n") + "\r\n" + ("" if method == "HEAD" else text)).encode())
            await writer.drain()
        print(f"{method} {target} {status} {1000 * (time.monotonic() - began):.1f}ms kind={kind}")
        return keep

    def status(self, path: str) -> int:
        """The status that this path answers with today."""
        if path == "/healthz" and "health" in BAD:
            return int(BAD["health"])
        if path == "/healthz" and time.monotonic() - BEGAN > float(BAD.get("unhealthy-after", "inf")):
            return 503
        if path == "/home":
            return 302
        known = path in {"/", "/healthz", "/slow", "/stream", "/ws"}
        return int(BAD["status"]) if "status" in BAD else 200 if known else 404

    def user_came(self, writer: asyncio.StreamWriter) -> bool:
        """Count a user's request; True when it is to be dropped, which resets its connection."""
        self.users += 1
        now = time.monotonic()
        self.recent.append(now)
        while self.recent[0] < now - 1:
            self.recent.popleft()
        for word, reached in (("die-at", self.users), ("die-at-rate", len(self.recent))):
            limit, _, later = BAD.get(word, "inf").partition(":")
            if reached >= float(limit):
                self.die() if not later else asyncio.get_running_loop().call_later(float(later), self.die)
        every = int(BAD.get("drop", 0)) or number_in("/tmp/drop")
        if every and self.users % every == 0:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return True
        return False

    def fails(self) -> bool:
        """Whether the user's request that came last is one of those that fail."""
        every = int(BAD.get("fail", 0)) or number_in("/outage/down")
        return bool(every) and self.users % every == 0

    def die(self) -> None:
        """End as a crash does, but for the WebSockets, whose clients are told."""
        for writer in self.sockets:
            writer.write(websocket.close_frame(1011))
        print("dying", flush=True)
        os._exit(1)

    async def stream(self, writer: asyncio.StreamWriter, count: int, gap: float, *, keep: bool) -> None:
        """A long answer in chunks, each an event."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n")
        writer.write(b"\r\n" if keep else b"Connection: close\r\n\r\n")
        for number in range(count):
            event = f"data: {json.dumps({'version': VERSION, 'event': number, 'of': count})}\n\n".encode()
            writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            await writer.drain()
            await asyncio.sleep(gap)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def echo(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A WebSocket, until its client closes it or we are told to stop."""
        writer.write(websocket.upgrade(key))
        self.sockets.add(writer)
        try:
            while True:
                kind, payload = await websocket.read_frame(reader)
                if kind == websocket.CLOSE:
                    writer.write(websocket.frame(websocket.CLOSE, payload[:2]))
                    return
                if kind == websocket.PING:
                    writer.write(websocket.frame(websocket.PONG, payload))
                elif kind == websocket.TEXT:
                    writer.write(websocket.frame(websocket.TEXT, VERSION.encode() + b" " + payload))
        finally:
            self.sockets.discard(writer)

    async def stop(self, server: asyncio.Server) -> None:
        """Take no more, finish what is in flight, close what is idle, tell WebSockets."""
        print("stopping", flush=True)
        server.close()
        self.stopping.set()
        for writer in tuple(self.idle):
            writer.close()
        for writer in tuple(self.sockets):
            writer.write(websocket.close_frame(1001))
        while self.tasks:
            await asyncio.wait(self.tasks, timeout=1.0)


def number_in(path: str) -> int:
    """The number in a file, 0 when there is none."""
    try:
        return int(Path(path).read_text() or 0)
    except (OSError, ValueError):
        return 0


async def main() -> None:
    """Have the day that BAD asks for."""
    loop = asyncio.get_running_loop()
    application = Application()
    told = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, (lambda: None) if "ignore-term" in BAD else told.set)
    loop.add_signal_handler(signal.SIGINT, told.set)
    for word, event in (
        ("exit-after", lambda: os._exit(3)),
        ("traceback", lambda: log_traceback(BAD.get("lacks", "DATABASE_URL"))),
        ("oom", eat_memory),
    ):
        if word in BAD:
            loop.call_later(float(BAD[word] or 0), event)
    await asyncio.sleep(float(BAD.get("slow-start", 0)))
    if "deaf" in BAD:
        print(f"version {VERSION} is lost in thought")
        await told.wait()
        return
    server = await asyncio.start_server(application.connection, "0.0.0.0", 8000, backlog=1024)  # noqa: S104 - a container's own network
    print(f"version {VERSION} listens on port 8000 after {time.monotonic() - BEGAN:.2f}s")
    await told.wait()
    await application.stop(server)


if __name__ == "__main__":
    if "exit" in BAD:
        print(f"version {VERSION} cannot start: no configuration", file=sys.stderr)
        sys.exit(3)
    asyncio.run(main())
