"""Where users come in, and how the traffic moves."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from bluegreen.inputs.field import SHIFTS, Group, Kind, given, reworded
from bluegreen.inputs.parse import names, phrases, places, quantities, traffic, verdicts, web
from bluegreen.model.ask import Command, ShiftStep
from bluegreen.model.site import AppProtocol
from bluegreen.model.verdict import LatencyLimit

_ASKED = tuple(command for command in Command if command is not Command.LOGS)
_URL = "What users type, such as `https://example.com/`"


def _certificate_key(text: str, info: ValidationInfo) -> str:
    path = places.host_path(text)
    certificate = info.data.get("tls_certificate")
    if certificate is not None and bool(certificate) != bool(path):
        raise ValueError("it goes together with `tls-certificate`: give both or neither")
    return path


def _site(text: str, info: ValidationInfo) -> str:
    site = phrases.choice("managed", "include")(text)
    if site == "include" and not info.data.get("url", "?"):
        raise ValueError("`include` needs `url`: what your users type tells which location of NGINX is the app's")
    return site


def _protocol(text: str, info: ValidationInfo) -> str:
    protocol = phrases.choice(*(one.value for one in AppProtocol))(text)
    if protocol == AppProtocol.GRPC.value and info.data.get("command") in SHIFTS:
        if not info.data.get("tls_certificate", "?"):
            raise ValueError("`grpc` needs `tls-certificate`: that is where NGINX speaks HTTP/2")
        if info.data.get("site") == "include" or info.data.get("adopt"):
            raise ValueError("`grpc` works neither with `site: include` nor with `adopt`: both lead to an app NGINX asks over HTTP/1.1")
    return protocol


def _nginx(text: str, info: ValidationInfo) -> str:
    container = names.nginx(text)
    others = (("command", Command.INIT), ("site", "include"), ("protocol", AppProtocol.GRPC.value))
    found = [f"{name}: {value.value if isinstance(value, Command) else value}" for name, value in others if info.data.get(name) == value]
    found += ["adopt"] if info.data.get("adopt") else []
    if container and found:
        raise ValueError(f"`container:NAME` does not go with `{'` and `'.join(found)}` yet; `host` does")
    return container


class TrafficInputs(Group):
    """Traffic."""

    url: Annotated[str, PlainValidator(web.url)] = reworded(
        given("", f"{_URL}; before the commit it must reach the new release.", commands=_ASKED),
        {
            **{command: f"{_URL}." for command in _ASKED if command not in SHIFTS},
            Command.INIT: f"{_URL}; needed where NGINX's configuration does not tell it.",
        },
    )
    server_name: Annotated[tuple[str, ...], PlainValidator(web.server_names)] = given(
        "_", "NGINX `server_name`: names and wildcards; `_` answers to any name.", kind=Kind.LIST, commands=SHIFTS
    )
    listen: Annotated[tuple[str, ...], PlainValidator(web.listen)] = given(
        "80",
        "Addresses NGINX listens on, such as `80` or `127.0.0.1:8080`. With a certificate the default becomes `443`.",
        kind=Kind.LIST,
        commands=SHIFTS,
    )
    tls_certificate: Annotated[str, PlainValidator(places.host_path)] = given(
        "", "Path of a certificate chain on the host; turns TLS on.", commands=SHIFTS
    )
    tls_certificate_key: Annotated[str, PlainValidator(_certificate_key)] = given(
        "", "Path of that certificate's key on the host.", commands=SHIFTS
    )
    site: Annotated[str, PlainValidator(_site)] = given(
        "managed",
        "Whose server block it is: `managed` writes and owns one for the app; with `include`, a location of yours includes"
        " `/etc/nginx/bluegreen/APP.conf` in the place of its `proxy_pass`, and names, ports and TLS stay yours. It needs `url`.",
        commands=SHIFTS,
    )
    protocol: Annotated[str, PlainValidator(_protocol)] = given(
        "http",
        "What the app speaks on its port: `http`, or `grpc` without TLS. Its health is then asked by `grpc.health.v1`, and it needs"
        " `tls-certificate`.",
        commands=(*SHIFTS, Command.STATUS),
    )
    nginx: Annotated[str, PlainValidator(_nginx)] = given(
        "host",
        """Where NGINX runs: on the `host`, or in a container of yours, `container:NAME`, prepared as docs/nginx-in-a-container.md says. A
        container does not go with `site: include`, `adopt` or `protocol: grpc`.""",
        commands=tuple(command for command in Command if command is not Command.INIT),
    )
    shift: Annotated[tuple[ShiftStep, ...], PlainValidator(traffic.shift)] = given(
        "10% 10s, 50% 10s",
        """Shares the new release gets, each held for a while, before it gets all; `100%` moves all at once, `10% 5m until 500 requests`
        goes on early. A step that ends in `pause`, such as `10% 30s pause`, ends the run there, until `promote` or `abort`.""",
        commands=SHIFTS,
    )
    watch: Annotated[float, PlainValidator(quantities.duration)] = given(
        "10s", "How long the new release is watched with all of the traffic before the commit.", commands=SHIFTS
    )
    max_error_rate: Annotated[float, PlainValidator(verdicts.share)] = given(
        "1%",
        "By how many points the part of users' requests that the new release fails may exceed the live one's before traffic goes back.",
        commands=SHIFTS,
    )
    max_latency: Annotated[LatencyLimit | None, PlainValidator(verdicts.latency)] = given(
        "",
        "Largest p95 of the time to the first byte: `500ms`, or relative to the live release `1.5x`.",
        otherwise="no limit",
        commands=SHIFTS,
    )
    min_requests: Annotated[int, PlainValidator(verdicts.requests)] = given(
        "20", "How many requests of users the new release must have got before they decide.", commands=SHIFTS
    )
    on_low_traffic: Annotated[str, PlainValidator(phrases.choice("probe", "wait", "proceed", "fail"))] = given(
        "probe",
        "What to do in a step with fewer: `probe` (its health checks decide), `wait` for more, `proceed`, or `fail` and go back.",
        commands=SHIFTS,
    )
    client_max_body_size: Annotated[str, PlainValidator(quantities.body_size)] = given(
        "50m", "Largest request body NGINX accepts; `0` for no limit.", commands=SHIFTS
    )
    stick_by: Annotated[str, PlainValidator(traffic.stick_by)] = given(
        "request",
        """What goes to the same release while the traffic shifts: each `request` by itself, all from one address (`ip`), or all with one
        value of a cookie (`cookie:NAME`); a growing share never moves a user back.""",
        commands=SHIFTS,
    )
