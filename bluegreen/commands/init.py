"""Init: the workflow for an app that runs already, read off its container and NGINX without changing anything."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.decide.introduce import app_of, introduce, unsaid
from bluegreen.decide.portray import places_of
from bluegreen.errors import HostNotReady, stating
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.init_report import InitReport
from bluegreen.model.neighbor import Neighbor
from bluegreen.model.portrait import Portrait
from bluegreen.model.progress import Progress
from bluegreen.model.site import Way

__all__ = ["init"]


def init(ask: Ask, host: Host, tell: Progress, clock: Clock) -> InitReport:
    """What the container's settings and its way through NGINX say, as a workflow, the edits to make and the secrets to create."""
    del clock
    with stating("Nothing was changed."):
        neighbors = host.containers.neighbors()
        portrait = _portrait(ask.init_from, host, neighbors)
        app = ask.app.app or app_of(portrait)
        way = host.nginx.users_way(app, tuple(places_of(portrait)), ask.traffic.url)
        _check(way, portrait)
        alike = (one.name for one in neighbors if one.image_id == portrait.image_id and one.name != portrait.name)
        beside = [found for name in alike if (found := host.containers.portrait(name)) is not None]
    report = introduce(app, portrait, beside, way, ask.connection)
    for value in unsaid(report, (portrait, *beside)):
        tell.hide(value)
    return report


def _portrait(name: str, host: Host, neighbors: Iterable[Neighbor]) -> Portrait:
    found = host.containers.portrait(name)
    if found is None:
        running = ", ".join(sorted(one.name for one in neighbors)) or "none"
        raise HostNotReady(
            f"There is no container called {name} on the host.",
            means=f"`from-container` names the container that serves your app now. Running containers: {running}.",
            todo="Correct `from-container`.",
        )
    if found.app:
        raise HostNotReady(
            f"{name} is a release of {found.app} already.",
            means="A deployment made it: its workflow is there, and nothing is to be taken over.",
            todo=f"`status --app {found.app}` shows what serves; `from-container` wants a container that no deployment made.",
        )
    if not found.running:
        raise HostNotReady(
            f"{name} does not run.",
            means="What is to be taken over serves your users until the first release does, so it has to run.",
            todo=f"`docker start {name}` on the host, and look at its log if it does not stay up.",
        )
    return found


def _check(way: Way, portrait: Portrait) -> None:
    """Raises `HostNotReady` when it cannot be told how users come to it."""
    name, places = portrait.name, ", ".join(places_of(portrait))
    if not places:
        raise HostNotReady(
            f"It cannot be told on which port {name} listens: it publishes none, and its image names none.",
            means="NGINX can only lead to an app whose address and port are known.",
            todo="Publish its port on 127.0.0.1, or add EXPOSE to its Dockerfile and make the container anew.",
        )
    if not way.leading:
        there = "\n".join(("What NGINX passes on:", *way.passes)) if way.passes else "NGINX passes nothing on to anybody."
        raise HostNotReady(
            f"No location of the host's NGINX leads to {name}, which is at {places}.",
            means=f"Its users come another way: by another proxy, or straight to a published port. {there}",
            todo="Name the container that NGINX leads to. Where NGINX is not in front of the app yet, use `site: managed` and `adopt`:"
            " README, “An app that runs already”.",
        )
    if not way.place:
        led = f"{way.answers} answers it, and does not lead there" if way.answers else "no location answers it"
        raise HostNotReady(
            f"{way.url} does not lead to {name}: {led}."
            if way.url
            else f"It cannot be told which URL leads to {name}: its server block has no plain name.",
            means=f"What leads there: {' and '.join(way.leading)}.",
            todo="Give what your users type: `--url https://example.com/`.",
        )
