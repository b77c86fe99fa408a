"""Builds the image on the host from the checkout here, with the best builder at hand, and says which one that is.

BuildKit fetches only what changed since the last build, over the connection that is open anyway; the SDK cannot speak it, a docker client
can. So a client on this machine is used where there is one that can do it, and the engine's classic builder where there is none.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from bluegreen.errors import BlueGreenError, HostNotReady, NoImage
from bluegreen.host import Clock
from bluegreen.host.build_classic import build_classic
from bluegreen.host.build_client import BuildClient, LocalDocker
from bluegreen.host.engine_link import EngineLink
from bluegreen.model.ask import BuildAsk
from bluegreen.model.container import Image

__all__ = ["Builder", "telling_lines"]

_SHOWN = 20
_TELLING = 6
"""Build arguments are seldom secrets; one shorter than this is not masked, or every `1` in the output would be."""

_HINTS = (
    ("target stage", "The Dockerfile has no stage of that name: check target."),
    ("failed to reach build target", "The Dockerfile has no stage of that name: check target."),
    ("pull access denied", "The host cannot pull the base image: check its name, or log in to its registry."),
    ("failed to resolve source metadata", "The host cannot pull the base image: check its name, and the host's way to the registry."),
    ("manifest unknown", "The base image has no such tag."),
    ("failed to do request", "The host cannot reach the base image's registry: check the name, and the host's way to it."),
)

_TODO = "Mend what the build's last lines name, and deploy again; `docker build` on your own machine shows it sooner."
_NOISE = re.compile(r"\s*|#\d+ (?:sha256:\S+|CACHED|DONE [\d.]+s)")


class Builder:
    """Builds images through one link; `image` looks one up on the host."""

    def __init__(self, link: EngineLink, clock: Clock, image: Callable[[str], Image | None], local: LocalDocker) -> None:
        self._link = link
        self._clock = clock
        self._image = image
        self._local = local

    def build(self, ask: BuildAsk, on_line: Callable[[str], None]) -> Image:
        """The built image. Raises `NoImage` with the last lines of the build's output when it fails."""
        dockerfile = _dockerfile(ask)
        last: deque[str] = deque(maxlen=_SHOWN)
        secret = _secrets_of(ask)

        def tell(line: str) -> None:
            for value in secret:
                line = line.replace(value, "***")
            last.append(line)
            on_line(line)

        client = self._local.client()
        if client is None:
            self._no_secrets(ask)
            tell("Builder: the engine's classic builder, because no docker client with BuildKit was found here. The whole context is sent.")
            built, failed = build_classic(self._link, self._clock, ask, dockerfile, tell)
        else:
            tell(f"Builder: BuildKit on the host, {client.description}.")
            builder = BuildClient(client=client, socket=self._link.socket, clock=self._clock, environment=self._local.environment)
            built, failed = builder.build(ask, dockerfile, tell)
        if failed:
            raise self._failure(ask, failed, last)
        return self._verified(ask, built)

    def _failure(self, ask: BuildAsk, failed: str, last: deque[str]) -> BlueGreenError:
        """The error for a failed build; one for the connection or the engine where that is why it failed."""
        with self._link.asking(f"build {ask.tag}") as api:
            api.ping()
        text = "\n".join((*last, failed))
        if "no space left on device" in text:
            return HostNotReady(
                f"The host's disk became full while {ask.tag} was built.",
                means=text,
                todo="Make room: `docker system df` shows what Docker uses, `docker builder prune` frees the build cache.",
            )
        hint = next((todo for words, todo in _HINTS if words in text), _TODO)
        why = next((line for line in reversed(last) if line.strip()), failed) if failed.startswith("docker build ended") else failed
        return NoImage(f"{ask.tag} could not be built: {why.rstrip('.')}.", means="\n".join(telling_lines(last)), todo=hint)

    def _verified(self, ask: BuildAsk, built: str) -> Image:
        """The image that was built, not one that another build has meanwhile given the same tag.

        With the containerd image store, a client reports an id that the engine does not know images by; then the tag must do.
        """
        image = (self._image(built) if built else None) or self._image(ask.tag)
        if image is None:
            raise NoImage(f"The build of {ask.tag} ended well, but the host has no such image.", todo="Deploy again, with verbose: true.")
        return image

    def _no_secrets(self, ask: BuildAsk) -> None:
        if ask.secrets:
            raise NoImage(
                "build-secrets need BuildKit, and this machine has no docker client that speaks it.",
                means="The engine's classic builder would leave secrets in the image.",
                todo="Install docker with buildx where the deployment runs; GitHub's own runners have it.",
            )


def _dockerfile(ask: BuildAsk) -> Path:
    """The absolute path of the Dockerfile. Raises `NoImage` naming what is missing where."""
    context = ask.context.resolve()
    if not context.is_dir():
        raise NoImage(
            f"There is no directory {context} to build from.",
            means="In a workflow this is usually a missing checkout.",
            todo="Put `uses: actions/checkout` before this step, or correct context.",
        )
    path = context / (ask.file or "Dockerfile")
    if not path.is_file():
        if not any(context.iterdir()):
            raise NoImage(
                f"There is no Dockerfile at {path}: the folder is empty.",
                means="In a workflow this is a missing checkout.",
                todo="Put `uses: actions/checkout` before this step.",
            )
        raise NoImage(
            f"There is no Dockerfile at {path}.",
            means="file is looked for in context, unless it is absolute.",
            todo="Add one, or name it with file." if ask.file is None else "Correct file or context.",
        )
    return path


def telling_lines(last: Iterable[str]) -> list[str]:
    """Those of the last lines that say something about the failure: from BuildKit's own account of it on, where there is one."""
    lines = [line for line in last if not _NOISE.fullmatch(line)]
    account = next((number for number, line in enumerate(lines) if line.startswith(" > [")), 0)
    return lines[account:]


def _secrets_of(ask: BuildAsk) -> list[str]:
    """What must not be seen in the output, the longest first; of a secret with several lines each line."""
    found = {line.strip() for _, value in ask.secrets for line in value.splitlines()}
    found |= {value for _, value in ask.args if len(value) >= _TELLING and value not in ask.tag}
    return sorted((value for value in found if value), key=len, reverse=True)
