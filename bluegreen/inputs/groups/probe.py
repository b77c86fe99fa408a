"""When a candidate is good enough for users."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from bluegreen.inputs.field import SHIFTS, Group, Kind, given
from bluegreen.inputs.parse import log_rules, names, phrases, quantities, traffic, web
from bluegreen.model.ask import Command

_ASKS = (*SHIFTS, Command.STATUS)
_Ranges = tuple[tuple[int, int], ...]


class ProbeInputs(Group):
    """Probe."""

    health_path: Annotated[str, PlainValidator(web.http_path)] = given(
        "/", "Path of the health check; with `protocol: grpc` the service to ask for, such as `/shop.Cart`, or `/` for all.", commands=_ASKS
    )
    health_host: Annotated[str, PlainValidator(names.host_header)] = given(
        "", "`Host` header of the health check.", otherwise="first full name of `server-name`, or `url`'s host", commands=_ASKS
    )
    health_status: Annotated[_Ranges, PlainValidator(traffic.status_ranges)] = given(
        "200-399", "Statuses of a good answer, such as `200-299,404`.", commands=_ASKS
    )
    health_body: Annotated[str, PlainValidator(phrases.one_line)] = given("", "Text that a good answer's body contains.", commands=_ASKS)
    health_timeout: Annotated[float, PlainValidator(quantities.seconds)] = given(
        "60s", "How long the candidate may take to become healthy.", commands=SHIFTS
    )
    health_interval: Annotated[float, PlainValidator(quantities.seconds)] = given("1s", "Time between failing tries.", commands=SHIFTS)
    health_successes: Annotated[int, PlainValidator(quantities.count)] = given(
        "3", "Good answers in a row that are wanted.", commands=SHIFTS
    )
    log_ready: Annotated[str, PlainValidator(phrases.pattern)] = given(
        "", "Regular expression that must appear in the candidate's log before it is healthy.", commands=SHIFTS
    )
    log_fail: Annotated[tuple[str, ...], PlainValidator(log_rules.fail_patterns)] = given(
        "",
        """Regular expressions, one a line; a log line that matches one fails the candidate, unless the live release logs it too. They add
        to the built-in ones (tracebacks, panics, unhandled exceptions); a line `none` switches those off.""",
        kind=Kind.LIST,
        commands=SHIFTS,
    )
    log_allow: Annotated[tuple[str, ...], PlainValidator(phrases.patterns)] = given(
        "",
        """Regular expressions, one a line; a log line, or a traceback with a line, that matches one is excused from `log-fail`.""",
        kind=Kind.LIST,
        commands=SHIFTS,
    )
    log_fail_limit: Annotated[int, PlainValidator(quantities.budget)] = given(
        "0", "How many lines that match `log-fail` are put up with, from the start to the commit.", commands=SHIFTS
    )
    smoke_test: Annotated[str, PlainValidator(phrases.script)] = given(
        "",
        """Shell script that runs on the runner before any user reaches the candidate; `$BLUEGREEN_PREVIEW_URL` leads to it through the
        host's NGINX, and a command that fails ends the deployment.""",
        commands=SHIFTS,
    )
    smoke_timeout: Annotated[float, PlainValidator(quantities.seconds)] = given("5m", "How long the smoke test may take.", commands=SHIFTS)
