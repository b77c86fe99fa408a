"""The few kept-alive connections to the host's Docker engine, and the only place where a failure to talk to it becomes an error of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnectionPool
from requests.exceptions import ConnectionError as LostConnection
from requests.exceptions import HTTPError, RequestException, Timeout
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from bluegreen.errors import BlueGreenError, HostNotReady, Unreachable
from bluegreen.host.engine_kind import engine_of, version_numbers
from bluegreen.model.container import Engine

__all__ = ["EngineLink", "patient", "reason"]

_NEWEST_API = (1, 44)
_AT_ONCE = 3
_PATIENCE = 3.0
_DOWN = ("cannot connect to the docker daemon", "connection refused", "no such file", "failed to connect")


class _FewConnections(UnixHTTPAdapter):
    """The SDK keeps a connection for every URL it has asked (docker/transport/unixconn.py, 7.2); through SSH each would be a channel.

    sshd allows ten of them, and a new one costs two round trips. So all URLs share as many as are used at the same time.
    """

    def get_connection(self, url: bytes | str, proxies: object = None) -> UnixHTTPConnectionPool:  # noqa: ARG002  # overridden
        """The same pool for any URL."""
        return super().get_connection("http+docker://localhost", proxies)


class _Api(docker.APIClient):
    """The SDK's client, whose first request, which must ask for the API version anyway, brings the engine's facts along."""

    facts: Mapping[str, Any]

    def __init__(self, socket_url: str, timeout: float) -> None:
        self.socket_url = socket_url
        super().__init__(base_url=socket_url, version="auto", timeout=timeout)  # type: ignore[arg-type]  # seconds may be a float

    def _retrieve_server_version(self) -> str:
        """Every answer names the engine's API version in a header; the SDK would spend a round trip on /version.

        No newer version than 1.44 is spoken, so that answers keep the shape they were tested in; engines up to 29 still accept it.
        """
        self.mount("http+docker://", _FewConnections(self.socket_url, timeout=self.timeout, max_pool_size=_AT_ONCE))
        answer = self.get(f"{self.base_url}/info", timeout=self.timeout)
        try:
            answer.raise_for_status()
        except HTTPError as error:
            raise docker.errors.create_api_error_from_http_exception(error) from error
        self.facts = answer.json()
        offered = version_numbers(answer.headers.get("Api-Version", "1.41"))
        return ".".join(str(number) for number in min(offered, _NEWEST_API))


class EngineLink:
    """The engine behind a unix socket. `problem` tells what the other end of the tunnel said about why it does not answer."""

    def __init__(self, socket: Path, *, problem: Callable[[], str], timeout: float) -> None:
        self.socket = socket
        self._problem = problem
        self._timeout = timeout
        self._api: _Api | None = None

    @contextmanager
    def asking(self, for_what: str) -> Iterator[docker.APIClient]:
        """The SDK's client. Whatever goes wrong inside, and is not handled there, leaves as an error that says it was about `for_what`."""
        try:
            yield self._connected()
        except docker.errors.APIError as error:
            raise HostNotReady(f"Docker refused to {for_what}: {reason(error)}") from error
        except RequestException as error:
            raise self._lost(error, for_what) from error

    def facts(self) -> Mapping[str, Any]:
        """What the engine says about itself, read once."""
        with self.asking("tell about itself"):
            return self._connected().facts

    def engine(self) -> Engine:
        """The engine, if it is one that can be used."""
        return engine_of(self.facts())

    def client(self, timeout: float | None) -> docker.APIClient:
        """A second client on a connection of its own, for one long request."""
        with self.asking("open a second connection"):
            version = self._connected().api_version
            return docker.APIClient(base_url=self._url, version=version, timeout=timeout)  # type: ignore[arg-type]  # None: no limit

    def close(self) -> None:
        """Close the connection."""
        if self._api is not None:
            self._api.close()

    @property
    def _url(self) -> str:
        return f"http+unix://{self.socket}"

    def _connected(self) -> _Api:
        if self._api is None:
            self._api = _Api(self._url, self._timeout)
        return self._api

    def _lost(self, error: RequestException, for_what: str) -> BlueGreenError:
        if isinstance(error, Timeout) and not isinstance(error, LostConnection):
            return HostNotReady(
                f"Docker did not {for_what} within {self._timeout:.0f} seconds.",
                means="The engine hangs, or the host is overloaded or has no memory left.",
                todo="Look at `docker info` and `journalctl -u docker` on the host.",
            )
        said = self._problem()
        if said or isinstance(_origin(error), PermissionError):
            return unanswered(said or "permission denied", for_what)
        return _cut(str(_origin(error) or "the connection ended"), for_what)


def _origin(error: BaseException) -> OSError | None:
    """The system's own error behind the library's, whose text holds the whole URL, and that of a build the values of its arguments."""
    for inner in (*error.args, error.__context__):
        if isinstance(inner, OSError) and not isinstance(inner, RequestException):
            return inner
        found = _origin(inner) if isinstance(inner, BaseException) else None
        if found is not None:
            return found
    return None


def unanswered(said: str, for_what: str) -> BlueGreenError:
    """The error for an engine that cannot be talked to, from what its side or the system said."""
    lower = said.lower()
    if "permission denied" in lower:
        return HostNotReady(
            "The deploy user may not use Docker on the host.",
            means=f"It said: {said.strip()}",
            todo="On the host, as that user: `sudo usermod -aG docker $USER`. Then end all its sessions, and deploy again.",
        )
    if "not found" in lower or "no such command" in lower:
        return HostNotReady(
            "The host has no docker command.",
            means=f"It said: {said.strip()}",
            todo="Install Docker on the host: https://docs.docker.com/engine/install/",
        )
    if any(words in lower for words in _DOWN):
        return HostNotReady(
            "The host's Docker engine does not run.",
            means=f"It said: {said.strip()}",
            todo="Start it with `sudo systemctl enable --now docker` on the host, and see `journalctl -u docker` if it does not stay up.",
        )
    return _cut(said, for_what)


def _cut(said: str, for_what: str) -> Unreachable:
    return Unreachable(
        f"The connection to the host's Docker engine was lost while it was asked to {for_what}.",
        means=f"It said: {said.strip()}",
        todo="Deploy again. What a lost connection left behind is cleaned up then.",
    )


def reason(error: docker.errors.APIError) -> str:
    """Docker's own words, in one line."""
    return " ".join(str(error.explanation or error).split())


def patient(pause: Callable[[float], None]) -> Retrying:
    """Calls that are made again for some seconds while the failure is the engine's own and not the request's.

    It fails so, in many wordings, to change a container whose process has ended, until a moment later it has heard of that itself.
    """
    return Retrying(
        retry=retry_if_exception(_engines_own), wait=wait_fixed(0.1), stop=stop_after_delay(_PATIENCE), sleep=pause, reraise=True
    )


def _engines_own(error: BaseException) -> bool:
    return isinstance(error, docker.errors.APIError) and error.is_server_error()
