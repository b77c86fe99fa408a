"""The log gate's decisions: what in a log fails a release, and what the live one logs as well."""

from __future__ import annotations

import json

import pytest

from bluegreen.decide.log_events import LogEvent, log_events, plain
from bluegreen.decide.logs import is_ready, log_fault, new_events
from bluegreen.inputs.parse.log_rules import DEFAULT_FAIL
from bluegreen.model.ask import LogRules
from bluegreen.model.container import LogLine

TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/server.py", line 12, in run',
    "    handler(request)",
    '  File "/app/shop.py", line 7, in price',
    "    return PRICES[item]",
    "           ~~~~~~^^^^^^",
    "KeyError: 'apple'",
)


def log(*texts: str, stream: int = 1) -> list[LogLine]:
    return [LogLine(at=f"{number:03d}", text=text, stream=stream) for number, text in enumerate(texts)]


def found(*texts: str, fail: tuple[str, ...] = DEFAULT_FAIL, allow: tuple[str, ...] = ()) -> tuple[LogEvent, ...]:
    return log_events(log(*texts), LogRules(fail=fail, allow=allow))


def test_patterns_see_through_colors_and_an_allowed_line_is_excused() -> None:
    """A pattern matches the text a person sees; `log-allow` excuses a line, not the pattern."""
    events = found("\x1b[31mERR\x1b[0mOR: disk", "ERROR known to be harmless", fail=("ERROR",), allow=("known to be harmless",))
    assert [event.lines for event in events] == [("ERROR: disk",)]


def test_control_characters_never_reach_a_terminal() -> None:
    """Colors, titles and bells are taken out of what we print of others' logs."""
    assert plain("a\x1b]0;title\x07b\x1b[2Kc\x07") == "abc"


def test_log_ready_waits_for_its_line() -> None:
    """Without a pattern every log is ready; in a JSON log the message counts."""
    assert is_ready([], LogRules())
    assert not is_ready(log("starting"), LogRules(ready="listening on"))
    assert is_ready(log("listening on 8000"), LogRules(ready="listening on"))
    assert is_ready(log('{"level":"info","msg":"listening on 8000"}'), LogRules(ready="^listening on"))


def test_a_traceback_is_one_event_and_is_told_by_its_exception() -> None:
    """Its frames belong to it, and the line after them; what comes then does not."""
    (event,) = found("started", *TRACEBACK, "GET / 500")
    assert event.lines == TRACEBACK
    fault = log_fault([event], LogRules(fail=DEFAULT_FAIL))
    assert fault is not None
    assert fault.reason == "its log says: Traceback (most recent call last): … KeyError: 'apple'"
    assert f"`{DEFAULT_FAIL[0]}` of `log-fail`" in fault.means


def test_a_traceback_is_excused_by_any_of_its_lines() -> None:
    """`Traceback (most recent call last):` alone would be too much to allow."""
    assert found(*TRACEBACK, allow=("KeyError: 'apple'",)) == ()
    assert len(found(*TRACEBACK, allow=("KeyError: 'pear'",))) == 1


def test_the_two_streams_of_a_log_are_read_apart() -> None:
    """A line of standard output in the middle of a traceback on standard error is no part of it."""
    mixed = [*log(*TRACEBACK[:3], stream=2), *log("GET / 200"), *log(*TRACEBACK[3:], stream=2)]
    (event,) = log_events(mixed, LogRules(fail=DEFAULT_FAIL))
    assert event.lines == TRACEBACK


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"level": "error", "message": "\n".join(TRACEBACK)}, id="in the message"),
        pytest.param({"level": "error", "message": "request failed", "exc_info": "\n".join(TRACEBACK)}, id="python-json-logger"),
        pytest.param({"level": "error", "event": "request failed", "exception": "\n".join(TRACEBACK)}, id="structlog"),
        pytest.param({"severity": "ERROR", "error": {"message": "boom", "stack": "\n".join(TRACEBACK)}}, id="nested"),
    ],
)
def test_a_traceback_inside_a_json_string_is_found(record: dict[str, object]) -> None:
    """It is quoted as a person would read it, with the record's level."""
    (event,) = found(json.dumps(record | {"time": "2026-11-24T10:00:00Z", "request": "f3ae"}))
    assert event.lines[0].lower().startswith("error: ")
    assert event.lines[-1] == "KeyError: 'apple'"


def test_a_json_log_is_matched_by_level_and_message_and_as_it_stands() -> None:
    """However somebody wrote the pattern: from the record's text, or from what it says."""
    line = '{"time":"10:00","level":"fatal","msg":"out of stock"}'
    assert len(found(line, fail=("^fatal: out",))) == 1
    assert len(found(line, fail=("^out of stock$",))) == 1
    assert len(found(line, fail=('"level":"fatal"',))) == 1
    assert found('{"level":"info","msg":"fine"}', '{"no": "message"}', "{broken", "[]", fail=("^fatal: ",)) == ()


def test_the_same_traceback_is_recognized_when_the_code_around_it_moved() -> None:
    """Other line numbers and other callers, but the same exception from the same place."""
    moved = (
        TRACEBACK[0],
        '  File "/app/server.py", line 99, in run_all',
        "    run(request)",
        '  File "/app/shop.py", line 8, in price',
        *TRACEBACK[4:],
    )
    known = frozenset(event.signature for event in found(*TRACEBACK))
    assert new_events(found(*moved), known) == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((*TRACEBACK[:-1], "KeyError: 'pear'"), id="another exception"),
        pytest.param((*TRACEBACK[:3], '  File "/app/tax.py", line 7, in rate', *TRACEBACK[4:]), id="from another place"),
    ],
)
def test_another_traceback_is_new(other: tuple[str, ...]) -> None:
    """Though its first line is the same as that of every traceback."""
    known = frozenset(event.signature for event in found(*TRACEBACK))
    assert len(new_events(found(*other), known)) == 1


def test_a_budget_admits_so_many_lines_and_no_more() -> None:
    """The error says how many there were, and each kind once."""
    rules = LogRules(fail=("ERROR",), limit=2)
    events = log_events(log("ERROR disk", "ERROR disk", "ERROR net"), rules)
    assert log_fault(events[:2], rules) is None
    fault = log_fault(events, rules)
    assert fault is not None
    assert "3 times, and `log-fail-limit` admits 2: ERROR disk; ERROR net" in fault.reason
