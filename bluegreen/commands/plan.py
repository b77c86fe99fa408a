"""Plan: the decisions that a deployment would take on this host now, read without the lock and without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from bluegreen.decide.foresee import changed_settings, foreseen_candidate, foreseen_steps, site_diff, unmade_network
from bluegreen.decide.history import withdrawn
from bluegreen.decide.plan import Plan, make_plan, no_pause
from bluegreen.decide.recovery import remedies
from bluegreen.decide.site_spec import need_one_protocol, site_spec, wanted_listens
from bluegreen.errors import BadInput, HostNotReady
from bluegreen.host import Clock, Host, Peek
from bluegreen.model.ask import Ask
from bluegreen.model.container import Image
from bluegreen.model.observed import Observed
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.progress import Progress
from bluegreen.model.release import Release
from bluegreen.model.site import InstalledSite, SiteMode, SiteSpec
from bluegreen.stages.adoption import serves_already
from bluegreen.stages.build import release_of
from bluegreen.stages.front_door import check_way_in
from bluegreen.stages.room import check_room

__all__ = ["plan"]

_DEFAULT_PORT = 8000


def plan(ask: Ask, host: Host, tell: Progress, clock: Clock) -> PlanReport:
    """What `deploy` with the same inputs would do. What would stop it is told too, all of it, and is no failure of the plan."""
    del clock
    if ask.build is None:
        raise BadInput(["`image` is missing: plan needs the name of the image that would be built"])
    app, problems = ask.app.app, list[str]()
    peek = host.peek(app)
    before = peek.with_containers(host.containers.list(app), host.nginx.site(app))
    image = host.containers.image(ask.build.tag)
    port = before.live.port if before.live else _DEFAULT_PORT
    release = release_of(ask, ask.build, image or Image(id="", ports=(port,)), host, tell)
    made = _made(ask, host, tell, before, release, problems)
    with _noted(problems):
        check_room(ask.app, host, tell)
    diff = _diff(ask, host, made, before.site, problems)
    with _noted(problems):
        check_way_in(ask, host)
    problems += _decisions(ask, peek, made)
    return PlanReport(
        app=app,
        version=release.version,
        image=release.image,
        image_id=release.image_id,
        color=made.live.color if made.unchanged and made.live else made.color,
        container=made.live.name if made.unchanged and made.live else made.name,
        addresses=foreseen_candidate(made).servers if made.network.subnet and not made.unchanged else (),
        unchanged=made.unchanged,
        live_version=made.live.version if made.live else "",
        live_color=before.live_color if made.live else None,
        creates=tuple(_missing(host, made, before.site, problems)),
        settings=_settings(made),
        steps=foreseen_steps(ask, made, () if peek.holder else remedies(before), reloads=bool(diff)),
        problems=tuple(dict.fromkeys(problems)),
        notes=tuple(_notes(ask, made, peek.holder)),
        diff=diff,
        lock_holder=peek.holder,
    )


def _made(ask: Ask, host: Host, tell: Progress, before: Observed, release: Release, problems: list[str]) -> Plan:
    network, adopted = None, None
    with _noted(problems):
        network = host.containers.find_network(release.app)
    with _noted(problems):
        adopted = serves_already(ask, host, tell, before)
    return make_plan(before, release, network or unmade_network(release.app), adopted)


def _decisions(ask: Ask, peek: Peek, made: Plan) -> Iterator[str]:
    """What a person has to decide first."""
    event = withdrawn(peek.events, made.release.id)
    if event is not None and made.release.image_id and not made.unchanged and not ask.control.force:
        yield f"{made.release.version} was rolled back at {event.at}; to deploy it all the same: `force: true`"
    if made.before.paused is not None:
        yield f"a deployment is paused with {made.before.paused.name}: `promote` or `abort` it first"


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    """What a deployment would fail with is a finding of the plan."""
    try:
        yield
    except HostNotReady as error:
        problems.append(" ".join(part for part in (error.what, error.todo) if part))


def _diff(ask: Ask, host: Host, made: Plan, installed: InstalledSite | None, problems: list[str]) -> tuple[str, ...]:
    serving = made.live if made.unchanged and made.live else foreseen_candidate(made)
    text = installed.text if installed else ""
    spec = _fitted(ask, host, site_spec(ask, made, serving, installed, host.nginx.version(), ipv6=host.facts.ipv6), installed, problems)
    with _noted(problems):
        need_one_protocol(made, spec, installed)
    diff = site_diff(text, host.nginx.text(spec))
    if diff:
        if installed is not None and installed.edited:
            problems.append("NGINX's site of this app was edited by hand, and a deployment would not write over that edit.")
        if spec.mode is SiteMode.MANAGED:
            with _noted(problems):
                problems.extend(host.nginx.problems(spec.app, spec.server_names, wanted_listens(spec)))
    return diff


def _fitted(ask: Ask, host: Host, spec: SiteSpec, installed: InstalledSite | None, problems: list[str]) -> SiteSpec:
    """In `include` mode, the site as it suits the user's own; what does not go together there, and edits yet to be made, are problems."""
    if spec.mode is SiteMode.INCLUDE:
        with _noted(problems):
            users = host.nginx.users_site(spec.app, ask.traffic.url, installed)
            problems.extend((*users.problems, *users.notes))
            if not users.included:
                problems.append(
                    f"No location of your NGINX includes {users.part} yet; the first deployment makes it, and asks for the edit."
                )
            problems.extend(map(str, users.edits))
            return replace(spec, fit=users.fit)
    return spec


def _missing(host: Host, made: Plan, installed: InstalledSite | None, problems: list[str]) -> Iterator[str]:
    if not host.facts.prepared:
        yield "the app's directories in /var/lib/bluegreen and /run/bluegreen, its access log and its logrotate entry"
        if not (host.facts.root or host.facts.sudo):
            problems.append(f"The user {host.facts.user} cannot make the directories that a deployment needs: `sudo -n true` fails.")
    if not made.network.subnet:
        yield f"the Docker network {made.network.name}"
    if installed is None:
        yield "NGINX's site of the app"


def _settings(made: Plan) -> tuple[str, ...]:
    live = made.before.release(made.live.release_id) if made.live else None
    return changed_settings(live.settings, made.release.settings) if live else ()


def _notes(ask: Ask, made: Plan, holder: str) -> Iterator[str]:
    if why := no_pause(ask.traffic.steps, made):
        yield why
    if made.release.image_id:
        yield f"the host has an image {made.release.image}: this holds if building it again makes the same one"
    else:
        yield f"{made.release.image} has yet to be built: only then it is known whether it is the live image, and which port it EXPOSEs"
    if holder:
        yield f"another deployment is under way ({holder}): this is what would be done to the host as it is at this moment"
