"""What the site's text depends on, put together from what was asked and what is there."""

from __future__ import annotations

import re

from bluegreen.decide.plan import Plan
from bluegreen.model.ask import Ask
from bluegreen.model.color import Color
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import SiteSpec

__all__ = ["own_url", "site_spec"]

_HTTP2_DIRECTIVE_SINCE = (1, 25, 1)
_HITLESS_RELOAD_SINCE = (1, 27, 4)


def site_spec(ask: Ask, plan: Plan, serving: Replicas, installed: str, nginx: tuple[int, ...], *, ipv6: bool) -> SiteSpec:
    """The site that leads to `serving`. The other slot keeps the servers that are in it, else those that `installed` names.

    So the text changes, and NGINX reloads, only when something of it really changed.
    """
    other = serving.color.other
    servers = {serving.color: serving.servers, other: _others(plan, serving, installed)}
    return SiteSpec(
        app=ask.app.app,
        blue=servers[Color.BLUE],
        green=servers[Color.GREEN],
        server_names=ask.traffic.server_names,
        listen=ask.traffic.listen,
        tls_certificate=ask.traffic.tls_certificate,
        tls_certificate_key=ask.traffic.tls_certificate_key,
        body_size=ask.traffic.body_size,
        stick_by=ask.traffic.stick_by,
        preview_host=ask.expect.host,
        ipv6=ipv6,
        http2_directive=nginx >= _HTTP2_DIRECTIVE_SINCE,
        keepalive_min_timeout=nginx >= _HITLESS_RELOAD_SINCE,
    )


def _others(plan: Plan, serving: Replicas, installed: str) -> tuple[str, ...]:
    """The other slot's servers: with none there, and none named yet, as many as serve, so that the next release finds its own."""
    other = serving.color.other
    if plan.live is not None and plan.live.color is other:
        return plan.live.servers
    addresses = plan.network.addresses(other)
    named = dict.fromkeys(f"{a}:{p}" for a in addresses for p in re.findall(rf"\b{re.escape(a)}:(\d+)", installed))
    return tuple(named) or tuple(f"{address}:{serving.port}" for address in addresses[: len(serving)])


def own_url(ask: Ask) -> str:
    """Where users come in: `url`, or what follows from the server name (else the host's own), the port and TLS."""
    traffic = ask.traffic
    if traffic.url:
        return traffic.url
    secure = bool(traffic.tls_certificate)
    host = f"[{ask.connection.host}]" if ":" in ask.connection.host else ask.connection.host
    name = next((n for n in traffic.server_names if n != "_" and "*" not in n and not n.startswith("~")), host)
    ports = [at.rsplit(":", 1)[-1] for at in traffic.listen]
    usual_port = "443" if secure else "80"
    port = next((p for p in ports if not secure or p != "80"), usual_port)
    usual = port == usual_port
    return f"{'https' if secure else 'http'}://{name}{'' if usual else f':{port}'}/"
