"""Creating a container of a release, whatever it is for."""

from __future__ import annotations

from bluegreen.host import ContainerSpec
from bluegreen.model.container import Container
from bluegreen.stages.job import Job

__all__ = ["create"]


def create(job: Job, spec: ContainerSpec) -> Container:
    """A container, not started. What Docker says of it is told: a limit that this kernel cannot set, for example, is left out."""
    created = job.host.containers.create(spec)
    for said in created.warnings:
        job.tell.warn(f"Docker says of {created.name}: {said}")
    return created
