"""What the site's text depends on, put together from what was asked and what is there."""

from __future__ import annotations

import re

from bluegreen.decide.plan import Plan
from bluegreen.errors import HostNotReady
from bluegreen.model.ask import Ask
from bluegreen.model.color import Color
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import InstalledSite, SiteSpec

__all__ = ["need_one_protocol", "own_url", "site_spec", "wanted_listens"]

_HTTP2_DIRECTIVE_SINCE = (1, 25, 1)
_HITLESS_RELOAD_SINCE = (1, 27, 4)


def site_spec(
    ask: Ask, plan: Plan, serving: Replicas | None, installed: InstalledSite | None, nginx: tuple[int, ...], *, ipv6: bool
) -> SiteSpec:
    """The site that leads to `serving`, or to the candidate to come. The other slot keeps the servers in it, else those of `installed`.

    So the text changes, and NGINX reloads, only when something of it really changed.
    """
    color = serving.color if serving else plan.color
    own = serving.servers if serving else tuple(f"{address}:{plan.release.settings.container_port}" for address in plan.addresses)
    adopted = _adopted(plan, color.other, installed)
    servers = {color: own, color.other: adopted or _others(plan, color.other, own, installed.text if installed else "")}
    return SiteSpec(
        app=ask.app.app,
        blue=servers[Color.BLUE],
        green=servers[Color.GREEN],
        adopted=color.other if adopted else None,
        server_names=ask.traffic.server_names,
        listen=ask.traffic.listen,
        mode=ask.traffic.site,
        protocol=ask.expect.protocol,
        tls_certificate=ask.traffic.tls_certificate,
        tls_certificate_key=ask.traffic.tls_certificate_key,
        body_size=ask.traffic.body_size,
        stick_by=ask.traffic.stick_by,
        preview_host=ask.expect.site_host,
        ipv6=ipv6,
        asked_from=plan.network.gateway if ask.traffic.nginx else "",
        http2_directive=nginx >= _HTTP2_DIRECTIVE_SINCE,
        keepalive_min_timeout=nginx >= _HITLESS_RELOAD_SINCE,
    )


def need_one_protocol(plan: Plan, spec: SiteSpec, installed: InstalledSite | None) -> None:
    """Raises `HostNotReady` where the site passes requests on to the live release in another protocol than to the next one."""
    if plan.live is None or installed is None or installed.protocol is spec.protocol:
        return
    raise HostNotReady(
        f"{plan.live.name} was deployed with `protocol: {installed.protocol.value}`, and this is `protocol: {spec.protocol.value}`.",
        means="While the traffic shifts one site passes requests on to both releases, so both must speak the same.",
        todo=f"Give `protocol: {installed.protocol.value}`; or deploy it as another app, with an `app` and a `server-name` of its own.",
    )


def _adopted(plan: Plan, color: Color, installed: InstalledSite | None) -> tuple[str, ...]:
    """The adopted app's place in that slot: it stays in the text until one of our releases takes its color."""
    if plan.adopted is not None:
        return plan.adopted.servers
    if installed is None or installed.adopted is None or (plan.live is not None and plan.live.color is color):
        return ()
    named, place = installed.adopted
    return (place,) if named is color else ()


def _others(plan: Plan, other: Color, own: tuple[str, ...], installed: str) -> tuple[str, ...]:
    """The other slot's servers: with none there, and none named yet, as many as serve, so that the next release finds its own."""
    if plan.live is not None and plan.live.color is other and plan.live.reachable:
        return plan.live.servers
    addresses = plan.network.addresses(other)
    named = dict.fromkeys(f"{a}:{p}" for a in addresses for p in re.findall(rf"\b{re.escape(a)}:(\d+)", installed))
    port = own[0].rpartition(":")[2]
    return tuple(named) or tuple(f"{address}:{port}" for address in addresses[: len(own)])


def wanted_listens(spec: SiteSpec) -> tuple[str, ...]:
    """Every address the site listens on: with a certificate, port 80 leads to where TLS is spoken; a bare port means IPv6 as well."""
    leads = spec.tls_certificate and all(at.rpartition(":")[2] != "80" for at in spec.listen)
    listen = (*spec.listen, "80") if leads else spec.listen
    return (*listen, *(f"[::]:{at}" for at in listen if spec.ipv6 and at.isdecimal()))


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
