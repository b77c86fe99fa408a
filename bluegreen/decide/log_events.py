"""Log events: the matching lines of a log with what belongs to them, and how one release's are recognized in another's log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bluegreen.model.ask import LogRules
from bluegreen.model.container import LogLine

__all__ = ["LogEvent", "log_events", "plain", "signature", "views"]

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")

# What loggers call these fields: Python's json loggers and structlog, zap, zerolog, slog, pino, winston, logback, Serilog, Monolog, ECS.
_LEVELS = ("level", "severity", "levelname", "log.level", "@l", "level_name")
_TEXTS = (
    "message", "msg", "event", "@m", "@mt", "error", "err", "exception", "exc_info", "exc_text", "error.message", "error.stack_trace",
    "stack", "stack_trace", "stacktrace", "traceback", "@x",
)  # fmt: skip

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_IPV6 = r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
_HEX = r"\b0x[0-9a-fA-F]+|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}\b"
_VARIES = re.compile(rf"{_UUID}|{_IPV6}|{_HEX}|\d+")
# Dates, times and dotted addresses: numbers held together by what stands between them.
_HELD = re.compile(r"#(?:[-:.,+/T]#)+(?:Z\b)?")
_LONGEST = 60
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """A matching line and what belongs to it, such as a traceback's frames and its exception; `signature` is what another run repeats."""

    pattern: str
    lines: tuple[str, ...]
    signature: str


def plain(text: str) -> str:
    """The line without colors and other control characters, which must not reach a terminal or hide a word from a pattern."""
    return _ESCAPES.sub("", text)


def signature(text: str) -> str:
    """The text without what differs from one request, process or day to the next: numbers, hex ids, UUIDs, times and addresses."""
    return " ".join(_HELD.sub("#", _VARIES.sub("#", text)).split())


def log_events(lines: Iterable[LogLine], rules: LogRules) -> tuple[LogEvent, ...]:
    """Every event in these lines that a pattern of `log-fail` finds and none of `log-allow` excuses; the streams are read apart."""
    streams: dict[int, list[str]] = {}
    for line in lines:
        streams.setdefault(line.stream, []).append(plain(line.text))
    return tuple(event for texts in streams.values() for event in _events(texts, rules))


def views(text: str) -> tuple[str, ...]:
    """The forms in which a pattern is tried: the line as it stands, and of a JSON record its message, with and without its level.

    As it stands as well, so that a pattern that somebody wrote with the log before their eyes is found there.
    """
    level, said = _said(text)
    return (text, *said, f"{level}: {said[0]}") if level else (text, *said)


def _events(texts: list[str], rules: LogRules) -> Iterator[LogEvent]:
    for number, text in enumerate(texts):
        forms = views(text)
        pattern = next((p for p in rules.fail if any(re.search(p, form) for form in forms)), None)
        if pattern is None:
            continue
        block = _block(text, texts[number + 1 : number + 1 + _LONGEST])
        if not any(re.search(p, line) for p in rules.allow for line in (*forms, *block)):
            yield LogEvent(pattern=pattern, lines=tuple(line[:_SHOWN] for line in block), signature=_signature(block))


def _block(text: str, after: list[str]) -> tuple[str, ...]:
    level, said = _said(text)
    if not said:
        return (text, *_belonging(text, after))
    return (f"{level}: {said[0]}", *said[1:]) if level else said


def _said(text: str) -> tuple[str, tuple[str, ...]]:
    """A JSON record's level, and the lines of its message and exceptions; nothing of any other line."""
    record = _record(text)
    if record is None:
        return "", ()
    said = tuple(line for line in _texts(record) if line.strip())
    return next((str(record[name]) for name in _LEVELS if name in record), "") if said else "", said


def _record(text: str) -> dict[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _texts(record: dict[str, object]) -> Iterator[str]:
    for name in _TEXTS:
        value = record.get(name)
        if isinstance(value, str):
            yield from value.splitlines()
        elif isinstance(value, dict):
            yield from _texts(value)
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            yield from (line for part in value for line in str(part).splitlines())


def _belonging(heading: str, after: list[str]) -> Iterator[str]:
    """The frames below a heading, which stand further in, and the line that ends them where the heading announces one by its colon."""
    margin = _indent(heading)
    for text in after:
        if text.strip() and _indent(text) > margin:
            yield text
            continue
        if heading.rstrip().endswith(":") and text.strip():
            yield text
        return


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _signature(block: tuple[str, ...]) -> str:
    """Of what the event is called and where it arose: the innermost frame alone, since callers move about from release to release."""
    begin = next((number for number, line in enumerate(block) if _is_heading(line)), 0)
    heading, rest = block[begin], block[begin + 1 :]
    frames = [line for line in rest if _indent(line) > _indent(heading)]
    python = [line for line in frames if line.lstrip().startswith('File "')]
    arose = python[-1:] or frames[:1]
    named = [line for line in rest if line.strip() and _indent(line) <= _indent(heading)]
    return " | ".join(signature(line) for line in (*block[:begin], heading, *arose, *named))


def _is_heading(line: str) -> bool:
    return line.lstrip().startswith("Traceback (most recent call last):")
