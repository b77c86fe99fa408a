"""The followed access log when its process is not there, or says something: nothing is raised, and the reason is kept for the user."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import pytest

from bluegreen.host.access_log import FollowedLog
from bluegreen.host.link import Channel, RefusedError


class FakeChannel:
    """A channel that has received these bytes."""

    def __init__(self, out: bytes = b"", err: bytes = b"", *, ended: bool = False) -> None:
        self.out, self.err = out, err
        self.eof_received, self.closed = ended, False

    def recv_ready(self) -> bool:
        return bool(self.out)

    def recv(self, most: int) -> bytes:
        data, self.out = self.out[:most], self.out[most:]
        return data

    def recv_stderr_ready(self) -> bool:
        return bool(self.err)

    def recv_stderr(self, most: int) -> bytes:
        data, self.err = self.err[:most], self.err[most:]
        return data

    def close(self) -> None:
        self.closed = True


def opened(start: Callable[[], FakeChannel]) -> FollowedLog:
    """A log whose thread has done what it does."""
    before = set(threading.enumerate())
    log = FollowedLog(lambda: cast("Channel", start()))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    return log


@pytest.mark.parametrize(
    ("problem", "words"), [(RefusedError(1, "no more sessions"), "no further session"), (EOFError(), "the connection is lost")]
)
def test_a_process_that_cannot_be_started_is_a_problem_and_no_error(problem: Exception, words: str) -> None:
    """The deployment goes on without it."""

    def start() -> FakeChannel:
        raise problem

    log = opened(start)
    assert log.read() == ()
    assert words in log.problem()
    log.close()


def test_what_tail_says_is_a_problem_until_the_log_is_back() -> None:
    """The last word counts."""
    channel = FakeChannel(b"one\ntw", b"tail: '/x.log' has become inaccessible: No such file or directory\n")
    log = opened(lambda: channel)
    assert log.read() == ("one",)
    assert log.problem() == "'/x.log' has become inaccessible: No such file or directory"
    channel.out, channel.err = b"o\n", b"tail: '/x.log' has appeared;  following new file\n"
    assert log.read() == ("two",)
    assert log.problem() == ""


def test_a_process_that_ended_is_a_problem_once_its_last_line_was_read() -> None:
    """Whoever ended it."""
    log = opened(lambda: FakeChannel(b"last\n", ended=True))
    assert log.read() == ("last",)
    assert log.problem() == "it is not followed any more"


def test_a_process_that_comes_after_nobody_listens_is_let_go() -> None:
    """A deployment that is over leaves no channel open."""
    gate, channel = threading.Event(), FakeChannel()

    def start() -> FakeChannel:
        gate.wait(5)
        return channel

    before = set(threading.enumerate())
    log = FollowedLog(lambda: cast("Channel", start()))
    log.close()
    gate.set()
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert channel.closed
    assert log.read() == ()
