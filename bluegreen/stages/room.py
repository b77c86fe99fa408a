"""Room for two releases at once: measured on the host, before a deployment builds and before a rollback starts anything."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.decide.adoption import container_of_adopted
from bluegreen.decide.room import Demand, disk_problems, memory_problems
from bluegreen.errors import HostNotReady
from bluegreen.host import Host
from bluegreen.model.ask import AppAsk, Room
from bluegreen.model.container import Container, Role
from bluegreen.model.progress import Progress
from bluegreen.model.release import Settings

__all__ = ["check_room", "warn_of_room"]


def check_room(app: AppAsk, host: Host, tell: Progress) -> None:
    """Refuse a host that cannot hold two releases at once, before anything is built on it."""
    running = [container for container in host.containers.list(app.app) if container.running]
    live = next((container for container in running if container.role is Role.WEB), None)
    image = host.containers.image(live.image_id) if live else None
    problems = (
        *_memory_problems(app.settings, running, host, app.adopt),
        *disk_problems(image_size=image.size if image else 0, free=host.facts.disk_free),
    )
    if problems and app.room is Room.REFUSE:
        raise HostNotReady(
            "The host has no room for a second release. " + " ".join(problems),
            means="Both releases run at the same time while the traffic shifts; without room the live one would suffer.",
            state="Nothing was built and nothing was changed.",
            todo="To go on all the same: `room: warn`.",
        )
    for problem in problems:
        tell.warn(problem)


def warn_of_room(target: Settings, containers: Iterable[Container], host: Host, tell: Progress) -> None:
    """Say that a release to which the traffic goes back may not fit beside the one it leaves. Who rolls back is in need: never refused."""
    for problem in _memory_problems(target, [container for container in containers if container.running], host):
        tell.warn(problem)


def _memory_problems(settings: Settings, running: list[Container], host: Host, adopt: str = "") -> tuple[str, ...]:
    demands = [_candidate(settings, [container for container in running if container.role is Role.WEB], host, adopt)]
    if settings.processes:
        demands.append(_workers(settings, [container for container in running if container.role is Role.PROCESS], host))
    return memory_problems(demands, limit=settings.memory, free=host.facts.memory_available)


def _candidate(settings: Settings, live: list[Container], host: Host, adopt: str) -> Demand:
    """What serves now needs, and so will the candidate; an adopted app that is no container cannot be measured."""
    adopted = container_of_adopted(adopt, host.containers.neighbors()) if adopt and not live else None
    measured = [adopted] if adopted is not None else live
    most = max((host.containers.memory_use(container) for container in measured), default=0)
    whose = adopted.name if adopted is not None else "the live release"
    return Demand(who="the candidate needs", whose=f"{whose} uses", each="replicas", uses=(most,) * settings.replicas)


def _workers(settings: Settings, running: list[Container], host: Host) -> Demand:
    """Old and new ones run side by side while the new ones are watched."""
    now = {container.process: host.containers.memory_use(container) for container in running}
    uses = tuple(now.get(process.name, 0) for process in settings.processes)
    return Demand(who="the new processes need", whose="those of the live release use", each="processes", uses=uses)
