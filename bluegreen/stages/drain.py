"""Drain: a container that had traffic may finish what it is answering before it is stopped, also when we die meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.model.container import Container, RestartPolicy
from bluegreen.stages.job import Job

__all__ = ["drain", "leave", "put_down", "watch_over"]

_POLL = 0.2


def drain(job: Job, containers: Iterable[Container]) -> int:
    """Wait until no connection is established on the containers' ports; returns how many were left after `drain-timeout`.

    They must have no share of the traffic any more. NGINX's idle connections to them close within their `keepalive_timeout` of 1 s.
    """
    together = tuple(containers)
    until = job.clock.now() + job.ask.retire.drain_timeout
    with job.host.waiting():
        while left := job.guardian.connections(together):
            if job.clock.now() >= until:
                return left
            job.clock.wait(_POLL)
    return 0


def leave(job: Job, containers: Iterable[Container]) -> None:
    """Drain and stop containers that have no share of the traffic any more: all drain at the same time, then one after the other stops.

    No reboot brings them back.
    """
    all_ = tuple(containers)
    with job.host.together() as aside:
        for_good = aside(lambda: _for_good(job, all_))
        left = drain(job, all_)
    for_good.result()
    if left:
        limit, names = job.ask.retire.drain_timeout, ", ".join(container.name for container in all_)
        job.tell.warn(f"{left} connections to {names} were still open after `drain-timeout` ({limit:g} s), and end now")
    for container in all_:
        job.host.containers.stop(container, job.ask.retire.stop_timeout)
        job.tell.done(f"{container.name} is {'stopped' if left else 'drained and stopped'}")


def put_down(job: Job, container: Container) -> None:
    """Stop a container for good: no reboot brings it back."""
    _for_good(job, [container])
    job.host.containers.stop(container, job.ask.retire.stop_timeout)


def _for_good(job: Job, containers: Iterable[Container]) -> None:
    for container in containers:
        job.host.containers.set_restart(container, RestartPolicy.NO)


def watch_over(job: Job, containers: Iterable[Container]) -> None:
    """From now on the guardian drains and stops these when we die, until there is a commit or its watch is released."""
    for container in containers:
        job.guardian.watch_over(container, drain=job.ask.retire.drain_timeout, stop=job.ask.retire.stop_timeout)
