"""Users who come at a fixed rate whether or not they are answered (an open loop) and who never try twice."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.load.client import Connection, Target, Trouble, connect
from tests.load.http2 import Refused, Session, open_session
from tests.load.record import Kind, Record
from tests.load.websocket import visit

__all__ = ["MIX", "Generator", "Plan"]

_BODY = json.dumps({"order": 1, "note": "x" * 160})
_PATIENCE = 3

MIX: Mapping[Kind, float] = {
    Kind.GET: 130.0, Kind.POST: 70.0, Kind.FRESH: 20.0, Kind.STREAM: 1.0, Kind.WEBSOCKET: 1.0,
    Kind.H2: 0.0, Kind.H2_POST: 0.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom to send where: requests a second by kind, the paths, how many connections each keeping kind keeps, seconds.

    `sessions` is how many connections the requests over HTTP/2 share.
    """

    target: Target
    rates: Mapping[Kind, float] = field(default_factory=lambda: MIX)
    path: str = "/"
    stream: str = "/stream?n=20&ms=100"
    connections: int = 20
    sessions: int = 4
    websocket_seconds: float = 5.0
    timeout: float = 30.0


class Generator:
    """The load itself, in one event loop. `note` is called with each record as its request ends."""

    def __init__(self, plan: Plan, note: Callable[[Record], None]) -> None:
        self.plan = plan
        self.note = note
        self.leave = asyncio.Event()
        self._kept: dict[Kind, collections.deque[Connection]] = {Kind.GET: collections.deque(), Kind.POST: collections.deque()}
        self._open: collections.Counter[Kind] = collections.Counter()
        self._sessions: list[Session | None] = [None] * plan.sessions
        self._opening = [asyncio.Lock() for _ in range(plan.sessions)]
        self._turn = itertools.cycle(range(plan.sessions))
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float) -> None:
        """Send for so long, or until `leave` is set; then wait for what is still in flight."""
        arrivals = [asyncio.create_task(self._arrivals(kind, rate, seconds)) for kind, rate in self.plan.rates.items() if rate > 0]
        await asyncio.gather(*arrivals)
        self.leave.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.plan.timeout + 5)
        for connection in (one for kept in self._kept.values() for one in kept):
            connection.close()
        for session in filter(None, self._sessions):
            session.close()

    async def _arrivals(self, kind: Kind, rate: float, seconds: float) -> None:
        """Start each request of one kind at its own time, however the earlier ones fare."""
        began = time.monotonic() + list(Kind).index(kind) * 0.003
        number = 0
        while not self.leave.is_set() and number / rate < seconds:
            due = began + number / rate
            number += 1
            ahead = due - time.monotonic()
            if ahead > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.leave.wait(), ahead)
            if self.leave.is_set():
                return
            task = asyncio.create_task(self._one(kind, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _one(self, kind: Kind, due: float) -> None:
        """One request, from its start to its record."""
        began = Record(start=time.time(), duration=0.0, kind=kind, status=0, late=max(0.0, time.monotonic() - due))
        clock = time.monotonic()
        record = await self._how(kind)(began)
        self.note(replace(record, duration=time.monotonic() - clock))

    def _how(self, kind: Kind) -> Callable[[Record], Awaitable[Record]]:
        if kind is Kind.WEBSOCKET:
            return self._visit
        return self._multiplexed if kind in {Kind.H2, Kind.H2_POST} else self._request

    async def _visit(self, began: Record) -> Record:
        """One WebSocket."""
        plan = self.plan
        seen = await visit(plan.target, began.kind.value, seconds=plan.websocket_seconds, leave=self.leave, patience=plan.timeout)
        found = replace(began, status=seen.status, version=seen.version, error=seen.error)
        return replace(found, events=seen.echoes, code=seen.code, ended_by_us=seen.ended_by_us)

    async def _request(self, began: Record) -> Record:
        """One HTTP request, over a kept connection where its kind keeps them."""
        kind, clock = began.kind, time.monotonic()
        connection: Connection | None = None
        try:
            connection = self._take(kind)
            if connection is None:
                self._open[kind] += 1
                connection = await connect(self.plan.target, self.plan.timeout)
            began = replace(began, age=max(0.0, clock - connection.opened), reused=connection.served)
            reply = await connection.ask(self._text(kind), self.plan.timeout)
        except Trouble as problem:
            self._let_go(kind, connection)
            return replace(began, error=str(problem), race=problem.race)
        if reply.keep and kind in self._kept and not self.leave.is_set():
            self._kept[kind].append(connection)
        else:
            self._let_go(kind, connection)
        return replace(began, status=reply.status, version=reply.version, events=reply.events)

    async def _multiplexed(self, began: Record) -> Record:
        """One HTTP/2 request, on whichever connection's turn it is; one that its server has not looked at goes on another."""
        clock = time.monotonic()
        for refused in range(_PATIENCE):
            try:
                session = await self._session()
                began = replace(began, age=max(0.0, clock - session.opened), reused=session.served, refused=refused)
                reply = await session.ask(*self._frames(began.kind), self.plan.timeout)
            except Refused:
                continue
            except Trouble as problem:
                return replace(began, error=str(problem), race=problem.race)
            return replace(began, status=reply.status, version=reply.version)
        return replace(began, error=f"refused {_PATIENCE} times")

    async def _session(self) -> Session:
        turn = next(self._turn)
        async with self._opening[turn]:
            found = self._sessions[turn]
            if found is None or not found.usable:
                found = self._sessions[turn] = await open_session(self.plan.target, self.plan.timeout)
            return found

    def _frames(self, kind: Kind) -> tuple[list[tuple[str, str]], bytes]:
        body = _BODY.encode() if kind is Kind.H2_POST else b""
        headers = [
            (":method", "POST" if body else "GET"),
            (":scheme", "https"),
            (":authority", self.plan.target.host),
            (":path", self.plan.path),
            ("x-request-kind", kind.value),
            ("user-agent", "bluegreen-load"),
        ]
        return headers + ([("content-type", "application/json"), ("content-length", str(len(body)))] if body else []), body

    def _take(self, kind: Kind) -> Connection | None:
        """The kept connection that has rested longest and is still open; None while there are fewer than `connections`, or none rests."""
        kept = self._kept.get(kind)
        while kept and self._open[kind] >= self.plan.connections:
            connection = kept.popleft()
            if connection.reusable():
                return connection
            self._let_go(kind, connection)
        return None

    def _let_go(self, kind: Kind, connection: Connection | None) -> None:
        self._open[kind] -= 1
        if connection is not None:
            connection.close()

    def _text(self, kind: Kind) -> bytes:
        path = self.plan.stream if kind is Kind.STREAM else self.plan.path
        method = "POST" if kind is Kind.POST else "GET"
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.plan.target.host}",
            f"X-Request-Kind: {kind.value}",
            "User-Agent: bluegreen-load",
        ]
        if kind not in self._kept:
            lines.append("Connection: close")
        body = _BODY if kind is Kind.POST else ""
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
