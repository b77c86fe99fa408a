"""A container's log, as the engine sends it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluegreen.host.engine_log import log_lines, since
from bluegreen.model.container import LogLine

PIECE = 16 * 1024


def at(nanoseconds: int) -> str:
    return f"2026-11-24T15:45:09.{nanoseconds:09d}Z"


def frame(stream: int, text: str, nanoseconds: int) -> bytes:
    message = f"{at(nanoseconds)} {text}".encode()
    return bytes((stream, 0, 0, 0)) + len(message).to_bytes(4, "big") + message


def test_both_streams_come_in_the_order_of_their_time() -> None:
    """The engine's two pumps write to the log in any order."""
    sent = frame(2, "second\n", 2) + frame(1, "first\n", 1)
    assert log_lines(sent, "") == (LogLine(at=at(1), text="first", stream=1), LogLine(at=at(2), text="second", stream=2))


def test_a_terminal_s_log_is_read_too() -> None:
    """It has no frames and Windows line endings; colors are left in."""
    sent = f"{at(1)} one\r\n{at(2)} \x1b[31mtwo\x1b[0m\r\n".encode()
    assert [line.text for line in log_lines(sent, "")] == ["one", "\x1b[31mtwo\x1b[0m"]


def test_only_later_lines_are_given() -> None:
    """Reading on does not repeat the line that was read last."""
    sent = frame(1, "old\n", 1) + frame(1, "read last\n", 2) + frame(1, "new\n", 3)
    assert log_lines(sent, at(2)) == (LogLine(at=at(3), text="new", stream=1),)


def test_a_long_line_is_one_line() -> None:
    """The engine cuts at 16 KiB; pieces of the other stream may come between."""
    sent = frame(1, "a" * PIECE, 1) + frame(2, "other\n", 2) + frame(1, "b\n", 3)
    assert [line.text for line in log_lines(sent, "")] == ["a" * PIECE + "b", "other"]


def test_a_long_line_of_a_terminal_is_one_line() -> None:
    """There the timestamps of the pieces stand in the middle of the text."""
    sent = f"{at(1)} {'a' * PIECE}{at(2)} {'b' * PIECE}{at(3)} c\r\n".encode()
    assert log_lines(sent, "") == (LogLine(at=at(1), text="a" * PIECE + "b" * PIECE + "c"),)


def test_a_last_line_without_newline_is_a_line() -> None:
    """A process that dies in the middle of a line often says there why."""
    assert log_lines(frame(1, "panic: out of", 1), "") == (LogLine(at=at(1), text="panic: out of", stream=1),)


def test_empty_lines_and_bytes_that_are_no_text_are_kept() -> None:
    """Nothing that a program prints can stop the reading."""
    bad = f"{at(2)} ".encode() + b"\xff\n"
    sent = frame(1, "\n", 1) + bytes((1, 0, 0, 0)) + len(bad).to_bytes(4, "big") + bad
    assert [line.text for line in log_lines(sent, "")] == ["", "\ufffd"]


def test_an_empty_log_has_no_lines() -> None:
    """A container that has said nothing."""
    assert log_lines(b"", "") == ()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("", "0"),
        ("1970-01-01T00:00:01.000000007Z", "1.000000007"),
        ("1970-01-01T01:00:01.500000000+01:00", "1.500000000"),
        ("1970-01-01T00:00:01Z", "1.000000000"),
    ],
)
def test_since_loses_no_nanosecond(after: str, expected: str) -> None:
    """A float would, and a line would be read twice or never."""
    assert since(after) == expected


@settings(max_examples=40)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  # the zone is added below
def test_since_is_the_moment(moment: datetime) -> None:
    """Whatever the timestamp."""
    moment = moment.replace(tzinfo=UTC)
    text = moment.isoformat(timespec="microseconds").replace("+00:00", "000Z")
    seconds, _, nanoseconds = since(text).partition(".")
    assert (int(seconds), int(nanoseconds)) == (int(moment.timestamp() // 1), moment.microsecond * 1000)
