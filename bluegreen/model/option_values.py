"""The values of docker-run options, checked before anything is contacted, so that a typo is bad input and not a failed release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

__all__ = [
    "Gpus",
    "Ulimit",
    "absolute_path",
    "address",
    "driver",
    "gpus",
    "host_and_address",
    "label",
    "number",
    "pair",
    "seconds",
    "security",
    "size",
    "some",
    "tmpfs",
    "ulimit",
]

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """Which GPUs: a count (-1 is all of them), or ids."""

    count: int = 0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    """One resource limit; -1 is unlimited."""

    name: str
    soft: int
    hard: int


def some(text: str) -> str:
    """Any text but none. Every function here raises ValueError with what it wants instead."""
    if not text:
        raise ValueError("wants a value")
    return text


def size(text: str) -> int:
    """Bytes from `64m`, `1.5g`, `1024`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?", text.lower())
    if found is None or not float(found[1]):
        raise ValueError("wants a size such as 64m or 1g")
    return int(float(found[1]) * _UNITS[found[2]])


def number(text: str) -> int:
    """A whole number; -1 is what Docker calls unlimited."""
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise ValueError("wants a whole number")
    return int(text)


def seconds(text: str) -> float:
    """Seconds from `30s`, `1m30s`, `500ms`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", text)
    if not parts or "".join(amount + unit for amount, unit in parts) != text:
        raise ValueError("wants a duration such as 30s or 1m30s")
    return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)


def address(text: str) -> str:
    """An IPv4 or IPv6 address."""
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise ValueError("wants an IP address") from None


def host_and_address(text: str) -> str:
    """`NAME:ADDRESS` or `NAME=ADDRESS`, where the address may be `host-gateway`, in the engine's spelling."""
    name, _, where = text.replace("=", ":", 1).partition(":")
    if not name:
        raise ValueError("wants NAME:ADDRESS, for example db.internal:10.0.0.5")
    return f"{name}:{where if where == 'host-gateway' else address(where)}"


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError("wants NAME=VALUE")
    return name, value


def label(text: str) -> tuple[str, str]:
    """`NAME` or `NAME=VALUE`, but none of ours: by those a container is found again."""
    name, _, value = text.partition("=")
    if not name:
        raise ValueError("wants NAME=VALUE")
    if name.lower().startswith("bluegreen."):
        raise ValueError("may not begin with bluegreen., by such labels a deployment finds its own containers")
    return name, value


def absolute_path(text: str) -> str:
    """A path inside the container."""
    if not text.startswith("/"):
        raise ValueError("wants an absolute path inside the container")
    return text


def tmpfs(text: str) -> tuple[str, str]:
    """`PATH` or `PATH:OPTIONS`."""
    path, _, options = text.partition(":")
    return absolute_path(path), options


def ulimit(text: str) -> Ulimit:
    """`NAME=SOFT` or `NAME=SOFT:HARD`."""
    found = re.fullmatch(r"([a-z]+)=(-1|\d+|unlimited)(?::(-1|\d+|unlimited))?", text)
    if found is None:
        raise ValueError("wants NAME=SOFT or NAME=SOFT:HARD, for example nofile=65536:65536")
    soft, hard = (-1 if part == "unlimited" else int(part) for part in (found[2], found[3] or found[2]))
    return Ulimit(name=found[1], soft=soft, hard=hard)


def gpus(text: str) -> Gpus:
    """`all`, a count, or `device=ID[,ID]`."""
    if text == "all":
        return Gpus(count=-1)
    if re.fullmatch(r"\d+", text):
        return Gpus(count=int(text))
    ids = text.strip("\"'").removeprefix("device=")
    if not ids or ids == text.strip("\"'"):
        raise ValueError("wants all, a number, or device=ID")
    return Gpus(ids=tuple(ids.split(",")))


def driver(text: str) -> str:
    """A log driver whose log can be read back."""
    if some(text) == "none":
        raise ValueError("may not be none: a release is judged by its log as well")
    return text


def security(text: str) -> str:
    """Security options that name no file: the docker command would read it, and there is no such command here."""
    if re.fullmatch(r"no-new-privileges(?:[:=](?:true|false))?|seccomp=(?:unconfined|builtin)|(?:apparmor|label)[=:].+", text):
        return text
    raise ValueError("wants no-new-privileges, seccomp=unconfined, apparmor=PROFILE or label=OPTION")
