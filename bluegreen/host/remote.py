"""One real host: everything that is done to it goes over a single SSH connection."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from bluegreen.errors import HostNotReady
from bluegreen.host import AccessLog, Answer, Aside, Clock, Facts, Guard, Guardian, Peek, grpc_health
from bluegreen.host.access_log import follow_access_log
from bluegreen.host.build_client import LocalDocker
from bluegreen.host.guardian import start_guardian
from bluegreen.host.http import Requests
from bluegreen.host.meter import Meter
from bluegreen.host.nginx import HostNginx
from bluegreen.host.nginx_container import lacking, unfit
from bluegreen.host.peek import peek
from bluegreen.host.prepare import prepare
from bluegreen.host.preview_proxy import PreviewProxy
from bluegreen.host.request import Request
from bluegreen.host.setup import set_up
from bluegreen.host.site_text import LOOPBACK_PORT
from bluegreen.host.smoke import run_smoke_test
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import Ask
from bluegreen.model.container import network_name
from bluegreen.model.site import AppProtocol

__all__ = ["RemoteHost"]

_LOOPBACK = "127.0.0.1"
_DIAL = 10.0
# Each that asks Docker is another `docker system dial-stdio` on the host, some 25 MB; engine_link.py keeps one more, the main thread's.
_SIDE_BY_SIDE = 2
_EVERY_ADDRESS = ("", "*", "0.0.0.0", "[::]", "::")  # noqa: S104 — NGINX's spellings, which we only read


class RemoteHost:
    """Implements `bluegreen.host.Host`."""

    def __init__(self, connection: Connection, facts: Facts, clock: Clock, ask: Ask, meter: Meter, local: LocalDocker) -> None:
        from bluegreen.host.engine import DockerEngine  # noqa: PLC0415

        self.facts = facts
        self.containers = DockerEngine(
            connection.docker_socket(), clock, problem=connection.docker_problem, limits_logs=facts.limits_logs, local=local
        )
        self.nginx = HostNginx(connection, facts)
        self._connection = connection
        self._requests = Requests(connection, clock)
        self._clock = clock
        self._nginx = ask.traffic.nginx
        self._network = network_name(ask.app.app)
        self._private = facts.nginx_container.address(self._network) if facts.nginx_container else _LOOPBACK
        self._listen = ask.traffic.listen
        self._app_host = ask.expect.host
        self._grpc = ask.expect.protocol is AppProtocol.GRPC
        self._meter = meter

    def prepare(self, app: str) -> tuple[str, ...]:
        """Make what the host lacks, and say what was made. Raises `HostNotReady` for an NGINX container that was not given all of it."""
        made = (*prepare(self._connection, self.facts, app), *self._network_for_nginx(app))
        container = self.facts.nginx_container
        if container is not None and (found := lacking(container, app)):
            raise unfit(container, app, found)
        return tuple(f"made {what}" for what in made)

    def set_up(self, app: str, *, dry: bool) -> tuple[str, ...]:
        """Make all that a bare host lacks, and say what was or would be made."""
        made = set_up(self._connection, self.facts, app, dry=dry)
        # One who has just been let use Docker may not until the next login.
        return (*made, *self._network_for_nginx(app, dry=dry)) if self.facts.docker else made

    def _network_for_nginx(self, app: str, *, dry: bool = False) -> tuple[str, ...]:
        """The network that the user's NGINX container has to join, so it must be there before anything of the app's is."""
        if self.facts.nginx_container is None or self.containers.find_network(app) is not None:
            return ()
        return (f"the Docker network {self._network if dry else self.containers.network(app).name}",)

    def guard(self, guard: Guard) -> AbstractContextManager[Guardian]:
        """Take the app's lock, and hold it while the block runs."""
        return start_guardian(self._connection, guard, self._clock, self._nginx)

    def get(self, address: str, port: int, path: str, *, host: str, timeout: float) -> Answer:
        """One GET, as seen from the host, straight to an address on it."""
        return self._requests.get(self._asked(Request(address=address, port=port, path=path, host=host)), timeout)

    def preview(self, name: str, path: str, *, timeout: float) -> Answer:
        """One GET through NGINX's preview server, which answers this host alone."""
        headers = (("X-Bluegreen-Host", self._app_host),) if self._app_host else ()
        request = Request(address=self._private, port=LOOPBACK_PORT, path=path, host=name, headers=headers, through_nginx=True)
        answer = self._requests.get(self._asked(request), timeout)
        if not answer.status and self._nginx_moved():
            answer = self._requests.get(replace(self._asked(request), address=self._private), timeout)
        return answer

    def _nginx_moved(self) -> bool:
        """Whether a restart gave NGINX's container another address on the app's network, which is known from now on."""
        if not self._nginx:
            return False
        form = f'{{{{with index .NetworkSettings.Networks "{self._network}"}}}}{{{{.IPAddress}}}}{{{{end}}}}'
        found = self._connection.run(("docker", "container", "inspect", "-f", form, self._nginx)).out.strip()
        before, self._private = self._private, found or self._private
        return self._private != before

    def smoke_test(self, name: str, script: str, *, timeout: float, on_line: Callable[[str], None]) -> int | None:
        """Run a shell script on this machine, whose BLUEGREEN_PREVIEW_URL leads to that preview."""

        def dial() -> socket.socket:
            return self._connection.forward(self._private, LOOPBACK_PORT, timeout=_DIAL)

        try:
            dial().close()
        except OSError as error:
            raise HostNotReady(
                f"The smoke test cannot reach the candidate: {error}.",
                means="BLUEGREEN_PREVIEW_URL is a connection that the host's sshd forwards to its NGINX.",
                todo="Set `AllowTcpForwarding yes` for the deploy user in /etc/ssh/sshd_config, or leave `smoke-test` out.",
            ) from error
        with PreviewProxy(dial, name, self._app_host) as proxy, self._meter.folded():
            return run_smoke_test(script, proxy.url, os.environ, self._clock, on_line, timeout=timeout)

    def knock(self, url: str, token: str, *, timeout: float) -> Answer:
        """One GET of `url` to the host's own NGINX, carrying the token."""
        request = Request.of_url(url, _LOOPBACK, (("X-Bluegreen-Probe", token),))
        address = next((at.strip("[]") for at in self._listens_on(request.port) if at not in _EVERY_ADDRESS), _LOOPBACK)
        return self._requests.get(self._asked(replace(request, address=address, through_nginx=True)), timeout)

    def _asked(self, request: Request) -> Request:
        """The request itself, or the question that an app of gRPC understands: of the service that the path names."""
        return replace(request, path=grpc_health.PATH, service=request.path.strip("/")) if self._grpc else request

    def _listens_on(self, port: int) -> tuple[str, ...]:
        """The addresses at which users find that port: those of NGINX's own, or those at which its container publishes it."""
        if self.facts.nginx_container is not None:
            return self.facts.nginx_container.published_at(port)
        return tuple(at.rpartition(":")[0] for at in self._listen if at.rpartition(":")[2] == str(port))

    def peek(self, app: str) -> Peek:
        """The links, the recipes and the lock's holder, read without taking the lock."""
        return peek(self._connection, app)

    def read_file(self, path: str) -> str:
        """The text of a file on the host that the deploy user may read."""
        done = self._connection.run(("cat", "--", path))
        if done.status:
            raise HostNotReady(
                f"{path} on the host cannot be read: {done.err.strip()[-200:]}.",
                means="`env-file: host:PATH` names a file that is not there, or that the deploy user may not read.",
                state="Nothing was changed.",
                todo="Correct the path, or give the deploy user the right to read it.",
            )
        return done.out

    def access_log(self, app: str) -> AbstractContextManager[AccessLog]:
        """Follow the app's access log until the block is left. What will be asked through NGINX is a preview: it is dialled meanwhile."""
        self._requests.dial_ahead(self._private, LOOPBACK_PORT)
        return follow_access_log(self._connection, app)

    def round_trips(self) -> int:
        """Awaited replies so far."""
        return self._meter.count

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """However many replies are awaited inside, they count as one."""
        with self._meter.folded(), self._requests.keeping():
            yield

    @contextmanager
    def together(self) -> Iterator[Aside]:
        """Ask side by side, on a thread each."""
        with self._meter.folded(), ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="bluegreen-aside") as threads:
            yield threads.submit
