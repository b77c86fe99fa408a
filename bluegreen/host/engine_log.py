"""Reads a container's log as the engine sends it: framed by stream, or raw from a terminal, each line with its timestamp."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from bluegreen.model.container import LogLine

__all__ = ["log_lines", "since"]

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d)) ?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_HEADER = 8
_PIECE = 16 * 1024
"""The engine cuts longer lines into pieces of this size, each with a timestamp of its own (moby, daemon/logger/copier.go)."""


def log_lines(sent: bytes, after: str) -> tuple[LogLine, ...]:
    """The lines later than `after`, oldest first. ANSI sequences are left in.

    API 1.41 does not say whether a log is framed, so the first byte does: 0 to 2 for a frame, a digit of the year for a terminal.
    """
    framed = len(sent) >= _HEADER and sent[0] <= 2 and sent[1:4] == b"\0\0\0"  # stdin, stdout, stderr
    lines = _framed(sent) if framed else _raw(sent)
    return tuple(sorted((line for line in lines if not after or line.at > after), key=lambda line: line.at))


def since(after: str) -> str:
    """The API's `since` for a timestamp of a line: seconds and nanoseconds of the epoch, without the rounding of a float."""
    found = _MOMENT.fullmatch(after)
    if found is None:
        return "0"
    moment = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return f"{int(moment.timestamp())}.{(found[2] or '').ljust(9, '0')[:9]}"


def _framed(sent: bytes) -> Iterator[LogLine]:
    """Lines out of frames of one message each; a full piece without a newline is what the same stream goes on with.

    A last piece may lack its newline as well: the driver `local` of engine 20.10 forgets it.
    """
    begun: dict[int, tuple[bytes, bytes]] = {}
    for stream, message in _frames(sent):
        at, text = _stamped(message)
        first, before = begun.pop(stream, (at, b""))
        if text.endswith(b"\n") or len(text) < _PIECE:
            yield _line(first, before + text, stream)
        else:
            begun[stream] = (first, before + text)
    yield from (_line(at, text, stream) for stream, (at, text) in begun.items())


def _frames(sent: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + _HEADER <= len(sent):
        length = int.from_bytes(sent[position + 4 : position + _HEADER], "big")
        yield sent[position], sent[position + _HEADER : position + _HEADER + length]
        position += _HEADER + length


def _raw(sent: bytes) -> Iterator[LogLine]:
    for line in sent.removesuffix(b"\n").split(b"\n") if sent else ():
        at, text = _stamped(line)
        yield _line(at, b"".join(_pieces(text)), 0)


def _pieces(text: bytes) -> Iterable[bytes]:
    """A line without the timestamps that stand before its second and later pieces."""
    while len(text) > _PIECE and _STAMP.match(text, _PIECE):
        yield text[:_PIECE]
        text = _stamped(text[_PIECE:])[1]
    yield text


def _stamped(message: bytes) -> tuple[bytes, bytes]:
    found = _STAMP.match(message)
    return (found[1], message[found.end() :]) if found else (b"", message)


def _line(at: bytes, text: bytes, stream: int) -> LogLine:
    return LogLine(at=at.decode("ascii"), text=text.rstrip(b"\r\n").decode(errors="replace"), stream=stream)
