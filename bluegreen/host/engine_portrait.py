"""Reads what somebody's container was made with from its own description and its image's, in the words of `docker run`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from bluegreen.host.engine_neighbors import published_ports
from bluegreen.host.engine_read import LABEL
from bluegreen.model.portrait import Mount, NetworkEnd, Portrait

__all__ = ["portrait_of"]

_DOCKERS_OWN = ("bridge", "host", "none", "default", "")
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{12}")
_SHM = 64 * 1024**2
_PERIOD = 100_000
_HEALTH_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(/[\w./~-]*)", re.ASCII)
_MODES = {"z", "Z", "nocopy"}
_LOGS = ("json-file", "local", "journald")
_PLAIN_LOG_OPTIONS = ("max-size", "max-file", "compress", "max-buffer-size", "mode", "tag")

_Words = tuple[str, ...]


def portrait_of(found: Mapping[str, Any], image: Mapping[str, Any]) -> Portrait:
    """The portrait. `image` is the description of the container's image, empty when the engine has lost it."""
    config, host = found["Config"], found["HostConfig"]
    base = image.get("Config") or {}
    labels = config.get("Labels") or {}
    networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
    words, command = _entry(config, base)
    return Portrait(
        name=str(found["Name"]).lstrip("/"),
        image=str(config.get("Image", "")),
        image_id=str(found["Image"]),
        app=str(labels.get(f"{LABEL}app", "")),
        running=bool(found["State"].get("Running")) and not found["State"].get("Restarting"),
        service=str(labels.get("com.docker.compose.service", "")),
        ports=_ports(config),
        published=tuple(published_ports(host.get("PortBindings"))),
        addresses=tuple(str(end["IPAddress"]) for end in networks.values() if end.get("IPAddress")),
        host_network=host.get("NetworkMode") == "host",
        networks=tuple(_end(name, end, str(found["Name"])) for name, end in networks.items() if name not in _DOCKERS_OWN),
        env=tuple(_pair(text) for text in config.get("Env") or () if text not in (base.get("Env") or ())),
        mounts=tuple(map(_mount, found.get("Mounts") or ())),
        memory=int(host.get("Memory") or 0),
        cpus=_cpus(host),
        command=command,
        options=(*words, *_options(config, base), *_host_options(host), *_resources(host), *_refused(host, config, networks)),
        labels=tuple(name for name in labels if name not in (base.get("Labels") or {}) and not name.startswith("com.docker.compose.")),
        stop_timeout=int(config.get("StopTimeout") or 0),
        pulled=bool(image.get("RepoDigests")),
        workdir=str(config.get("WorkingDir") or ""),
        health_path=_health_path(config.get("Healthcheck") or base.get("Healthcheck") or {}),
    )


def _entry(config: Mapping[str, Any], base: Mapping[str, Any]) -> tuple[tuple[_Words, ...], _Words]:
    """`--entrypoint` takes one word, and the engine drops the image's command with it: the rest goes to the command."""
    entrypoint, command = tuple(config.get("Entrypoint") or ()), tuple(config.get("Cmd") or ())
    if entrypoint == tuple(base.get("Entrypoint") or ()):
        return (), command if command != tuple(base.get("Cmd") or ()) else ()
    return (("--entrypoint", *(entrypoint[:1] or ("",))),), (*entrypoint[1:], *command)


def _ports(config: Mapping[str, Any]) -> tuple[int, ...]:
    every = (str(port).partition("/") for port in config.get("ExposedPorts") or ())
    return tuple(sorted(int(port) for port, _, kind in every if kind in {"tcp", ""} and port.isdigit()))


def _end(name: str, end: Mapping[str, Any], container: str) -> NetworkEnd:
    own = container.lstrip("/")
    return NetworkEnd(name=name, aliases=tuple(one for one in end.get("Aliases") or () if one != own and not _ID.fullmatch(one)))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _mount(found: Mapping[str, Any]) -> Mount:
    kind = str(found.get("Type", ""))
    source = str((found.get("Name") if kind == "volume" else "") or found.get("Source", ""))
    # The engine writes `z` for any volume of `-v`, where it means nothing.
    kept = _MODES.intersection(str(found.get("Mode") or "").split(",")) if kind == "bind" else set()
    modes = (*(() if found.get("RW", True) else ("ro",)), *sorted(kept))
    anonymous = kind == "volume" and bool(_ANONYMOUS.fullmatch(source))
    return Mount(kind=kind, source=source, target=str(found.get("Destination", "")), modes=modes, anonymous=anonymous)


def _cpus(host: Mapping[str, Any]) -> float:
    if host.get("NanoCpus"):
        return float(host["NanoCpus"]) / 1e9
    quota = int(host.get("CpuQuota") or 0)
    return quota / int(host.get("CpuPeriod") or _PERIOD) if quota > 0 else 0.0


