"""An NGINX that runs in a container of the user's: what the engine says about it, and what it lacks for a deployment. Pure, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bluegreen.errors import HostNotReady
from bluegreen.host.engine_neighbors import published_ports
from bluegreen.host.site_text import LOOPBACK_PORT
from bluegreen.model.container import network_name
from bluegreen.model.nginx_container import Mount, NginxContainer

__all__ = ["CONF_DIR", "lacking", "missing", "read_container", "unfit"]

CONF_DIR = "/etc/nginx/conf.d"
_STATE = ("/var/lib/bluegreen", "/run/bluegreen")
_LOGS = "/var/log/bluegreen"
_PAGE = "docs/nginx-in-a-container.md"


def read_container(name: str, described: str, others: Iterable[str]) -> NginxContainer:
    """The container from what facts.sh printed of it, nothing when there is none of that name."""
    if not described:
        return NginxContainer(name=name, others=tuple(sorted(others)))
    found: Mapping[str, Any] = json.loads(described)
    return NginxContainer(
        name=name,
        state=str(found["state"]),
        host_network=found["mode"] == "host",
        mounts=tuple(
            Mount(inside=str(each["Destination"]).rstrip("/"), host=str(each["Source"]), writable=bool(each["RW"]))
            for each in found["mounts"] or ()
            if each.get("Source")
        ),
        addresses=tuple((str(network), str(end.get("IPAddress") or "")) for network, end in (found["networks"] or {}).items()),
        published=tuple(published_ports(found["ports"])),
    )


def lacking(container: NginxContainer, app: str) -> tuple[str, ...]:
    """What keeps deployments of the app from working with this container, a sentence's part each."""
    return tuple(_lacking(container, app))


def _lacking(container: NginxContainer, app: str) -> Iterator[str]:
    yield from (f"{path} of the host is not mounted at {path}" for path in _STATE if container.on_host(path) != path)
    logs = container.mount_of(_LOGS)
    if container.on_host(_LOGS) != _LOGS:
        yield f"{_LOGS} of the host is not mounted at {_LOGS}"
    elif logs is not None and not logs.writable:
        yield f"{_LOGS} is mounted read-only"
    if not container.on_host(CONF_DIR):
        yield f"{CONF_DIR} is the container's own, and no directory of the host"
    if container.host_network:
        yield "it uses the host's own network"
    elif not container.address(network_name(app)):
        yield f"it is not attached to the network {network_name(app)}"
    if any(each.container_port == LOOPBACK_PORT for each in container.published):
        yield f"it publishes the port {LOOPBACK_PORT}, which is for the host's own questions"


def unfit(container: NginxContainer, app: str, found: tuple[str, ...]) -> HostNotReady:
    """The error for a container that lacks these."""
    return HostNotReady(
        f"The container {container.name}, in which NGINX runs, is not as a deployment needs it: {'; '.join(found)}.",
        means="NGINX follows the links in our directories, reads its site from a directory of the host, writes the app's log, and reaches"
        " the releases on the app's own network. Those are there now; the container is yours, and is not changed.",
        state="Nothing was started.",
        todo=f"Give its service this in the compose file, `docker compose up -d`, and deploy again ({_PAGE} shows the whole file):\n"
        + "\n".join(_compose(container, app)),
    )


def _compose(container: NginxContainer, app: str) -> Iterator[str]:
    if container.host_network:
        yield 'without `network_mode: host`, and with `ports: ["80:80"]` for what your users come by'
    yield "    volumes:"
    if not container.on_host(CONF_DIR):
        yield f"      - ./conf.d:{CONF_DIR}"
    yield from (f"      - {path}:{path}:ro" for path in _STATE)
    yield f"      - {_LOGS}:{_LOGS}"
    yield f"    networks: [default, {network_name(app)}]"
    yield "and at the end of the file:"
    yield "networks:"
    yield f"  {network_name(app)}:"
    yield "    external: true"


def missing(container: NginxContainer) -> HostNotReady:
    """The error for a container that does not run, or has no NGINX."""
    name = container.name
    if not container.state:
        return HostNotReady(
            f"There is no container called {name} on the host.",
            means="`nginx: container:NAME` names the container in which your NGINX runs."
            f" Those that run: {', '.join(container.others) or 'none'}.",
            state="Nothing was changed.",
            todo=f"Start it with `docker compose up -d`, or correct `nginx`. What it needs is in {_PAGE}.",
        )
    if container.state != "running":
        return HostNotReady(
            f"The container {name}, in which NGINX runs, is {container.state}.",
            means=f"It was stopped, or NGINX does not start in it: `docker logs --tail 20 {name}` says why.",
            state="Nothing was changed.",
            todo=f"Start it with `docker start {name}`, then deploy again.",
        )
    return HostNotReady(
        f"The container {name} has no NGINX: `docker exec {name} nginx -V` fails.",
        means="`nginx: container:NAME` names another container than the one in which your NGINX runs.",
        state="Nothing was changed.",
        todo="Correct `nginx`.",
    )
