"""Retention: which releases and images stay after a deployment, and which of ours may go."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.model.container import Container, Image, Role
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas

__all__ = ["earlier", "kept", "own_names", "prunable", "spare_containers"]


def earlier(releases: Iterable[Release], live_id: str) -> tuple[Release, ...]:
    """The releases that were live before this one and could be again, the last first."""
    return tuple(sorted((r for r in releases if r.id != live_id and r.committed_at), key=lambda r: r.committed_at, reverse=True))


def kept(releases: Iterable[Release], live_id: str, keep: int) -> tuple[Release, ...]:
    """The live release and the `keep` that were committed last before it."""
    all_ = tuple(releases)
    return (*(r for r in all_ if r.id == live_id), *earlier(all_, live_id)[:keep])


def spare_containers(containers: Iterable[Container], live: Replicas, stay: Iterable[Release]) -> tuple[Container, ...]:
    """The stopped containers that nobody needs: of each kept release those that ran last stay, one for each of its replicas.

    Workers are no releases: `decide.processes` says which of them may go.
    """
    wanted = {release.id: release.settings.replicas for release in stay}
    spare = []
    web = (container for container in containers if container.role is not Role.PROCESS)
    for container in sorted(web, key=lambda c: (c in live.containers, c.started_at), reverse=True):
        if container.role is Role.WEB and wanted.get(container.release_id):
            wanted[container.release_id] -= 1
        elif not container.running:
            spare.append(container)
    return tuple(spare)


def prunable(images: Iterable[Image], live_image_id: str, stay: Iterable[Release], earlier: Iterable[Release] = ()) -> tuple[Image, ...]:
    """The app's own images that no release needs: not the live one, not a kept one, and nothing built after the live one.

    A newer image than the live one may be another deployment's, built before it got the lock. BuildKit dates an image by its newest
    layer, so releases that differ in their settings alone are of one date: those of `earlier` releases are known to be older.
    """
    all_ = tuple(images)
    needed = {live_image_id, *(release.image_id for release in stay)}
    live = next((image for image in all_ if image.id == live_image_id), None)
    if live is None:
        return ()
    served = {release.image_id for release in earlier}
    return tuple(image for image in all_ if image.id not in needed and (image.created < live.created or image.id in served))


def own_names(image: Image, releases: Iterable[Release]) -> tuple[str, ...]:
    """The names by which the image may be removed: those that a release of ours could have, else its id if nobody named it."""
    repositories = {release.image.rpartition(":")[0] for release in releases}
    return tuple(tag for tag in image.tags if tag.rpartition(":")[0] in repositories) if image.tags else (image.id,)
