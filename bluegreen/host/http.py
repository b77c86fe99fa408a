"""One HTTP request as seen from the host: over a forwarded channel, or by the host's own curl where sshd forbids forwarding."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from bluegreen.errors import BlueGreenError, HostNotReady
from bluegreen.host import Answer, Clock, grpc_health
from bluegreen.host.request import Request
from bluegreen.host.ssh import Connection
from bluegreen.model.observed import NOT_IN_TIME

__all__ = ["Requests"]

_MOST_BODY = 64 * 1024
# On one host a connection is accepted or refused at once; a dead container's address says neither. 1 s is the first SYN retransmit.
_CONNECT = 2.0
_CURL_MISSING = 127
_CURL_PROBLEMS = {
    "7": "connection refused",
    "28": NOT_IN_TIME,
    "35": "the TLS handshake failed",
    "52": "the connection was closed without an answer",
    "56": "the connection was reset",
}


class Requests:
    """Sends requests over one connection. Whatever the app does is an `Answer`; only a lost connection to the host raises."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._forwarding = True
        self._kept: dict[tuple[str, int, bool], http.client.HTTPConnection] | None = None
        self._ahead: dict[tuple[str, int], socket.socket] = {}

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

    def dial_ahead(self, address: str, port: int) -> None:
        """Open a connection that will be wanted soon, beside what else goes on; where none can be had yet, nothing comes of it."""

        def dial() -> None:
            with contextlib.suppress(OSError, BlueGreenError):
                self._ahead[address, port] = self._connection.forward(address, port, timeout=_CONNECT, ahead=True)

        threading.Thread(target=dial, name="bluegreen-dial", daemon=True).start()

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
        return _unless_it_was_closed(self._exchange(client, request))

    def _anew(self, request: Request, timeout: float) -> Answer:
        waiting = self._ahead.pop((request.address, request.port), None)
        if waiting is not None and (answer := _unless_it_was_closed(self._over(waiting, request, timeout))):
            return answer
        try:
            sock = self._connection.forward(request.address, request.port, timeout=min(timeout, _CONNECT))
        except PermissionError:
            raise
        except OSError as error:
            return Answer(status=0, problem=_words(error))
        return self._over(sock, request, timeout)

    def _over(self, sock: socket.socket, request: Request, timeout: float) -> Answer:
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
    from bluegreen.host.grpc_call import exchange  # noqa: PLC0415

    try:
        return exchange(sock, request.host or request.address, request.service or "")
    except OSError as error:
        return Answer(status=0, problem=_words(error))
    finally:
        sock.close()


def _answer(request: Request, status: int, body: bytes) -> Answer:
    if request.service is not None and status == http.client.OK:
        return grpc_health.understood(body)
    return Answer(status=status, body=body.decode(errors="replace"))


def _unless_it_was_closed(answer: Answer) -> Answer | None:
    """None for what a connection says that waited for too long: a server closes one that is idle."""
    return answer if answer.status or answer.problem == _words(TimeoutError()) else None


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
            return NOT_IN_TIME
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            return "the connection was closed without an answer"
        case ssl.SSLError():
            return f"the TLS handshake failed: {error.reason}"
        case http.client.BadStatusLine():
            return "it does not speak HTTP; for gRPC there is `protocol: grpc`"
        case _:
            return str(error) or type(error).__name__
