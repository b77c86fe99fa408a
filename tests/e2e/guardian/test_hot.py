"""Two hot colors: which requests are asked again of the other one, which never, and how soon a dead color is left alone."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bluegreen.host.guardian import HostGuardian
from bluegreen.model.color import Color, Split
from tests.box import Box
from tests.e2e.colors import Colors

# NGINX forgets a server's failures with its first success after `fail_timeout`.
_FORGOTTEN = 2.1


@pytest.fixture
def hot(box: Box, colors: Colors, guardian: HostGuardian) -> Colors:
    """Blue gets all requests, green is its backup, and NGINX holds nothing against either."""
    guardian.arm(Split(green=0, hot=True))
    time.sleep(_FORGOTTEN)
    assert ask(box, "GET") == (200, "blue")
    box.sh(": > /var/log/bluegreen/web.log")
    return colors


@pytest.fixture
def failing(box: Box, hot: Colors) -> Iterator[Colors]:
    """Blue ends the connection of each request without an answer, after it has read it."""
    box.docker("exec", "web-blue", "sh", "-c", "echo 1 > /tmp/drop")
    yield hot
    box.docker("exec", "web-blue", "rm", "-f", "/tmp/drop", check=False)


def ask(box: Box, method: str, path: str = "/") -> tuple[int, str]:
    """One user's request: the status, and the color that answered."""
    client = http.client.HTTPConnection(box.address, 80, timeout=20)
    try:
        client.request(method, path, body=b"{}" if method in {"POST", "PUT", "PATCH"} else None, headers={"X-Request-Kind": "look"})
        answer = client.getresponse()
        text = answer.read()
        return answer.status, json.loads(text)["version"] if answer.status == 200 and text else ""
    finally:
        client.close()


def reached(box: Box, target: str) -> list[str]:
    """The colors in whose logs a request stands."""
    return [color.value for color in Color if target in box.docker("logs", f"web-{color.value}")]


def tried(box: Box) -> list[list[str]]:
    """From NGINX's log: the addresses that each request was sent to, in their order."""
    entries = [json.loads(line) for line in box.read("/var/log/bluegreen/web.log").splitlines()]
    return [entry["upstream"].split(", ") for entry in entries if entry["probe"] == ""]


@pytest.mark.usefixtures("failing")
def test_what_may_have_been_executed_is_never_sent_twice(box: Box) -> None:
    """A POST or PATCH that a dying process had is answered 502, and the other color never sees it: no order is placed twice."""
    for method in ("POST", "PATCH"):
        assert ask(box, method, "/?order=1") == (502, "")
    assert reached(box, "/?order=1") == ["blue"]


@pytest.mark.usefixtures("failing")
def test_what_can_safely_be_repeated_is_answered_by_the_other_color(box: Box) -> None:
    """The user sees an answer and nothing of the failure."""
    for method in ("GET", "PUT"):
        assert ask(box, method, "/?safe=1") == (200, "green")
    assert reached(box, "/?safe=1") == ["blue", "green"]


def test_a_lone_failure_moves_no_other_request(box: Box, failing: Colors) -> None:
    """One user's bad luck is no verdict: everybody else stays where the split says."""
    assert ask(box, "GET") == (200, "green")
    box.docker("exec", "web-blue", "rm", "/tmp/drop")
    assert {ask(box, "GET")[1] for _ in range(30)} == {"blue"}
    assert {one[0] for one in tried(box)} == {f"{failing.address(Color.BLUE)}:8000"}


def test_a_dead_color_is_left_within_a_few_requests(box: Box, hot: Colors) -> None:
    """Nobody fails, not even a POST: nothing was sent to an address that does not answer. Then requests go to the other color at once."""
    blue, green = (f"{hot.address(color)}:8000" for color in (Color.BLUE, Color.GREEN))
    box.docker("kill", "web-blue")
    with ThreadPoolExecutor(12) as users:
        assert list(users.map(lambda method: ask(box, method), ("GET", "POST") * 6)) == [(200, "green")] * 12
        found_out = len(tried(box))
        assert list(users.map(lambda method: ask(box, method), ("GET", "POST") * 6)) == [(200, "green")] * 12
    went = [tuple(one) for one in tried(box)]
    assert set(went) <= {(green,), (blue, green)}
    # One a second still looks whether it is back.
    assert went[found_out:].count((green,)) >= 10
