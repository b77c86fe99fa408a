"""Status: what serves, read without the lock and without changing anything."""

from __future__ import annotations

from bluegreen.decide.adoption import adopted_place, container_of_adopted
from bluegreen.decide.health import answer_fault
from bluegreen.decide.history import pause_of
from bluegreen.decide.retention import earlier
from bluegreen.decide.site_spec import own_url
from bluegreen.host import Clock, Host, Peek
from bluegreen.model.ask import Ask
from bluegreen.model.container import Container, Role
from bluegreen.model.observed import Observed
from bluegreen.model.progress import Progress
from bluegreen.model.status import ContainerStatus, StatusReport

__all__ = ["status"]

_SHOWN = 10
_TIMEOUT = 3.0


def status(ask: Ask, host: Host, tell: Progress, clock: Clock) -> StatusReport:
    """The app as it is now: the two links, its containers, what a rollback could return to, and who holds the lock."""
    del tell, clock
    app = ask.app.app
    peek = host.peek(app)
    seen = peek.with_containers(host.containers.list(app), host.nginx.site(app))
    live, route = seen.live, peek.routes.armed or peek.routes.committed
    candidate = _candidate(seen)
    adopted = "" if live else _adopted(host, seen)
    return StatusReport(
        app=app,
        live_version=live.version if live else "",
        live_color=None if adopted else seen.live_color,
        live_share=route.share(live.color) if route and live else 0,
        candidate_version=candidate.version if candidate else "",
        candidate_share=route.share(candidate.color) if route and candidate else None,
        containers=tuple(_line(ask, host, container) for container in seen.containers if container.role is not Role.RELEASE_COMMAND),
        kept=tuple(release.version for release in earlier(peek.releases, live.release_id if live else "")),
        lock_holder=peek.holder,
        paused=_since(peek, seen),
        history=tuple(reversed(peek.events[-_SHOWN:])),
        url=own_url(ask) if live or adopted else "",
        adopted=adopted,
    )


def _candidate(seen: Observed) -> Container | None:
    """The other color's running container, while a route is armed that is not the committed one, or a deployment is paused."""
    if seen.paused is not None:
        return seen.paused.first
    armed = seen.routes.armed
    if armed is None or armed == seen.routes.committed:
        return None
    return next((c for c in seen.containers if c.running and c.role is Role.WEB and c.color is not seen.live_color), None)


def _adopted(host: Host, seen: Observed) -> str:
    """Who has the traffic until the first release is committed: its name and place; empty where no adoption is in force."""
    place = adopted_place(seen)
    if not place:
        return ""
    container = container_of_adopted(place, host.containers.neighbors())
    return f"{container.name if container else 'the app'} at {place}"


def _since(peek: Peek, seen: Observed) -> str:
    """Since when and by whom; empty when nothing is paused."""
    if seen.paused is None:
        return ""
    event = pause_of(peek.events, seen.paused_release)
    return f"{event.at} by {event.by}" if event else "some time ago"


def _line(ask: Ask, host: Host, container: Container) -> ContainerStatus:
    return ContainerStatus(
        name=container.name,
        process=container.process,
        color=container.color,
        version=container.version,
        state="running" if container.running else f"exited ({container.exit_code})",
        health=_health(ask, host, container),
        address=f"{container.address}:{container.port}" if container.running and not container.process else "",
        started_at=container.started_at,
    )


def _health(ask: Ask, host: Host, container: Container) -> str:
    """Docker's own word for an image that has a HEALTHCHECK, else what the container answers now."""
    if container.health or not container.running or not container.address or container.process:
        return container.health
    answer = host.get(container.address, container.port, ask.expect.path, host=ask.expect.host, timeout=_TIMEOUT)
    fault = answer_fault(answer, ask.expect)
    return f"answers {answer.status}" if fault is None else fault.reason
