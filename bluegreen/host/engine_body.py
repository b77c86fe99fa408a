"""The body of the API call that creates a container: the only way in which a release's settings and secrets reach the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bluegreen.host import ContainerSpec
from bluegreen.host.engine_read import LABEL
from bluegreen.model.options import HostOptions

__all__ = ["LOG_LIMIT", "container_body"]

LOG_LIMIT: Mapping[str, Any] = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
"""Docker's default keeps a container's whole log for ever, until the disk is full."""


def container_body(spec: ContainerSpec, options: HostOptions, log: Mapping[str, Any] | None) -> dict[str, Any]:
    """All about the container in the Engine API's own words; None stands for the image's or the engine's default.

    Of `EndpointsConfig` only the app's network is named: before API 1.44 the engine takes no more than one.
    """
    words = spec.words or spec.settings.container_command
    fixed = {"IPAMConfig": {"IPv4Address": spec.address}} if spec.address else {}
    return {
        "Image": spec.image_id,
        "Cmd": list(words) or None,
        "Entrypoint": [options.entrypoint] if options.entrypoint else None,
        "Env": [f"{name}={value}" for name, value in spec.settings.env],
        "Hostname": options.hostname or None,
        "User": options.user or None,
        "WorkingDir": options.workdir or None,
        "Tty": options.tty,
        "StopSignal": options.stop_signal or None,
        "Healthcheck": _healthcheck(options),
        "Labels": {**dict(options.labels), **_labels(spec)},
        "HostConfig": {**_isolation(options), **_resources(spec, options), **_surroundings(spec, options, log)},
        "NetworkingConfig": {"EndpointsConfig": {spec.network.name: fixed}},
    }


def _labels(spec: ContainerSpec) -> dict[str, str]:
    return {
        f"{LABEL}app": spec.app,
        f"{LABEL}color": spec.color.value,
        f"{LABEL}release": spec.release_id,
        f"{LABEL}version": spec.version,
        f"{LABEL}settings": spec.settings.digest,
        f"{LABEL}role": spec.process or spec.role.value,
        f"{LABEL}port": str(spec.settings.container_port),
    }


def _surroundings(spec: ContainerSpec, options: HostOptions, log: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where it stands: networks, volumes, log. Nothing is published, and nothing restarts it before it is committed."""
    return {
        "NetworkMode": spec.network.name,
        "RestartPolicy": {"Name": "no"},
        "PublishAllPorts": False,
        "Binds": list(spec.settings.volumes),
        "Tmpfs": dict(options.tmpfs),
        "ExtraHosts": list(options.hosts),
        "Dns": list(options.dns),
        "DnsOptions": list(options.dns_options),
        "DnsSearch": list(options.dns_search),
        "LogConfig": log,
    }


def _resources(spec: ContainerSpec, options: HostOptions) -> dict[str, Any]:
    """What it may use. Swap equals memory, so there is none: a release that swaps is slow instead of dead, and nobody sees why."""
    return {
        "Memory": spec.settings.memory,
        "MemorySwap": spec.settings.memory,
        "MemoryReservation": options.memory_reservation,
        "NanoCpus": round(spec.settings.cpus * 1e9),
        "CpuShares": options.cpu_shares,
        "CpusetCpus": options.cpuset_cpus,
        "OomScoreAdj": options.oom_score_adj,
        "PidsLimit": options.pids_limit or None,
        "ShmSize": options.shm_size,
        "Ulimits": [{"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard} for limit in options.ulimits],
        "Devices": [_device(text) for text in options.devices],
        "DeviceRequests": _gpus(options),
    }


def _isolation(options: HostOptions) -> dict[str, Any]:
    return {
        "CapAdd": list(options.cap_add),
        "CapDrop": list(options.cap_drop),
        "GroupAdd": list(options.groups),
        "SecurityOpt": list(options.security),
        "Sysctls": dict(options.sysctls),
        "ReadonlyRootfs": options.read_only,
        "Init": options.init or None,
        "Runtime": options.runtime,
    }


def _device(text: str) -> dict[str, str]:
    """`HOST[:CONTAINER][:PERMISSIONS]`."""
    host, *rest = text.split(":")
    rights = rest.pop() if rest and set(rest[-1]) <= set("rwm") else "rwm"
    return {"PathOnHost": host, "PathInContainer": rest[0] if rest else host, "CgroupPermissions": rights}


def _gpus(options: HostOptions) -> list[dict[str, Any]]:
    if options.gpus is None:
        return []
    chosen = {"DeviceIDs": list(options.gpus.ids)} if options.gpus.ids else {"Count": options.gpus.count}
    return [{**chosen, "Capabilities": [["gpu"]]}]


def _healthcheck(options: HostOptions) -> dict[str, Any] | None:
    """The image's own is left alone unless one was asked for; durations are nanoseconds, 0 inherits."""
    if options.no_healthcheck:
        return {"Test": ["NONE"]}
    given = {
        "Test": ["CMD-SHELL", options.health_command] if options.health_command else [],
        "Interval": round(options.health_interval * 1e9),
        "Timeout": round(options.health_timeout * 1e9),
        "StartPeriod": round(options.health_start_period * 1e9),
        "Retries": options.health_retries,
    }
    return given if any(given.values()) else None
