"""gRPC: its health question to the byte, what an app may answer to it, and the site in front of one that speaks it."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from typing import cast

import pytest

from bluegreen.errors import BadInput
from bluegreen.host.grpc_health import exchange, question, understood
from bluegreen.host.site_text import parse_site, prefix, render_site
from bluegreen.inputs import understand
from bluegreen.model.ask import Ask, Expectations
from bluegreen.model.site import AppProtocol, SiteSpec

SETTINGS = b"\0\0\0\4\0\0\0\0\0"
HEADERS = b"\0\0\1\1\4\0\0\0\1\x88"
SERVING = b"\0\0\0\0\2\x08\1"


def frame(kind: int, flags: int, body: bytes) -> bytes:
    """A frame of the call's own stream."""
    return len(body).to_bytes(3, "big") + bytes((kind, flags, 0, 0, 0, 1)) + body


class Peer:
    """A socket whose other end says what it is told to, in pieces of three bytes, and then closes."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.heard = b""

    def sendall(self, data: bytes) -> None:
        """Hear it."""
        self.heard += data

    def recv(self, count: int) -> bytes:
        """Say some more."""
        piece, self.says = self.says[: min(count, 3)], self.says[min(count, 3) :]
        return piece


def asked(says: bytes, service: str = "", authority: str = "app") -> tuple[object, bytes]:
    """What comes of asking a peer that says this, and what it heard."""
    peer = Peer(says)
    return exchange(cast("socket.socket", peer), authority, service), peer.heard


def test_the_question_is_a_framed_message_that_names_the_service() -> None:
    """None for the whole server; its length as a varint."""
    assert question("") == b"\0\0\0\0\0"
    assert question("test.Shop") == b"\0\0\0\0\x0b\x0a\x09test.Shop"
    assert question("s" * 300) == b"\0\0\0\1\x2f\x0a\xac\x02" + b"s" * 300


@pytest.mark.parametrize(
    ("payload", "status", "body"),
    [
        (SERVING, 200, "SERVING"),
        (b"\0\0\0\0\2\x08\2", 503, "NOT_SERVING"),
        (b"\0\0\0\0\2\x08\3", 503, "SERVICE_UNKNOWN"),
        (b"\0\0\0\0\0", 503, "UNKNOWN"),
        (b"\0\0\0\0\2\x08\7", 503, "something else"),
        (b"", 501, "no such health service"),
    ],
)
def test_only_serving_is_good(payload: bytes, status: int, body: str) -> None:
    """Everything else is a status that no default of `health-status` admits."""
    answer = understood(payload)
    assert (answer.status, answer.body) == (status, body)


def test_a_server_is_asked_in_http_2_and_its_settings_are_acknowledged() -> None:
    """The preface, our settings, the headers as they are, the message; an authority longer than 126 bytes as well."""
    answer, heard = asked(SETTINGS + HEADERS + frame(0, 0, SERVING) + frame(1, 5, b""), "test.Shop", "a" * 130)
    assert getattr(answer, "status", 0) == 200
    assert heard.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS)
    assert b"\0\x05:path\x1c/grpc.health.v1.Health/Check" in heard
    assert b"\0\x0a:authority\x7f\x03" + b"a" * 130 in heard
    assert heard.endswith(frame(0, 1, question("test.Shop")) + b"\0\0\0\4\1\0\0\0\0")


def test_a_call_that_ends_without_a_message_is_an_answer() -> None:
    """An app without the health service says so in its headers."""
    answer, _ = asked(SETTINGS + frame(1, 5, b"\x88"))
    assert getattr(answer, "status", 0) == 501


@pytest.mark.parametrize("says", [b"", SETTINGS, SETTINGS + frame(3, 0, b"\0\0\0\2"), b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_whoever_hangs_up_or_speaks_something_else_gives_no_answer(says: bytes) -> None:
    """An OSError, as any connection's end is."""
    with pytest.raises(OSError):  # noqa: PT011 - which of them is not told apart
        asked(says)


def test_the_site_asks_in_grpc_and_nothing_else() -> None:
    """No directive of the HTTP proxy is left, a client may stream in silence, and the log tells how a call ended."""
    values: dict[str, object] = {"app": "web", "blue": ("10.0.0.2:8000",), "green": ("10.0.0.3:8000",), "server_names": ("a.example",)}
    plain = SiteSpec(**values, listen=("443",), tls_certificate="/c", tls_certificate_key="/k")  # type: ignore[arg-type]
    text = render_site(replace(plain, protocol=AppProtocol.GRPC))
    assert re.findall(r"^ *proxy_\w+", text, re.MULTILINE) == []
    assert text.count(f"grpc_pass grpc://${prefix('web')}_group;") == 2
    for once in ("client_body_timeout 1h;", "grpc_next_upstream_tries 2;"):
        assert text.count(once) == 2, "in the users' server and in the preview's"
    assert "$upstream_trailer_grpc_status" in text
    assert "grpc" not in render_site(plain)
    assert [parse_site(one).protocol for one in (text, render_site(plain))] == [AppProtocol.GRPC, AppProtocol.HTTP]


def expectations(command: str, **inputs: str) -> Expectations:
    """What a command with these inputs expects of the app."""
    given = {"host": "h", "username": "u", "key": "k", "fingerprint": "SHA256:" + "a" * 43, "image": "shop", "version": "v2"} | inputs
    environ = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    asked = understand(environ, (command,), commit=lambda _: "", read_key=lambda _: "")
    assert isinstance(asked, Ask)
    return asked.expect


def test_it_needs_a_place_where_nginx_speaks_http_2() -> None:
    """And a site that is ours, which nothing else was asked through before; `status` only asks the app."""
    tls = {"protocol": "grpc", "tls_certificate": "/c", "tls_certificate_key": "/k"}
    expected = expectations("deploy", health_path="/shop.Cart", **tls)
    assert (expected.protocol, expected.path) == (AppProtocol.GRPC, "/shop.Cart")
    with pytest.raises(BadInput, match="`grpc` needs `tls-certificate`"):
        expectations("deploy", protocol="grpc")
    for more in ({"site": "include", "url": "https://a.example/"}, {"adopt": "127.0.0.1:9000"}):
        with pytest.raises(BadInput, match="neither with `site: include` nor with `adopt`"):
            expectations("deploy", **tls, **more)
    assert expectations("status", protocol="grpc").protocol is AppProtocol.GRPC
