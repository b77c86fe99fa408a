"""What is known about one request of the load, and its file format: a JSON object a line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

__all__ = ["Kind", "Record", "read", "write_line"]


class Kind(Enum):
    """The sorts of users. `get` and `post` keep their connections, `fresh` opens one each time, `stream` is a long answer.

    `h2` and `h2post` are GET and POST over HTTP/2, many at once on a few connections.
    """

    GET = "get"
    POST = "post"
    FRESH = "fresh"
    STREAM = "stream"
    WEBSOCKET = "websocket"
    H2 = "h2"
    H2_POST = "h2post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One request, once it is over. `start` is seconds of the wall clock, so that it compares with logs; `duration` is seconds.

    `late` is how much later than scheduled it was sent: more than a little is the load's own fault. `status` is 0 without an answer.
    `age` and `reused` tell how old the connection was and how many requests it had served. `race` is true for a kept connection
    that ended before a byte of the answer came: its server closed it just as it was used again.
    `refused` counts how often a server that was leaving gave it back unseen (HTTP/2), and it was sent again.
    `events` counts what a stream or a WebSocket brought; `code` is the WebSocket's close code, 0 without a close frame;
    `ended_by_us` says who sent the first one.
    """

    start: float
    duration: float
    kind: Kind
    status: int
    version: str = ""
    error: str = ""
    late: float = 0.0
    age: float = 0.0
    reused: int = 0
    race: bool = False
    events: int = 0
    code: int = 0
    ended_by_us: bool = False
    refused: int = 0

    @property
    def end(self) -> float:
        """When it was over."""
        return self.start + self.duration

    @property
    def failed(self) -> bool:
        """Whether a user would have noticed."""
        return bool(self.error) or not 100 < self.status < 400


def write_line(record: Record) -> str:
    """The record as one line."""
    plain = {**dataclasses.asdict(record), "kind": record.kind.value}
    return json.dumps({name: round(value, 6) if isinstance(value, float) else value for name, value in plain.items()}) + "\n"


def read(path: Path) -> list[Record]:
    """The records in a file, in the order in which their requests began. A last line cut short is left out."""
    whole = (line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n"))
    return sorted(_parse(whole), key=lambda record: record.start)


def _parse(lines: Iterable[str]) -> Iterable[Record]:
    for line in lines:
        raw = json.loads(line)
        yield Record(**{**raw, "kind": Kind(raw["kind"])})
