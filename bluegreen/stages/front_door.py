"""The front door: the users' own way must reach our site and this release."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from bluegreen.decide.site_spec import own_url
from bluegreen.errors import HostNotReady
from bluegreen.host import Host, Seen
from bluegreen.model.ask import Ask
from bluegreen.model.neighbor import Adopted
from bluegreen.model.nginx_container import nginx_command
from bluegreen.model.observed import Answer
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import SiteMode
from bluegreen.stages.job import Job

__all__ = ["check_front_door", "check_way_in"]

_TIMEOUT = 10.0
_LOGGED_WITHIN = 3.0
_LOOK_AGAIN = 0.2


def check_way_in(ask: Ask, host: Host) -> None:
    """Before anything is started: whatever has to lead `url` to our site answers at all. Raises `HostNotReady`."""
    url = _strange_url(ask)
    answer = host.knock(url, secrets.token_hex(16), timeout=_TIMEOUT) if url else None
    if answer is None or answer.status:
        return
    listen = ", ".join(ask.traffic.listen)
    todo = f"Correct `url` or `listen`, which is {listen}."
    if url.startswith("https:") and not ask.traffic.tls_certificate:
        todo = (
            "Give `tls-certificate` and `tls-certificate-key`; or, where a load balancer in front of the host ends TLS, give as `url`"
            f" what that asks this host for: {own_url(replace(ask, traffic=replace(ask.traffic, url='')))}."
        )
    raise HostNotReady(
        f"Nothing answers GET {url} on the host: {answer.problem}.",
        means=f"The site will listen on {listen}, and nothing else on the host leads the users of that URL to it.",
        todo=todo,
    )


def check_front_door(job: Job, serving: Replicas | Adopted) -> str:
    """Ask like a user, through the host's own NGINX, and look in its log where the request went. Returns the URL."""
    url = own_url(job.ask)
    token = secrets.token_hex(16)
    with job.host.together() as aside:
        asked = aside(lambda: job.host.knock(url, token, timeout=_TIMEOUT))
        seen = job.guardian.seen(token)
    answer = asked.result()
    seen = seen or _logged(job, token, _LOGGED_WITHIN if answer.status else 0)
    if seen is None or not set(serving.servers).intersection(seen.upstreams):
        raise _not_reached(job, url, answer, seen)
    job.tell.done(f"front door: GET {url} on the host reaches {serving.name}")
    return url


def _strange_url(ask: Ask) -> str:
    """`url`, when its port is none that the managed site listens on: something else must then lead its users there. Else nothing."""
    traffic = ask.traffic
    if not traffic.url or traffic.site is not SiteMode.MANAGED:
        return ""
    url = urlsplit(traffic.url)
    ports = {at.rpartition(":")[2] for at in traffic.listen} | ({"80"} if traffic.tls_certificate else set())
    return "" if str(url.port or {"https": 443}.get(url.scheme, 80)) in ports else traffic.url


def _logged(job: Job, token: str, within: float) -> Seen | None:
    """What the log says once the request is over. On a busy host NGINX comes to write it down only a while after its answer."""
    until = job.clock.now() + within
    with job.host.waiting():
        while (seen := job.guardian.seen(token)) is None and job.clock.now() < until:
            job.clock.wait(_LOOK_AGAIN)
    return seen


def _not_reached(job: Job, url: str, answer: Answer, seen: Seen | None) -> HostNotReady:
    got = f"answered {answer.status}" if answer.status else f"got no answer ({answer.problem})"
    went = "it did not pass through our site" if seen is None else f"our site sent it to {', '.join(seen.upstreams) or 'no release'}"
    what = f"Your users do not reach this site: GET {url} on the host {got}, and {went}."
    if job.ask.traffic.site is SiteMode.INCLUDE:
        nginx = job.host.nginx
        users = nginx.users_site(job.ask.app.app, url, nginx.site(job.ask.app.app))
        return HostNotReady(
            what,
            means=f"{' and '.join(users.included)} includes {users.part}, but NGINX has not loaded it, or answers `url` elsewhere."
            if users.included
            else f"No location of your NGINX includes {users.part} any more.",
            todo="\n".join(map(str, users.edits))
            or "`sudo nginx -t && sudo systemctl reload nginx`, and correct `url` if it leads elsewhere; then deploy again.",
        )
    container = job.ask.traffic.nginx
    return HostNotReady(
        what,
        means="Another NGINX site answers for this name and port, or `url` does not fit `listen` and `server-name`"
        f"{f', or the container {container} publishes no such port' if container else ''}.",
        todo=f"Look for other blocks with this name in `{nginx_command(container)} -T`, and correct `url`, `server-name` or `listen`.",
    )
