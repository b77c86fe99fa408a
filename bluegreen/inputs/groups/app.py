"""The app, and how its containers run."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from bluegreen.inputs.field import BUILDS, TYPED, Group, Kind, given
from bluegreen.inputs.parse import names, pairs, phrases, places, quantities, words
from bluegreen.inputs.parse.pairs import Pairs
from bluegreen.inputs.parse.phrases import Named
from bluegreen.inputs.parse.places import EnvFile
from bluegreen.model.ask import Room

_Words = tuple[str, ...]


def _app(text: str, info: ValidationInfo) -> str:
    repository = info.data.get("image", ("", ""))[0]
    name = names.app_name(text) or names.app_of_image(repository)
    if not name and repository:
        raise ValueError(f"it is empty, and `{repository}` ends in nothing that can name an app: up to 40 of a-z, 0-9 and `-`")
    if not name and info.data.get("command") not in (*BUILDS, *TYPED):
        raise ValueError("it is empty and so is `image`, and one of them must say which app is meant")
    return name


class AppInputs(Group):
    """App."""

    app: Annotated[str, PlainValidator(_app)] = given(
        "", "The app's name: names its containers, its network and its NGINX site.", otherwise="last part of `image`"
    )
    container_port: Annotated[int, PlainValidator(quantities.port_or_none)] = given(
        "", "Port the app listens on in its container.", otherwise="the image's only `EXPOSE`, else 8000", commands=BUILDS
    )
    env: Annotated[Pairs, PlainValidator(pairs.environment)] = given(
        "",
        "Variables of the container, `NAME=value`, in docker's env-file syntax: quotes are part of the value.",
        kind=Kind.SECRET,
        commands=BUILDS,
    )
    env_file: Annotated[EnvFile, PlainValidator(places.env_file)] = given(
        "", "File of such variables on the runner, or `host:PATH` for one on the host; `env` wins.", commands=BUILDS
    )
    volumes: Annotated[_Words, PlainValidator(places.volumes)] = given(
        "", "Volumes, `SOURCE:TARGET[:MODE]`; both releases use them at the same time.", kind=Kind.LIST, commands=BUILDS
    )
    networks: Annotated[_Words, PlainValidator(names.networks)] = given(
        "", "Docker networks of the host to join besides the app's own, such as the database's.", kind=Kind.LIST, commands=BUILDS
    )
    container_command: Annotated[_Words, PlainValidator(phrases.command)] = given(
        "", "Command to run instead of the image's own; no shell reads it.", otherwise="the image's `CMD`", commands=BUILDS
    )
    memory: Annotated[int, PlainValidator(quantities.memory)] = given(
        "", "Memory limit of a container, such as `512m`.", otherwise="no limit", commands=BUILDS
    )
    cpus: Annotated[float, PlainValidator(quantities.cpus)] = given(
        "", "Processors a container may use, such as `1.5`.", otherwise="no limit", commands=BUILDS
    )
    replicas: Annotated[int, PlainValidator(quantities.replicas)] = given(
        "1", "How many containers of a release serve, 1 to 8. Each is probed; NGINX spreads the requests over them.", commands=BUILDS
    )
    processes: Annotated[tuple[Named, ...], PlainValidator(phrases.processes)] = given(
        "",
        "Workers of the same image and settings, `name: command`, each in a container of its own. They are swapped after the commit.",
        kind=Kind.LIST,
        commands=BUILDS,
    )
    container_options: Annotated[_Words, PlainValidator(words.container_options)] = given(
        "",
        "More words of `docker run`, such as `--init --shm-size 256m`; what would break the deployment is refused with its reason.",
        commands=BUILDS,
    )
    release_command: Annotated[_Words, PlainValidator(phrases.command)] = given(
        "", "Command that runs once in the new image before the release starts, such as migrations.", commands=BUILDS
    )
    release_timeout: Annotated[float, PlainValidator(quantities.seconds)] = given(
        "5m", "How long the release command may take.", commands=BUILDS
    )
    adopt: Annotated[str, PlainValidator(names.adopted)] = given(
        "",
        "For the first deployment beside an app that runs already: its `HOST:PORT` as NGINX reaches it, or its container's name."
        " It keeps all traffic until the release has proved itself, and is never stopped.",
        commands=BUILDS,
    )
    room: Annotated[str, PlainValidator(phrases.choice(*(room.value for room in Room)))] = given(
        "refuse", "What to do when the host has no room for two releases at once: `refuse` or `warn`.", commands=BUILDS
    )
