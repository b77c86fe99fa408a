"""What a person has to decide first: about a release that was taken back, about a deployment that is paused."""

from __future__ import annotations

from collections.abc import Iterator

from bluegreen.decide.history import pause_of, withdrawn
from bluegreen.decide.plan import Plan
from bluegreen.errors import HostNotReady, NothingPaused, Paused, Withdrawn
from bluegreen.model.observed import Observed
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import InstalledSite, SiteMode
from bluegreen.stages.job import Job

__all__ = ["paused_candidate", "refuse_bare_site", "refuse_paused", "refuse_withdrawn"]


def refuse_withdrawn(job: Job, plan: Plan) -> None:
    """What a person took out of service does not come back by itself: a scheduled or repeated run must not undo a rollback."""
    event = None if job.ask.control.force else withdrawn(job.guardian.history(), plan.release.id)
    if event is not None:
        raise Withdrawn(
            f"{plan.release.version} was rolled back to {event.detail('to')} at {event.at} by {event.by}.",
            means="It is the very same image with the same settings, so it would fail its users as it did before.",
            state=f"Nothing was changed; {plan.live.name if plan.live else 'no release'} serves.",
            todo="Mend it and deploy that. To deploy this one all the same: `force: true`.",
        )


def refuse_paused(job: Job, seen: Observed) -> None:
    """A paused deployment has traffic and an owner: nothing else may change the app meanwhile."""
    if seen.paused is None or seen.routes.committed is None:
        return
    event = pause_of(job.guardian.history(), seen.paused_release)
    since = f" since {event.at}, by {event.by}" if event else ""
    share = seen.routes.committed.share(seen.paused.color)
    raise Paused(
        f"A deployment of {job.ask.app.app} is paused: {seen.paused.name} has {share} % of the requests{since}.",
        means="Somebody wants to look at it before it goes on."
        if seen.paused.running
        else "It runs no more, and the old release answers for it; nobody has ended its deployment yet.",
        state=f"Nothing was changed; {'both releases serve' if seen.paused.running and seen.live else 'what runs serves'} as before.",
        todo="Go on with it with `command: promote`, or end it with `command: abort`; then run this again.",
    )


def refuse_bare_site(job: Job, seen: Observed) -> None:
    """A job that goes on with, or back to, what was deployed is easily written without the inputs that say how users come in.

    Their defaults would take the name, the certificate or the user's own server block away from the users.
    """
    traffic = job.ask.traffic
    if seen.site is None or traffic.site is SiteMode.INCLUDE:
        return
    missing = tuple(_missing(seen.site, named=traffic.server_names != ("_",), secure=bool(traffic.tls_certificate)))
    if missing:
        raise HostNotReady(
            f"NGINX's site of {job.ask.app.app} was made with {' and '.join(missing)}, which this run was not given.",
            means="It would become another site, and users would not find the app where it is now.",
            state="Nothing was changed; what serves goes on serving.",
            todo="Give this job the deployment's inputs of the table *Traffic* as well.",
        )


def _missing(site: InstalledSite, *, named: bool, secure: bool) -> Iterator[str]:
    if site.mode is SiteMode.INCLUDE:
        yield "`site: include`"
    if site.names != ("_",) and not named:
        yield f"`server-name: {' '.join(site.names)}`"
    if site.certificate and not secure:
        yield f"`tls-certificate: {site.certificate}`"


def paused_candidate(seen: Observed) -> Replicas:
    """The release whose deployment is paused. Raises `NothingPaused`."""
    if seen.paused is None:
        raise NothingPaused(
            "No deployment of this app is paused on this host.",
            means="It was promoted or aborted already, or `shift` had no step that ends in `pause`.",
            state="Nothing was changed.",
            todo="`command: status` shows what serves.",
        )
    return seen.paused
