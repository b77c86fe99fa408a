"""A container of ours as the engine shows it; its labels say what it is, its name is a courtesy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bluegreen.model.color import Color

__all__ = ["Container", "Engine", "Image", "LogLine", "Network", "RestartPolicy", "Role", "network_name"]


class Role(Enum):
    """What a container of ours is for."""

    WEB = "web"
    RELEASE_COMMAND = "release-command"
    PROCESS = "process"


class RestartPolicy(Enum):
    """Docker's own names."""

    NO = "no"
    UNLESS_STOPPED = "unless-stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of ours, as observed at one moment.

    `pid` is the host's process id, 0 when it does not run. `health` is Docker's own word for an image with HEALTHCHECK, else empty.
    `address` is its fixed address on the app's network. `started_at` is RFC 3339 as the engine prints it, `created` seconds of the epoch.
    `process` is the name of a worker, empty for any other role; `fresh` says that it was created and never started. `restarting` is one
    that ended and does not run, until Docker starts it again. `warnings` are Docker's own words at its creation, told only then.
    """

    id: str
    name: str
    color: Color
    release_id: str
    version: str
    settings_digest: str
    role: Role
    image_id: str
    running: bool
    pid: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    restarts: int = 0
    health: str = ""
    address: str = ""
    port: int = 0
    started_at: str = ""
    process: str = ""
    fresh: bool = False
    restarting: bool = False
    created: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a container's output; `at` is the engine's fixed-width RFC 3339 timestamp, so it sorts as text.

    `stream` is 1 for standard output and 2 for standard error, 0 where the two are one.
    """

    at: str
    text: str
    stream: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image the host has. `ports` are the TCP ports of its EXPOSE lines, `size` is in bytes."""

    id: str
    tags: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    size: int = 0
    created: str = ""


def network_name(app: str) -> str:
    """The name of the app's network."""
    return f"bluegreen-{app}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The app's own network. `blue` and `green` are the fixed addresses of each color's replicas, the first replica first.

    `gateway` is the host's own address on it.
    """

    name: str
    subnet: str
    blue: tuple[str, ...]
    green: tuple[str, ...]
    gateway: str = ""

    def addresses(self, color: Color) -> tuple[str, ...]:
        """The fixed addresses of one color."""
        return self.blue if color is Color.BLUE else self.green


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The host's Docker engine."""

    version: str
