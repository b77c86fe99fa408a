"""Whether the host's engine is one whose containers the host's NGINX can reach: judged by what it says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bluegreen.errors import HostNotReady
from bluegreen.model.container import Engine

__all__ = ["engine_of", "version_numbers"]

_OLDEST = (20, 10)


def engine_of(info: Mapping[str, Any]) -> Engine:
    """The engine that answers `GET /info` so. Raises `HostNotReady` for a kind or a version that is not supported, by its name."""
    # Before its version: Docker Desktop 4.25.2 gives out `master` for one (docker/cli issue 4672).
    _refuse_kind(info)
    version = str(info.get("ServerVersion", ""))
    if version_numbers(version) < _OLDEST:
        raise HostNotReady(
            f"The host runs Docker {version or 'of an unknown version'}, and 20.10 is the oldest that is supported.",
            todo="Upgrade Docker on the host: https://docs.docker.com/engine/install/",
        )
    return Engine(version=version)


def version_numbers(text: str) -> tuple[int, ...]:
    """The first two numbers of a version: (20, 10) for `20.10.24+dfsg1`; (0, 0) when there are none."""
    numbers = [int(part) for part in text.split("+", maxsplit=1)[0].split("-", maxsplit=1)[0].split(".")[:2] if part.isdigit()]
    return tuple(numbers) if len(numbers) == 2 else (0, 0)  # major and minor


def _refuse_kind(info: Mapping[str, Any]) -> None:
    if info.get("OSType", "linux") != "linux":
        raise HostNotReady(
            f"The host's Docker runs {info['OSType']} containers.",
            means="NGINX and the app's containers share a Linux host.",
            todo="Deploy to a Linux host.",
        )
    if info.get("OperatingSystem") == "Docker Desktop":
        raise HostNotReady(
            "The host's Docker is Docker Desktop.",
            means="It runs containers in a virtual machine of its own, where the host's NGINX cannot reach them at their addresses.",
            todo="Install Docker Engine on the host (https://docs.docker.com/engine/install/). Where both are installed,"
            " `docker context use default` as the deploy user chooses it.",
        )
    if any("name=rootless" in str(option).split(",") for option in info.get("SecurityOptions") or ()):
        raise HostNotReady(
            "The host's Docker is rootless.",
            means="It runs containers in a network of its own, where the host's NGINX cannot reach them at their addresses.",
            todo="Use the host's own Docker Engine: install it (https://docs.docker.com/engine/install/), put the deploy user into the"
            " group docker, and as that user run `docker context use default` and leave DOCKER_HOST unset.",
        )
