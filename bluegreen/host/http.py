"""One HTTP request as seen from the host: over a forwarded channel, or by the host's own curl where sshd forbids forwarding."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bluegreen.errors import HostNotReady
from bluegreen.host import Answer, Clock
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
    """A GET to `address:port`, whatever name is in `host`. TLS certificates are not verified: the peer is the host itself."""

    address: str
    port: int
    path: str
    host: str
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=())

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

    def get(self, request: Request, timeout: float) -> Answer:
        """One GET, on a connection of its own, following no redirect."""
        begun = self._clock.now()
        if self._forwarding:
            try:
                return self._forwarded(request, timeout, begun)
            except PermissionError:
                self._forwarding = False
        return self._curl(request, timeout, begun)

    def _forwarded(self, request: Request, timeout: float, begun: float) -> Answer:
        try:
            sock = self._connection.forward(request.address, request.port, timeout=min(timeout, _CONNECT))
        except PermissionError:
            raise
        except OSError as error:
            return Answer(status=0, problem=_words(error), seconds=self._clock.now() - begun)
        with sock:
            sock.settimeout(timeout)
            client = http.client.HTTPConnection(request.address, request.port, timeout=timeout)
            try:
                client.sock = _tls().wrap_socket(sock, server_hostname=urlsplit(request.url).hostname) if request.tls else sock
                client.request("GET", request.path, headers=_headers(request))
                response = client.getresponse()
                body = response.read(_MOST_BODY).decode(errors="replace")
            except (OSError, http.client.HTTPException) as error:
                return Answer(status=0, problem=_words(error), seconds=self._clock.now() - begun)
            finally:
                client.close()
        return Answer(status=response.status, body=body, seconds=self._clock.now() - begun)

    def _curl(self, request: Request, timeout: float, begun: float) -> Answer:
        words = [word for name, value in _headers(request).items() for word in ("--header", f"{name}: {value}")]
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
        return Answer(status=answered, body=body[:_MOST_BODY], problem=problem, seconds=self._clock.now() - begun)


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _headers(request: Request) -> dict[str, str]:
    fixed = {"Host": request.host or f"{request.address}:{request.port}", "User-Agent": "bluegreen-action", "Connection": "close"}
    return {**fixed, **dict(request.headers)}


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
            return "it does not speak HTTP"
        case _:
            return str(error) or type(error).__name__
