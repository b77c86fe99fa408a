"""Every changing command runs under the app's lock, and begins by repairing what an earlier one left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from bluegreen.decide.recovery import Disarm, Forget, Promote, Remedy, Remove, Retire, Settle, Work, remedies
from bluegreen.errors import BlueGreenError, GuardianLost
from bluegreen.host import Clock, Guard, Host
from bluegreen.model.ask import Ask
from bluegreen.model.container import Container
from bluegreen.model.observed import Observed
from bluegreen.model.progress import Progress
from bluegreen.stages.drain import leave
from bluegreen.stages.job import Job
from bluegreen.stages.processes import swap_processes
from bluegreen.stages.secrets import hide_secrets

__all__ = ["guarded"]

Spare = Callable[[Observed], Iterable[Container] | None]


@contextmanager
def guarded(ask: Ask, host: Host, tell: Progress, clock: Clock, *, spare: Spare = lambda _: None) -> Iterator[tuple[Job, Observed]]:
    """The lock, and what there is once nothing half-done is left but the containers that `spare` chooses.

    When the guardian ends in the middle, another one is started, recovers, and the error goes on its way. Its sentinel may have ended
    this connection with it, or another deployment may have the lock by now; then the host has put itself right, and what is left is for
    the next deployment.
    """
    for made in host.prepare(ask.app.app):
        tell.done(made)
    guard = Guard(
        app=ask.app.app,
        owner=ask.run.url or f"a command line, as {ask.connection.username}",
        lock_timeout=ask.control.lock_timeout,
        lease=ask.control.lease,
        on_wait=tell.say,
    )
    try:
        with host.guard(guard) as guardian:
            job = Job(ask=ask, host=host, guardian=guardian, tell=tell, clock=clock)
            seen, cleared = _recovered(job, spare)
            yield replace(job, cleared=cleared), seen
    except GuardianLost:
        with suppress(BlueGreenError), clock.shield(), host.guard(guard) as guardian:
            _recovered(Job(ask=ask, host=host, guardian=guardian, tell=tell, clock=clock), lambda _: None)
        raise


def _recovered(job: Job, spare: Spare) -> tuple[Observed, tuple[str, ...]]:
    """What there is after recovery, and the containers that it removed."""
    observed = _observe(job)
    found = remedies(observed, spare(observed) or ())
    for remedy in found:
        _apply(job, remedy)
        job.guardian.record("recovered", remedy=type(remedy).__name__.lower())
    if not found:
        return observed, ()
    after = _observe(job)
    there = {container.id for container in after.containers}
    return after, tuple(container.name for container in observed.containers if container.id not in there)


def _observe(job: Job) -> Observed:
    app = job.ask.app.app
    with job.host.together() as aside:
        containers, site = aside(lambda: job.host.containers.list(app)), aside(lambda: job.host.nginx.site(app))
        routes, releases = job.guardian.look()
    for release in releases:
        hide_secrets(release.settings.env, job.tell)
    return Observed(routes=routes, containers=containers.result(), releases=releases, site=site.result())


def _apply(job: Job, remedy: Remedy) -> None:
    match remedy:
        case Disarm(armed=armed):
            job.guardian.disarm()
            job.tell.say(f"an earlier deployment died with the split at {armed.name}: its traffic is back on the committed route")
        case Settle(split=split):
            job.guardian.settle(split)
            job.tell.say(f"an earlier deployment died while two releases had traffic: the {split.leader.value} one has all of it now")
        case Retire(container=container, remove=remove):
            job.tell.say(f"{container.name} was left running by an earlier deployment")
            leave(job, [container])
            if remove:
                job.host.containers.remove(container)
        case Remove(container=container):
            job.host.containers.remove(container)
            job.tell.say(f"{container.name} was left by an earlier deployment, and is removed")
        case Promote(release=release):
            job.guardian.save(replace(release, committed_at=job.clock.utc()))
        case Forget(release=release):
            job.guardian.forget(release.id)
        case Work(release=release, color=color, todo=todo):
            swap_processes(job, release, color, todo)
