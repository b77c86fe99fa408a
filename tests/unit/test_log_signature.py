"""A line's signature: what two lines that say the same have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluegreen.decide.log_events import signature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-24T10:00:00.123Z ERROR worker 7 lost", "2026-11-25T23:59:59Z ERROR worker 12 lost"),
        ("10.0.0.7:51324 reset", "192.168.1.1:80 reset"),
        ("[2001:db8::1]:443 reset", "[fe80::42]:443 reset"),
        ("request 123e4567-e89b-12d3-a456-426614174000 failed", "request 00000000-0000-4000-8000-000000000001 failed"),
        ("<Session object at 0x7f3a2c>", "<Session object at 0xdeadbeef01>"),
        ("trace 4bf92f3577b34da6 aborted", "trace 00f067aa0ba902b7 aborted"),
        ("took 12.5ms", "took 3ms"),
    ],
)
def test_what_differs_from_request_to_request_is_no_part_of_a_signature(one: str, other: str) -> None:
    """Times, addresses, ids and numbers."""
    assert signature(one) == signature(other)


@pytest.mark.parametrize(("one", "other"), [("KeyError: 'apple'", "KeyError: 'pear'"), ("cannot reach db", "cannot reach cache")])
def test_what_is_said_is_part_of_a_signature(one: str, other: str) -> None:
    """Words are what tells two errors apart."""
    assert signature(one) != signature(other)


@given(st.text(max_size=200))
def test_a_signature_s_own_signature_is_itself(text: str) -> None:
    """Whatever the line, nothing that varies is left in it."""
    assert signature(signature(text)) == signature(text)
