"""The way to a real host. It speaks SSH only: what the rest of the run speaks is loaded while the host lets us in and says what it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bluegreen.errors import stating
from bluegreen.host import Facts, Host
from bluegreen.host.build_client import LocalDocker
from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import Ask, Command
from bluegreen.model.progress import Progress

__all__ = ["connect"]


@contextmanager
def connect(ask: Ask, clock: SystemClock, tell: Progress, local: LocalDocker) -> Iterator[Host]:
    """Log in, read what the host is, and yield it; `local` builds for it. Raises `Unreachable`, `HostNotReady` without Docker or NGINX."""
    meter = Meter()
    with ExitStack() as opened:
        with stating("Nothing was changed."):
            connection = opened.enter_context(Connection.open(ask.connection, clock, meter))
            connection.docker_socket()  # what it opens ahead of need opens while the facts are read
            from bluegreen.host.facts import read_facts  # noqa: PLC0415

            facts = read_facts(connection, ask.app.app, ask.traffic.nginx)
            clock.set_wall(facts.epoch)
            _tell_facts(facts, tell)
            from bluegreen.host.remote import RemoteHost  # noqa: PLC0415

            host = RemoteHost(connection, facts, clock, ask, meter, local)
            opened.callback(host.containers.close)
            if ask.command is not Command.SETUP:
                _need_daemons(host)
        yield host


def _need_daemons(host: Host) -> None:
    host.containers.engine()
    host.nginx.version()


def _tell_facts(facts: Facts, tell: Progress) -> None:
    tell.fact("os", facts.os)
    tell.fact("docker", facts.docker)
    tell.fact("nginx", facts.nginx)
    tell.fact("memory available", f"{facts.memory_available // 1024**2} MiB")
    tell.fact("disk free", f"{facts.disk_free // 1024**2} MiB")
