"""The site and its front door: the users' own way must reach our site and this release."""

from __future__ import annotations

import secrets

from bluegreen.decide.plan import Plan
from bluegreen.decide.site_spec import own_url, site_spec
from bluegreen.errors import HostNotReady
from bluegreen.host import Seen
from bluegreen.model.observed import Answer
from bluegreen.model.replicas import Replicas
from bluegreen.stages.job import Job
from bluegreen.stages.undo import Undo

__all__ = ["check_front_door", "fit_site"]

_TIMEOUT = 10.0


def fit_site(job: Job, plan: Plan, serving: Replicas, undo: Undo) -> bool:
    """Install the site if its text changed; its undo puts the previous bytes back. Returns whether it changed."""
    nginx = job.host.nginx
    installed = nginx.site(plan.release.app)
    spec = site_spec(job.ask, plan, serving, installed.text if installed else "", nginx.version(), ipv6=job.host.facts.ipv6)
    text = nginx.text(spec)
    if installed is not None and installed.text == text:
        return False
    if problems := nginx.problems(spec.app, spec.server_names, spec.listen):
        raise HostNotReady(
            "Another site on this host is in the way of ours. " + " ".join(problems),
            means="NGINX would go on sending the users to that other site, and only warn about it.",
            todo="Do what is said above, or use another `server-name` or `listen`.",
        )
    if installed is not None and not spec.keepalive_min_timeout:
        job.tell.warn(
            "NGINX's configuration changes, so NGINX reloads; versions before 1.27.4 close idle keep-alive connections at a reload,"
            " and a client that reuses one at that very moment sees it fail.",
        )
    previous = nginx.install(spec.app, text)
    undo.push("put the previous NGINX site back", lambda: nginx.restore(spec.app, previous))
    job.tell.done(f"NGINX's site for {', '.join(spec.server_names)} is {'updated' if previous else 'in place'}")
    return True


def check_front_door(job: Job, serving: Replicas) -> str:
    """Ask like a user, through the host's own NGINX, and look in its log where the request went. Returns the URL."""
    url = own_url(job.ask)
    token = secrets.token_hex(16)
    answer = job.host.knock(url, token, timeout=_TIMEOUT)
    seen = job.guardian.seen(token)
    if seen is None or not set(serving.servers).intersection(seen.upstreams):
        raise _not_reached(url, answer, seen)
    job.tell.done(f"front door: GET {url} on the host reaches {serving.name}")
    return url


def _not_reached(url: str, answer: Answer, seen: Seen | None) -> HostNotReady:
    got = f"answered {answer.status}" if answer.status else f"got no answer ({answer.problem})"
    went = "it did not pass through our site" if seen is None else f"our site sent it to {', '.join(seen.upstreams) or 'no release'}"
    return HostNotReady(
        f"Your users do not reach this site: GET {url} on the host {got}, and {went}.",
        means="Another NGINX site answers for this name and port, or `url` does not fit `listen` and `server-name`.",
        todo="Look for other server blocks with this name in `sudo nginx -T`, and correct `url`, `server-name` or `listen`.",
    )
