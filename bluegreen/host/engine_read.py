"""Turns what the Docker engine prints into our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bluegreen.model.ask import BuildAsk
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Image, Role, network_name

__all__ = ["LABEL", "image_labels", "inspected_container", "inspected_image", "listed_container", "listed_image", "memory_in_use"]

LABEL = "bluegreen."

_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_EXITED = re.compile(r"Exited \((\d+)\)")


def listed_container(app: str, found: Mapping[str, Any]) -> Container | None:
    """A container from the list of all, as far as the list tells; None when its labels are not ones that we write.

    `running` holds for a restarting and a paused one as well, `pid` and the counters are missing.
    """
    exited = _EXITED.match(str(found.get("Status", "")))
    names = [str(name).lstrip("/") for name in found.get("Names") or ()]
    return _labelled(
        app,
        found.get("Labels") or {},
        id=str(found["Id"]),
        # A link from another container adds names of the form other/alias.
        name=next((name for name in names if "/" not in name), ""),
        image_id=str(found.get("ImageID", "")),
        running=found.get("State") in {"running", "restarting", "paused"},
        fresh=found.get("State") == "created",
        exit_code=int(exited[1]) if exited else 0,
        address=_address(app, found),
        created=int(found.get("Created") or 0),
    )


def inspected_container(app: str, found: Mapping[str, Any]) -> Container | None:
    """A container from its own description; None when its labels are not ones that we write."""
    state = found["State"]
    return _labelled(
        app,
        found["Config"].get("Labels") or {},
        id=str(found["Id"]),
        name=str(found["Name"]).lstrip("/"),
        image_id=str(found["Image"]),
        # Docker calls a container that waits for its next restart running.
        running=bool(state.get("Running")) and not state.get("Restarting"),
        fresh=state.get("Status") == "created",
        restarting=bool(state.get("Restarting")),
        pid=int(state.get("Pid") or 0),
        exit_code=int(state.get("ExitCode") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        restarts=int(found.get("RestartCount") or 0),
        health=_health(state),
        address=_address(app, found),
        started_at=_moment(str(state.get("StartedAt") or "")),
        created=_seconds(str(found.get("Created") or "")),
    )


def inspected_image(found: Mapping[str, Any]) -> Image:
    """An image from its own description."""
    exposed = (found.get("Config") or {}).get("ExposedPorts") or {}
    ports = sorted(int(port) for port, _, kind in (str(each).partition("/") for each in exposed) if kind in {"tcp", ""} and port.isdigit())
    return Image(
        id=str(found["Id"]),
        tags=_tags(found),
        ports=tuple(ports),
        size=int(found.get("Size") or 0),
        created=str(found.get("Created") or ""),
    )


def image_labels(ask: BuildAsk) -> tuple[tuple[str, str], ...]:
    """The labels of an image that is built: whose it is, and the repository of its tags. Neither varies by run, or its id would."""
    repository = re.sub(r"^((index\.)?docker\.io/)(library/)?", "", ask.image)
    return ((f"{LABEL}app", ask.app), (f"{LABEL}image", repository))


def listed_image(found: Mapping[str, Any]) -> Image | None:
    """An image from the list of all, without its ports, and with the tags of its own repository; None when it has only others.

    Labels are inherited: an image that somebody builds FROM ours has them too, but another name.
    """
    repository = str((found.get("Labels") or {}).get(f"{LABEL}image", ""))
    tags = tuple(tag for tag in _tags(found) if tag.rpartition(":")[0] == repository)
    if _tags(found) and not tags:
        return None
    created = datetime.fromtimestamp(int(found.get("Created") or 0), tz=UTC)
    return Image(
        id=str(found["Id"]),
        tags=tags,
        size=int(found.get("Size") or 0),
        created=created.isoformat().replace("+00:00", "Z"),
    )


def memory_in_use(stats: Mapping[str, Any]) -> int:
    """Bytes in use without the page cache that the kernel would give back, reckoned as `docker stats` does, for both cgroup versions."""
    memory = stats.get("memory_stats") or {}
    used = int(memory.get("usage") or 0)
    detail = memory.get("stats") or {}
    cache = int(detail.get("total_inactive_file", detail.get("inactive_file", 0)))
    return used - cache if cache < used else used


def _labelled(app: str, labels: Mapping[str, str], **observed: Any) -> Container | None:
    if labels.get(f"{LABEL}app") != app:
        return None
    port, role = labels.get(f"{LABEL}port", ""), labels.get(f"{LABEL}role", "")
    plain = role in {Role.WEB.value, Role.RELEASE_COMMAND.value}
    if not role:
        return None
    try:
        return Container(
            color=Color(labels[f"{LABEL}color"]),
            release_id=labels[f"{LABEL}release"],
            version=labels[f"{LABEL}version"],
            settings_digest=labels[f"{LABEL}settings"],
            role=Role(role) if plain else Role.PROCESS,
            process="" if plain else role,
            port=int(port) if port.isdigit() else 0,
            **observed,
        )
    except (KeyError, ValueError):
        return None


def _address(app: str, found: Mapping[str, Any]) -> str:
    """The fixed address, which a stopped container keeps in its configuration alone; else the one Docker gave it."""
    networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
    end = networks.get(network_name(app)) or {}
    return str((end.get("IPAMConfig") or {}).get("IPv4Address") or end.get("IPAddress") or "")


def _health(state: Mapping[str, Any]) -> str:
    status = str((state.get("Health") or {}).get("Status") or "")
    return "" if status == "none" else status


def _moment(text: str) -> str:
    """Docker prints the year 1 for what never happened."""
    return "" if text.startswith("0001-") else text


def _seconds(text: str) -> int:
    """Seconds of the epoch; a container's list tells its creation in these, its own description as RFC 3339."""
    found = _SECONDS.match(text)
    return int(datetime.fromisoformat(f"{found[0]}+00:00").timestamp()) if found else 0


def _tags(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(tag) for tag in found.get("RepoTags") or () if tag != "<none>:<none>")