def _options(config: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[_Words]:
    for option, name in (("--user", "User"), ("--workdir", "WorkingDir"), ("--stop-signal", "StopSignal")):
        if config.get(name) and config.get(name) != base.get(name):
            yield option, str(config[name])
    if config.get("Hostname") and not _ID.fullmatch(str(config["Hostname"])):
        yield "--hostname", str(config["Hostname"])
    if config.get("Tty"):
        yield ("--tty",)
    health = config.get("Healthcheck") or {}
    if health != (base.get("Healthcheck") or {}):
        yield from _health(health)


def _health(health: Mapping[str, Any]) -> Iterator[_Words]:
    kind, *rest = health.get("Test") or [""]
    if kind == "NONE":
        yield ("--no-healthcheck",)
        return
    if rest:
        yield "--health-cmd", rest[0] if kind == "CMD-SHELL" else shlex.join(rest)
    for option, name in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")):
        if health.get(name):
            yield f"--health-{option}", f"{int(health[name]) / 1e9:g}s"
    if health.get("Retries"):
        yield "--health-retries", str(health["Retries"])


def _health_path(health: Mapping[str, Any]) -> str:
    found = _HEALTH_URL.search(" ".join(map(str, health.get("Test") or ())))
    return found[1] if found else ""


def _host_options(host: Mapping[str, Any]) -> Iterator[_Words]:
    every = (
        ("--add-host", "ExtraHosts"), ("--cap-add", "CapAdd"), ("--cap-drop", "CapDrop"), ("--dns", "Dns"), ("--dns-option", "DnsOptions"),
        ("--dns-search", "DnsSearch"), ("--group-add", "GroupAdd"), ("--security-opt", "SecurityOpt"),
    )  # fmt: skip
    for option, name in every:
        yield from ((option, str(value)) for value in host.get(name) or ())
    for option, name in (("--read-only", "ReadonlyRootfs"), ("--init", "Init")):
        if host.get(name):
            yield (option,)
    if host.get("Runtime") not in {None, "", "runc", "io.containerd.runc.v2"}:
        yield "--runtime", str(host["Runtime"])
    yield from (("--sysctl", f"{name}={value}") for name, value in (host.get("Sysctls") or {}).items())
    yield from (("--tmpfs", f"{path}:{options}".rstrip(":")) for path, options in (host.get("Tmpfs") or {}).items())
    log = host.get("LogConfig") or {}
    kind, given = str(log.get("Type") or "json-file"), log.get("Config") or {}
    # What else another driver is given, such as a token, is not ours to show: the driver stands for it among what is told.
    if kind not in _LOGS:
        yield ("--log-driver",)
        return
    if kind != "json-file":
        yield "--log-driver", kind
    yield from (("--log-opt", f"{name}={value}") for name, value in given.items() if name in _PLAIN_LOG_OPTIONS)


def _resources(host: Mapping[str, Any]) -> Iterator[_Words]:
    numbers = (
        ("--cpu-shares", "CpuShares"), ("--memory-reservation", "MemoryReservation"), ("--oom-score-adj", "OomScoreAdj"),
        ("--pids-limit", "PidsLimit"), ("--cpuset-cpus", "CpusetCpus"),
    )  # fmt: skip
    yield from ((option, str(host[name])) for option, name in numbers if host.get(name))
    if host.get("ShmSize") not in {None, 0, _SHM}:
        yield "--shm-size", str(host["ShmSize"])
    for one in host.get("Ulimits") or ():
        yield "--ulimit", f"{one['Name']}={one['Soft']}:{one['Hard']}"
    for one in host.get("Devices") or ():
        yield "--device", ":".join((one["PathOnHost"], one["PathInContainer"], one["CgroupPermissions"]))
    for one in host.get("DeviceRequests") or ():
        ids = one.get("DeviceIDs") or ()
        yield "--gpus", f"device={','.join(ids)}" if ids else "all" if one.get("Count") == -1 else str(one.get("Count"))


def _refused(host: Mapping[str, Any], config: Mapping[str, Any], networks: Mapping[str, Any]) -> Iterator[_Words]:
    """What no release can have, so that its owner is told."""
    yield from _shared(host)
    memory, swap = int(host.get("Memory") or 0), int(host.get("MemorySwap") or 0)
    if swap not in {0, memory, 2 * memory}:
        yield "--memory-swap", str(swap)
    if config.get("MacAddress"):
        yield "--mac-address", str(config["MacAddress"])
    yield from (("--link", str(link)) for link in host.get("Links") or ())
    for end in networks.values():
        if (end.get("IPAMConfig") or {}).get("IPv4Address"):
            yield "--ip", str(end["IPAMConfig"]["IPv4Address"])


def _shared(host: Mapping[str, Any]) -> Iterator[_Words]:
    """What it has of the host, or of another container."""
    for option, name in (("--privileged", "Privileged"), ("--oom-kill-disable", "OomKillDisable")):
        if host.get(name):
            yield (option,)
    mode = str(host.get("NetworkMode") or "")
    if mode in {"host", "none"} or mode.startswith("container:"):
        yield "--network", mode
    for option, name in (("--pid", "PidMode"), ("--uts", "UTSMode"), ("--userns", "UsernsMode"), ("--cgroup-parent", "CgroupParent")):
        if host.get(name):
            yield option, str(host[name])
    if host.get("IpcMode") not in {None, "", "private", "shareable"}:
        yield "--ipc", str(host["IpcMode"])
