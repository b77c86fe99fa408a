"""Build: an image the host has (`docker build`), and the release it makes with the settings that were asked for."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.errors import HostNotReady
from bluegreen.host import Host
from bluegreen.model.ask import AppAsk, Ask, BuildAsk
from bluegreen.model.container import Image
from bluegreen.model.progress import Progress
from bluegreen.model.release import Release
from bluegreen.stages.room import check_room
from bluegreen.stages.secrets import hide_secrets

__all__ = ["build", "release_of"]

_DEFAULT_PORT = 8000


def build(ask: Ask, build_ask: BuildAsk, host: Host, tell: Progress) -> Release:
    """Build on the host, before the lock is taken, and say what came of it."""
    check_room(ask.app, host, tell)
    image = host.containers.build(build_ask, tell.output)
    tell.done(f"{build_ask.tag} is {image.id.removeprefix('sha256:')[:12]}, {image.size / 1e6:.0f} MB")
    return release_of(ask, build_ask, image, host, tell)


def release_of(ask: Ask, build_ask: BuildAsk, image: Image, host: Host, tell: Progress) -> Release:
    """The release that an image makes with the settings that were asked for, and those that only image and host can tell."""
    settings = replace(
        ask.app.settings,
        container_port=ask.app.settings.container_port or _port(image, tell),
        env=(*_host_env(ask.app, host, tell), *ask.app.settings.env),
    )
    _tell_quotes(settings.env, tell)
    return Release(
        app=ask.app.app,
        version=build_ask.version,
        image=build_ask.tag,
        image_id=image.id,
        settings=settings,
        run=ask.run,
    )


def _port(image: Image, tell: Progress) -> int:
    if len(image.ports) == 1:
        return image.ports[0]
    why = "no EXPOSE line" if not image.ports else f"several EXPOSE lines ({', '.join(map(str, image.ports))})"
    tell.say(f"the image has {why}: assuming port {_DEFAULT_PORT}; `container-port` names another")
    return _DEFAULT_PORT


def _tell_quotes(env: tuple[tuple[str, str], ...], tell: Progress) -> None:
    """Compose, dotenv and shells take quotes away; docker's env-file, whose syntax `env` has, does not."""
    names = [f"`{name}`" for name, value in env if len(value) > 1 and value[0] == value[-1] and value[0] in "'\""]
    if names:
        value, are = ("value", "is") if len(names) == 1 else ("values", "are")
        why = f"{are} in quotes, which are part of the {value}: leave them away unless they are meant."
        tell.warn(f"The {value} of {', '.join(names)} {why}")


def _host_env(app: AppAsk, host: Host, tell: Progress) -> tuple[tuple[str, str], ...]:
    if not app.host_env_file:
        return ()
    pairs = []
    for number, line in enumerate(host.read_file(app.host_env_file).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise HostNotReady(
                f"Line {number} of {app.host_env_file} on the host is not `NAME=value`.",
                means="`env-file: host:PATH` is read in docker's own syntax, one variable a line.",
                state="The image was built; nothing else was changed.",
                todo="Correct that line on the host.",
            )
        pairs.append((name.strip(), value))
    hide_secrets(pairs, tell)
    return tuple(pairs)
