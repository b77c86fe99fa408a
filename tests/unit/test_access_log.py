"""What the access log's lines say of each color."""

from __future__ import annotations

import json

import pytest

from bluegreen.decide.access_log import Entry, read_entry, tally, told_failures
from bluegreen.model.traffic import Sample, StepTraffic
from tests.fakes.access_log import Request, line

NEW, OLD = ("10.9.0.34:8000", "10.9.0.2:8000")
CANDIDATE = ("10.9.0.34", "10.9.0.35")
BAD_STATUS = '{"m":"GET","uri":"/","status":"x","upstream":"","upstream_status":"","upstream_ht":""}'


def asked(*tries: tuple[str, str, str], status: int = 200, probe: str = "", path: str = "/") -> str:
    """A line about one request and whom NGINX asked."""
    return line(Request(asked=tries, status=status, probe=probe, path=path))


def entries(*lines: str) -> list[Entry | None]:
    """What these lines are read as."""
    return [read_entry(one) for one in lines]


def test_each_color_is_counted_by_the_address_that_was_asked() -> None:
    """Whatever the split was meant to be; replicas of a color are one color."""
    lines = [asked((NEW, "200", "0.012")), asked(("10.9.0.35:8000", "503", "0.001"), status=503), asked((OLD, "404", "0.002"), status=404)]
    seen = tally(entries(*lines), CANDIDATE)
    assert seen.candidate == Sample(requests=2, server_errors=1, times=((1, 1), (12, 1)))
    assert seen.live == Sample(requests=1, times=((2, 1),))
    assert (seen.requests, seen.failed) == (3, 1)


@pytest.mark.parametrize("between", [", ", " : "])
def test_a_failure_that_nginx_retried_counts_against_its_color(between: str) -> None:
    """Its user saw a 200, from the other color: no failed request, but a failed attempt of the candidate."""
    raw = json.loads(asked((NEW, "502", "-"), (OLD, "200", "0.009")))
    raw |= {name: raw[name].replace(", ", between) for name in ("upstream", "upstream_status", "upstream_ht")}
    seen = tally(entries(json.dumps(raw)), CANDIDATE)
    assert seen == StepTraffic(
        candidate=Sample(requests=1, failed_attempts=1),
        live=Sample(requests=1, times=((9, 1),)),
        requests=1,
    )


def test_a_user_who_gave_up_first_is_nobody_s_failure() -> None:
    """NGINX logs 499, and `-` for a server that had not answered yet."""
    seen = tally(entries(asked((NEW, "-", "-"), status=499)), CANDIDATE)
    assert (seen.candidate, seen.failed) == (Sample(requests=1), 0)


def test_a_request_that_no_server_was_asked_for_is_a_user_s_all_the_same() -> None:
    """NGINX puts the group's name where no address is fit to be asked: that condemns no color."""
    seen = tally(entries(asked(("bg_12345678_blue", "502", "-"), status=502), line(Request(status=503))), CANDIDATE)
    assert (seen.candidate.requests, seen.live.requests, seen.requests, seen.failed) == (0, 0, 2, 2)


def test_our_own_knock_at_the_front_door_is_no_user() -> None:
    """It carries a token."""
    assert tally(entries(asked((NEW, "200", "0.001"), probe="ab" * 16)), CANDIDATE) == StepTraffic()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        '{"m":"GET"',
        "[]",
        "7",
        "null",
        '{"m":"GET","uri":"/","status":"x","upstream":"","upstream_status":"","upstream_ht":""}',
    ],
)
def test_a_line_that_is_cut_off_or_somebody_else_s_is_counted_as_unread(text: str) -> None:
    """It changes nothing else, and its neighbors are read."""
    assert read_entry(text) is None
    seen = tally(entries(asked((NEW, "200", "0.001")), text, asked((OLD, "200", "0.001"))), CANDIDATE)
    assert (seen.requests, seen.unread) == (2, 1)


def test_what_the_candidate_failed_is_told_for_people() -> None:
    """Live's own failures are no evidence against it, and no more than asked for are told."""
    lines = [
        asked((OLD, "500", "0.001"), status=500, path="/old"),
        "garbage",
        asked((NEW, "500", "0.001"), status=500, path="/orders"),
        asked((NEW, "502", "-"), (OLD, "200", "0.001"), path="/cart"),
        asked((NEW, "500", "0.001"), status=500, path="/more"),
    ]
    assert told_failures(entries(*lines), CANDIDATE, 2) == (
        "GET /orders  answered 500",
        "GET /cart  gave no answer; the user got 200, from the other release",
    )
    assert told_failures(entries(*lines), CANDIDATE, 0) == ()


def test_quantiles_are_by_the_nearest_rank() -> None:
    """The 95th of 100 answers, not a value between two."""
    sample = Sample(requests=100, times=((10, 94), (20, 5), (3000, 1)))
    assert [sample.quantile(part) for part in (0.5, 0.94, 0.95, 0.99, 1.0)] == [0.01, 0.01, 0.02, 0.02, 3.0]
    assert Sample().quantile(0.5) is None
    assert (sample.slower_than(0.01), sample.slower_than(0.02)) == (6, 1)


def test_windows_add_up() -> None:
    """As one pass over all the lines would count."""
    lines = [asked((NEW, "200", f"0.0{n:02}")) for n in range(10, 20)] + [asked((OLD, "500", "0.015"), status=500)]
    assert sum((tally(entries(one), CANDIDATE) for one in lines), StepTraffic()) == tally(entries(*lines), CANDIDATE)


@pytest.mark.parametrize(("code", "failed"), [("0", 0), ("5", 0), ("", 0), ("2", 1), ("13", 1), ("14", 1)])
def test_a_call_of_grpc_fails_by_its_own_status(code: str, failed: int) -> None:
    """Its HTTP status is 200 whatever happens; what the caller did wrong is not the server's failure."""
    raw = json.loads(asked((NEW, "200", "0.012")))
    seen = tally(entries(json.dumps(raw | {"grpc": code})), CANDIDATE)
    assert (seen.candidate.server_errors, seen.failed, seen.candidate.requests) == (failed, failed, 1)


def test_the_last_server_that_was_asked_answers_for_the_call() -> None:
    """The first one gave no answer, and NGINX asked the other."""
    raw = json.loads(asked((NEW, "502", "-"), (OLD, "200", "0.009")))
    seen = tally(entries(json.dumps(raw | {"grpc": "13"})), CANDIDATE)
    assert (seen.candidate.failed_attempts, seen.candidate.server_errors, seen.live.server_errors) == (1, 0, 1)
