"""The site: what of NGINX's configuration is ours, and that the user's own leads to it."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.plan import Plan
from bluegreen.decide.site_spec import need_one_protocol, site_spec, wanted_listens
from bluegreen.errors import HostNotReady
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import InstalledSite, SiteMode, SiteSpec, UsersSite
from bluegreen.stages.job import Job
from bluegreen.stages.undo import Undo

__all__ = ["check_site", "fit_site"]


def check_site(job: Job, plan: Plan) -> None:
    """Before anything is started: what keeps users from reaching the site. Raises `HostNotReady`, with what to change by hand."""
    _settled(job, plan, None)


def fit_site(job: Job, plan: Plan, serving: Replicas, undo: Undo) -> bool:
    """Install the site if its text changed; its undo puts the previous bytes back. Returns whether it changed."""
    nginx, installed = job.host.nginx, plan.before.site
    # NGINX's configuration is read again after `check_site`: minutes may have passed, and what a person edited meanwhile decides the text.
    spec = _settled(job, plan, serving)
    text = nginx.text(spec)
    if installed is not None and installed.text == text:
        return False
    if (installed is not None or plan.adopted is not None) and not spec.keepalive_min_timeout:
        job.tell.warn(
            "NGINX's configuration changes, so NGINX reloads; versions before 1.27.4 close idle keep-alive connections at a reload,"
            " and a client that reuses one at that very moment sees it fail.",
        )
    previous = _install(job, spec, text)
    if previous is not None or spec.mode is SiteMode.MANAGED:
        undo.push("put the previous NGINX site back", lambda: _restore(job, spec.app, previous))
    names = "any name" if spec.server_names == ("_",) else ", ".join(spec.server_names)
    where = "the locations that include it" if spec.mode is SiteMode.INCLUDE else names
    job.tell.done(f"NGINX's site for {where} is {'updated' if previous else 'in place'}")
    if previous is not None and previous.adopted is not None and spec.adopted is None:
        job.tell.say(f"the adopted app at {previous.adopted[1]} is out of NGINX's site: {serving.color.value} is this release's now")
    return True


def _settled(job: Job, plan: Plan, serving: Replicas | None) -> SiteSpec:
    """The site that is wanted, once nothing is in its way."""
    nginx, installed = job.host.nginx, plan.before.site
    spec = site_spec(job.ask, plan, serving, installed, nginx.version(), ipv6=job.host.facts.ipv6)
    need_one_protocol(plan, spec, installed)
    if spec.mode is SiteMode.INCLUDE:
        return _included(job, plan, spec, installed)
    if installed is not None and installed.text == nginx.text(spec):
        return spec
    keep = "" if job.ask.traffic.nginx else " Or keep that site, and use `site: include` with `url`: one line of it leads to the app then."
    if problems := nginx.problems(spec.app, spec.server_names, wanted_listens(spec)):
        raise HostNotReady(
            "Another site on this host is in the way of ours. " + " ".join(problems),
            means="NGINX would go on sending the users to that other site, and only warn about it.",
            todo=f"Do what is said above, or use another `server-name` or `listen`.{keep}",
        )
    return spec


def _included(job: Job, plan: Plan, spec: SiteSpec, installed: InstalledSite | None) -> SiteSpec:
    users = job.host.nginx.users_site(spec.app, job.ask.traffic.url, installed)
    for note in users.notes:
        job.tell.warn(note)
    if not users.included and installed is not None and installed.mode is SiteMode.MANAGED:
        raise HostNotReady(
            f"The site of {spec.app} is `managed` by its earlier deployments, and no location of yours includes it.",
            means="Taking the managed server block away would leave your users without a way in.",
            todo="Go on with `site: managed`.",
        )
    if users.problems:
        raise HostNotReady(
            "Your NGINX configuration and the part that it includes do not go together. " + " ".join(users.problems),
            means="With `site: include` the server block is yours, and some of what stands in it would break the deployment.",
            todo="Change that by hand, then `sudo nginx -t && sudo systemctl reload nginx`, and deploy again.",
        )
    fitted = replace(spec, fit=users.fit)
    if not users.included:
        raise _not_included(job, plan, fitted, users, installed)
    if users.edits:
        job.tell.warn("Some of your locations still lead past this deployment: " + "; ".join(map(str, users.edits)))
    return fitted


def _not_included(job: Job, plan: Plan, spec: SiteSpec, users: UsersSite, installed: InstalledSite | None) -> HostNotReady:
    """The part is put in place, so that the user's edit of one line is valid; it changes nothing for anybody yet."""
    text = job.host.nginx.text(spec)
    if installed is None or installed.text != text:
        _install(job, spec, text)
    return HostNotReady(
        f"No location of your NGINX includes {users.part} yet, so your users would not reach the release.",
        means=f"With `site: include` the server block is yours, and one line of it leads to the app. {_harmless(plan, spec)}",
        todo="Change this by hand, then `sudo nginx -t && sudo systemctl reload nginx`, and deploy again:\n"
        + ("\n".join(map(str, users.edits)) or f"put `include {users.part};` into the location of the app"),
    )


def _harmless(plan: Plan, spec: SiteSpec) -> str:
    if plan.live is not None:
        return f"That file is there; it leads to {plan.live.name}."
    before = spec.fit.before_address or spec.fit.before_group
    until = f"leads to {before}, as your location does today" if before else "answers 503"
    return f"That file is there now; until a release is live it {until}."


def _install(job: Job, spec: SiteSpec, text: str) -> InstalledSite | None:
    # The host does not stop half-way for a cancel, and only what came of it can be put back.
    with job.clock.shield():
        previous = job.host.nginx.install(spec.app, text)
    _tell_notes(job)
    return previous


def _restore(job: Job, app: str, previous: InstalledSite | None) -> None:
    job.host.nginx.restore(app, previous)
    _tell_notes(job)


def _tell_notes(job: Job) -> None:
    for note in job.host.nginx.notes:
        job.tell.say(note)
