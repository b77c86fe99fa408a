"""Drain: a container that had traffic may finish what it is answering before it is stopped."""

from __future__ import annotations

from bluegreen.model.container import Container, RestartPolicy
from bluegreen.stages.job import Job

__all__ = ["drain", "leave"]

_POLL = 0.2


def drain(job: Job, container: Container) -> int:
    """Wait until no connection is established on the container's port; returns how many were left after `drain-timeout`.

    It must have no share of the traffic any more. NGINX's idle connections to it close within their `keepalive_timeout` of 1 s.
    """
    until = job.clock.now() + job.ask.retire.drain_timeout
    with job.host.waiting():
        while left := job.guardian.connections([container]):
            if job.clock.now() >= until:
                return left
            job.clock.wait(_POLL)
    return 0


def leave(job: Job, container: Container) -> None:
    """Drain and stop one container that has no share of the traffic any more."""
    left = drain(job, container)
    if left:
        limit = job.ask.retire.drain_timeout
        job.tell.warn(f"{left} connections to {container.name} were still open after `drain-timeout` ({limit:g} s), and end now")
    job.host.containers.set_restart(container, RestartPolicy.NO)
    job.host.containers.stop(container, job.ask.retire.stop_timeout)
    job.tell.done(f"{container.name} is {'stopped' if left else 'drained and stopped'}")
