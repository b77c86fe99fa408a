"""One HTTP request as seen from the host: over a forwarded channel, or by the host's own curl where sshd forbids forwarding."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from bluegreen.errors import HostNotReady
from bluegreen.host import Answer, Clock, grpc_health
from bluegreen.host.ssh import Connection

__all__ = ["Request", "Requests"]

_MOST_BODY = 64 * 1024
# On one host a connection is accepted or refused at once; a dead container's address says neither. 1 s is the first SYN retransmit.
_CONNECT = 2.0
_CURL_MISSING = 127
_CURL_PROBLEMS = {
    "7": "connection refused",
    "28": "no answer in time",
    "35": "the TLS handshake failed",
    "52": "the connection was closed without an answer",
    "56": "the connection was reset",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A GET to `address:port`, whatever name is in `host`. TLS certificates are not verified: the peer is the host itself.

    With `service`, not None, it is gRPC's question for that service's health instead. NGINX, where it is asked (`through_nginx`), takes
    the question over HTTP/1.1.
    """

    address: str
    port: int
    path: str
    host: str
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=())
    service: str | None = None
    through_nginx: bool = False

    @property
    def direct_call(self) -> bool:
        """Whether the app itself is asked in its gRPC."""
        return self.service is not None and not self.through_nginx

    @classmethod
    def of_url(cls, url: str, address: str, headers: tuple[tuple[str, str], ...]) -> Request:
        """What a browser would send for `url`, to `address` and that URL's port."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return cls(address=address, port=parts.port or (443 if tls else 80), path=path, host=parts.netloc, tls=tls, headers=headers)

    @property
    def url(self) -> str:
        """The URL in which the name is the Host's."""
        name = self.host.rsplit(":", 1)[0] if self.host and not self.host.endswith("]") else self.host
        return f"{'https' if self.tls else 'http'}://{name or self.address}:{self.port}{self.path}"


class Requests:
    """Sends requests over one connection. Whatever the app does is an `Answer`; only a lost connection to the host raises."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._forwarding = True
        self._kept: dict[tuple[str, int, bool], http.client.HTTPConnection] | None = None

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Inside, a connection whose answer was whole is used again, which saves three round trips; at the end none is left.

        One that stayed would hold up the drain of the container that it leads to.
        """
        outer, self._kept = self._kept, {}
        try:
            yield
        finally:
            for client in self._kept.values():
                client.close()
            self._kept = outer

    def get(self, request: Request, timeout: float) -> Answer:
        """One GET, following no redirect."""
        begun = self._clock.now()
        if self._forwarding:
            try:
                answer = self._again(request, timeout) or self._anew(request, timeout)
                return replace(answer, seconds=self._clock.now() - begun)
            except PermissionError:
                self._forwarding = False
        return self._curl(request, timeout, begun)

    def _again(self, request: Request, timeout: float) -> Answer | None:
        """The answer over a connection that was kept; None when there is none, or when it had been closed meanwhile."""
        client = self._kept.pop(_end(request), None) if self._kept else None
        if client is None:
            return None
        client.sock.settimeout(timeout)
        answer = self._exchange(client, request)
        return answer if answer.status or answer.problem == _words(TimeoutError()) else None

    def _anew(self, request: Request, timeout: float) -> Answer:
        try:
            sock = self._connection.forward(request.address, request.port, timeout=min(timeout, _CONNECT))
        except PermissionError:
            raise
        except OSError as error:
            return Answer(status=0, problem=_words(error))
        sock.settimeout(timeout)
        if request.direct_call:
            return _called(sock, request)
        client = http.client.HTTPConnection(request.address, request.port, timeout=timeout)
        client.auto_open = 0  # else http.client would connect anew from here, where that address is another's
        client.sock = sock
        if request.tls:
            try:
                client.sock = _tls().wrap_socket(sock, server_hostname=urlsplit(request.url).hostname)
            except OSError as error:
                client.close()
                return Answer(status=0, problem=_words(error))
        return self._exchange(client, request)

    def _exchange(self, client: http.client.HTTPConnection, request: Request) -> Answer:
        """Ask, and keep the connection if it may be used again."""
        keep, kept = self._kept is not None, False
        try:
            method, question = ("GET", None) if request.service is None else ("POST", grpc_health.question(request.service))
            headers = _headers(request) | {"Connection": "keep-alive" if keep else "close"}
            client.request(method, request.path, body=question, headers=headers)
            response = client.getresponse()
            body = response.read(_MOST_BODY)
            if self._kept is not None and client.sock is not None and response.isclosed():
                self._kept[_end(request)], kept = client, True
        except (OSError, http.client.HTTPException) as error:
            return Answer(status=0, problem=_words(error))
        finally:
            if not kept:
                client.close()
        return _answer(request, response.status, body)

    def _curl(self, request: Request, timeout: float, begun: float) -> Answer:
        words = [word for name, value in _headers(request).items() for word in ("--header", f"{name}: {value}")]
        words += ["--data-binary", "@-"] if request.service is not None else []
        words += ["--http2-prior-knowledge"] if request.direct_call else []
        pin = f"::{request.address}:{request.port}"
        done = self._connection.run(
            (
                "curl",
                "--silent",
                "--insecure",
                "--connect-timeout",
                f"{_CONNECT:g}",
                "--max-time",
                f"{timeout:g}",
                "--connect-to",
                pin,
                "--write-out",
                r"\n%{http_code}",
                *words,
                request.url,
            ),
            stdin=b"" if request.service is None else grpc_health.question(request.service),
            timeout=timeout + 10,
        )
        if done.status == _CURL_MISSING:
            raise HostNotReady(
                "The host's sshd forbids forwarded connections, and the host has no curl to ask with instead.",
                means="The candidate's health is checked from the host, over one of the two.",
                todo="Set `AllowTcpForwarding yes` for the deploy user, or install curl.",
            )
        body, _, status = done.out.rpartition("\n")
        problem = "" if done.status == 0 else _CURL_PROBLEMS.get(str(done.status), f"curl error {done.status}")
        answered = int(status) if status.isdecimal() and not problem else 0
        answer = _answer(request, answered, body[:_MOST_BODY].encode())
        return replace(answer, problem=problem, seconds=self._clock.now() - begun)


def _called(sock: socket.socket, request: Request) -> Answer:
    try:
        return grpc_health.exchange(sock, request.host or request.address, request.service or "")
    except OSError as error:
        return Answer(status=0, problem=_words(error))
    finally:
        sock.close()


def _answer(request: Request, status: int, body: bytes) -> Answer:
    if request.service is not None and status == http.client.OK:
        return grpc_health.understood(body)
    return Answer(status=status, body=body.decode(errors="replace"))


def _end(request: Request) -> tuple[str, int, bool]:
    return request.address, request.port, request.tls


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _headers(request: Request) -> dict[str, str]:
    fixed = {"Host": request.host or f"{request.address}:{request.port}", "User-Agent": "bluegreen-action"}
    return {**fixed, **(grpc_health.HEADERS if request.service is not None else {}), **dict(request.headers)}


def _words(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case TimeoutError():
            return "no answer in time"
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            return "the connection was closed without an answer"
        case ssl.SSLError():
            return f"the TLS handshake failed: {error.reason}"
        case http.client.BadStatusLine():
            return "it does not speak HTTP; for gRPC there is `protocol: grpc`"
        case _:
            return str(error) or type(error).__name__
