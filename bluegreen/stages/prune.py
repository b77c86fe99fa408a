"""Prune: remove what is the app's own and needed by no release that serves or is kept."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.decide.retention import kept, own_names, prunable, spare_containers
from bluegreen.model.observed import Observed
from bluegreen.model.replicas import Replicas
from bluegreen.stages.job import Job

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went, and the versions that a rollback could return to, the newest first."""

    removed: tuple[str, ...]
    kept: tuple[str, ...]


def prune(job: Job, seen: Observed, live: Replicas) -> Pruned:
    """Keep the live release and the `keep` before it; of the rest forget the recipes, remove the containers, then the images."""
    containers, app = job.host.containers, job.ask.app.app
    stay = kept(seen.releases, live.release_id, job.ask.retire.keep)
    earlier = tuple(release for release in seen.releases if release.id != live.release_id)
    removed = []
    for release in earlier:
        if release not in stay:
            job.guardian.forget(release.id)
    with job.host.together() as aside:
        images = aside(lambda: containers.images(app))
        for container in spare_containers(seen.containers, live, stay):
            containers.remove(container)
            removed.append(container.name)
            job.tell.say(f"{container.name} is removed")
    for image in prunable(images.result(), live.image_id, stay, earlier):
        for reference in own_names(image, seen.releases):
            if containers.remove_image(reference):
                removed.append(f"image {reference}")
                job.tell.say(f"image {reference} is removed")
    return Pruned(removed=tuple(removed), kept=tuple(release.version for release in stay if release.id != live.release_id))
