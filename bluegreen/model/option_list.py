"""The allow-list of `container-options`: which docker-run words pass, and why each refused one is refused.

A word passes when it changes nothing that a deployment decides itself: what is exposed, how it is found again, when it restarts, and where
its traffic and data go. An option that is in neither list is refused too, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from bluegreen.model import option_values as values

__all__ = ["ALLOWED", "REFUSED", "SHORT", "Kind", "Option"]


class Kind(Enum):
    """How an option is written: alone, once with a value, or as often as wanted."""

    SWITCH = "switch"
    ONCE = "once"
    MANY = "many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One allowed option: the `HostOptions` field it fills, and the function that checks its value."""

    field: str
    kind: Kind
    check: Callable[[str], object] = values.some


def _once(field: str, check: Callable[[str], object] = values.some) -> Option:
    return Option(field=field, kind=Kind.ONCE, check=check)


def _many(field: str, check: Callable[[str], object] = values.some) -> Option:
    return Option(field=field, kind=Kind.MANY, check=check)


def _switch(field: str) -> Option:
    return Option(field=field, kind=Kind.SWITCH)


ALLOWED: Mapping[str, Option] = MappingProxyType(
    {
        "--add-host": _many("hosts", values.host_and_address),
        "--cap-add": _many("cap_add"),
        "--cap-drop": _many("cap_drop"),
        "--cpu-shares": _once("cpu_shares", values.number),
        "--cpuset-cpus": _once("cpuset_cpus"),
        "--device": _many("devices"),
        "--dns": _many("dns", values.address),
        "--dns-option": _many("dns_options"),
        "--dns-search": _many("dns_search"),
        "--entrypoint": _once("entrypoint"),
        "--gpus": _once("gpus", values.gpus),
        "--group-add": _many("groups"),
        "--health-cmd": _once("health_command"),
        "--health-interval": _once("health_interval", values.seconds),
        "--health-retries": _once("health_retries", values.number),
        "--health-start-period": _once("health_start_period", values.seconds),
        "--health-timeout": _once("health_timeout", values.seconds),
        "--hostname": _once("hostname"),
        "--init": _switch("init"),
        "--label": _many("labels", values.label),
        "--log-driver": _once("log_driver", values.driver),
        "--log-opt": _many("log_options", values.pair),
        "--memory-reservation": _once("memory_reservation", values.size),
        "--no-healthcheck": _switch("no_healthcheck"),
        "--oom-score-adj": _once("oom_score_adj", values.number),
        "--pids-limit": _once("pids_limit", values.number),
        "--read-only": _switch("read_only"),
        "--runtime": _once("runtime"),
        "--security-opt": _many("security", values.security),
        "--shm-size": _once("shm_size", values.size),
        "--stop-signal": _once("stop_signal"),
        "--sysctl": _many("sysctls", values.pair),
        "--tmpfs": _many("tmpfs", values.tmpfs),
        "--tty": _switch("tty"),
        "--ulimit": _many("ulimits", values.ulimit),
        "--user": _once("user"),
        "--workdir": _once("workdir", values.absolute_path),
    }
)

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "-a": "--attach",
        "-c": "--cpu-shares",
        "-d": "--detach",
        "-e": "--env",
        "-h": "--hostname",
        "-i": "--interactive",
        "-l": "--label",
        "-m": "--memory",
        "-P": "--publish-all",
        "-p": "--publish",
        "-q": "--quiet",
        "-t": "--tty",
        "-u": "--user",
        "-v": "--volume",
        "-w": "--workdir",
    }
)

_NO_PORTS = "nothing is published, NGINX reaches the container inside Docker's network; say the port with container-port"
_NETWORK = "a release lives on its app's own network, where NGINX finds it; name further networks in networks"
_ENV = "an option would show the value in process lists; use env or env-file"
_VOLUME = "use volumes"
_MEMORY = "use memory, which also forbids swapping"
_CPUS = "use cpus"
_DETACHED = "a release always runs detached"
_ADDRESS = "each color has a fixed address that NGINX knows"

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "--attach": _DETACHED,
        "--cidfile": "a container is found by its labels",
        "--cpu-period": _CPUS,
        "--cpu-quota": _CPUS,
        "--cpus": _CPUS,
        "--detach": _DETACHED,
        "--detach-keys": _DETACHED,
        "--env": _ENV,
        "--env-file": _ENV,
        "--expose": _NO_PORTS,
        "--interactive": _DETACHED,
        "--ip": _ADDRESS,
        "--ip6": _ADDRESS,
        "--label-file": "write each label with --label",
        "--link": "the old links bypass networks; put both containers on one of networks",
        "--mac-address": "two colors run at once and would share it",
        "--memory": _MEMORY,
        "--memory-swap": _MEMORY,
        "--mount": _VOLUME,
        "--name": "names are made of app and version, so that two releases can run at once",
        "--net": _NETWORK,
        "--net-alias": _NETWORK,
        "--network": _NETWORK,
        "--network-alias": _NETWORK,
        "--oom-kill-disable": "a release without memory would hang for ever, and its failure could not be noticed",
        "--platform": "the image is built for the host's own platform",
        "--privileged": "it would give the release the whole host; name what it needs with --cap-add or --device",
        "--publish": _NO_PORTS,
        "--publish-all": _NO_PORTS,
        "--pull": "the image was delivered before",
        "--quiet": _DETACHED,
        "--restart": "a release must not restart before it is committed, and restarts unless-stopped after; both are set for you",
        "--rm": "a failed release is kept until its log was read, and a good one for rollback; use keep",
        "--sig-proxy": _DETACHED,
        "--stop-timeout": "use stop-timeout, the input",
        "--volume": _VOLUME,
        "--volume-driver": _VOLUME,
        "--volumes-from": _VOLUME,
    }
)
