"""gRPC: its health question to the byte, what an app may answer to it, and the site in front of one that speaks it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from bluegreen.errors import BadInput
from bluegreen.host import Answer
from bluegreen.host.grpc_call import exchange
from bluegreen.host.grpc_health import question, understood
from bluegreen.host.site_text import parse_site, prefix, render_site
from bluegreen.inputs import understand
from bluegreen.model.ask import Ask, Expectations
from bluegreen.model.site import AppProtocol, SiteSpec

SERVING = b"\0\0\0\0\2\x08\1"


class Peer:
    """A socket whose other end hears a whole request and then says what `answers` makes of it, in pieces of three bytes, and closes."""

    def __init__(self, answers: Callable[[H2Connection], bytes]) -> None:
        self._server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._server.initiate_connection()
        self._answers = answers
        self._says = b""
        self.headers: dict[str, str] = {}
        self.body = b""

    def sendall(self, data: bytes) -> None:
        """Hear it, and once the request is whole, answer."""
        for event in self._server.receive_data(data):
            match event:
                case RequestReceived(headers=headers):
                    self.headers = {str(name): str(value) for name, value in headers or ()}
                case DataReceived(data=more):
                    self.body += more or b""
                case StreamEnded():
                    self._says = self._answers(self._server)

    def recv(self, count: int) -> bytes:
        """Say some more."""
        piece, self._says = self._says[: min(count, 3)], self._says[min(count, 3) :]
        return piece


def asked(answers: Callable[[H2Connection], bytes], service: str = "", authority: str = "app") -> tuple[Answer, Peer]:
    """What comes of asking a peer that answers so, and what it heard."""
    peer = Peer(answers)
    return exchange(cast("socket.socket", peer), authority, service), peer


def says(message: bytes) -> Callable[[H2Connection], bytes]:
    """A server that ends the call with this message, or with none."""

    def answer(server: H2Connection) -> bytes:
        server.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")], end_stream=not message)
        if message:
            server.send_data(1, message)
            server.send_headers(1, [("grpc-status", "0")], end_stream=True)
        return server.data_to_send()

    return answer


def resets(server: H2Connection) -> bytes:
    """A server that wants none of it."""
    server.reset_stream(1)
    return server.data_to_send()


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


def test_a_server_is_asked_in_http_2() -> None:
    """Under the authority that it is known by, for the health of the service that is meant."""
    answer, peer = asked(says(SERVING), "test.Shop", "a" * 130)
    assert answer.status == 200
    assert (peer.headers[":path"], peer.headers[":authority"]) == ("/grpc.health.v1.Health/Check", "a" * 130)
    assert (peer.headers["te"], peer.headers["content-type"]) == ("trailers", "application/grpc")
    assert peer.body == question("test.Shop")


def test_a_call_that_ends_without_a_message_is_an_answer() -> None:
    """An app without the health service says so in its headers."""
    answer, _ = asked(says(b""))
    assert answer.status == 501


@pytest.mark.parametrize("answers", [lambda _: b"", H2Connection.data_to_send, resets, lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_whoever_hangs_up_or_speaks_something_else_gives_no_answer(answers: Callable[[H2Connection], bytes]) -> None:
    """An OSError, as any connection's end is."""
    with pytest.raises(OSError):  # noqa: PT011 - which of them is not told apart
        asked(answers)


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
