"""Processes: the workers of a release, started after its commit, watched, and then put in the place of the earlier release's.

The deployment has succeeded before this begins, so a worker that fails only warns, and its predecessor goes on working.
"""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.health import container_fault
from bluegreen.decide.processes import Swap
from bluegreen.errors import CandidateFailed
from bluegreen.host import ContainerSpec
from bluegreen.model.color import Color
from bluegreen.model.container import Container, RestartPolicy, Role
from bluegreen.model.fault import Fault
from bluegreen.model.release import Process, Release
from bluegreen.stages.create import create
from bluegreen.stages.drain import put_down
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.job import Job

__all__ = ["swap_processes"]

_WATCH = 10.0
_TICK = 0.5


def swap_processes(job: Job, release: Release, color: Color, todo: Swap) -> None:
    """Make the workers those of `release`, which is live in `color`.

    New and old ones run side by side for as long as the new ones are watched, so that no job waits for nobody.
    """
    for container in todo.spent:
        job.host.containers.remove(container)
    failed = _bring_up(job, release, color, todo) if todo.start or todo.watch else frozenset()
    for container in todo.stop:
        if container.process in failed:
            job.tell.warn(f"{container.name} of {container.version} goes on working in its place")
        else:
            put_down(job, container)
            job.host.containers.remove(container)
            job.tell.done(f"{container.name} is stopped")


def _bring_up(job: Job, release: Release, color: Color, todo: Swap) -> frozenset[str]:
    """Start what is missing and watch all of it; the names of those that failed, which are stopped."""
    failed = set()
    started = []
    for process in todo.start:
        try:
            started.append(_start(job, release, color, process))
        except CandidateFailed as error:
            failed.add(process.name)
            job.tell.warn(f"The process {process.name} of {release.version} cannot start: {error.what}")
    well = [job.host.containers.inspect(container) for container in todo.watch] + started
    for container, fault in _watch(job, well):
        failed.add(container.process)
        _warn(job, container, fault)
    for container in well:
        if container.process not in failed:
            job.tell.done(f"{container.name} works")
    return frozenset(failed)


def _start(job: Job, release: Release, color: Color, process: Process) -> Container:
    spec = ContainerSpec(
        app=release.app,
        name=f"{release.app}-{process.name}-{release.version}",
        color=color,
        release_id=release.id,
        version=release.version,
        image_id=release.image_id,
        settings=release.settings,
        role=Role.PROCESS,
        process=process.name,
        network=job.host.containers.network(release.app),
        words=process.words,
    )
    created = create(job, spec)
    # Before it starts: nobody would remember to do it for one that runs already.
    job.host.containers.set_restart(created, RestartPolicy.UNLESS_STOPPED)
    return job.host.containers.start(created)


def _watch(job: Job, containers: list[Container]) -> list[tuple[Container, Fault]]:
    """Those that ended or restarted within ten seconds, and how. The image's HEALTHCHECK is the web container's: it counts for nothing."""
    until = job.clock.now() + _WATCH
    well, ill = list(containers), []
    with job.host.waiting():
        while well:
            for container in tuple(well):
                now = replace(job.host.containers.inspect(container), health="")
                if fault := container_fault(now, container):
                    well.remove(container)
                    ill.append((container, fault))
            if job.clock.now() >= until:
                break
            job.clock.wait(_TICK)
    return ill


def _warn(job: Job, container: Container, fault: Fault) -> None:
    """Loudly, with its log; it is stopped and kept, so that no later run tries it again by itself."""
    job.tell.warn(
        f"{container.name} FAILED: {fault.reason}. {fault.means} The deployment has succeeded and {container.version} serves its users,"
        " but this process does not work: it is stopped. Mend it and deploy again."
    )
    show_candidate(job, container, ())
    put_down(job, container)
