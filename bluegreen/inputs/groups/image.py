"""What to build, and what to call it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from bluegreen.inputs.field import BUILDS, Group, Kind, given
from bluegreen.inputs.parse import names, pairs, phrases, places
from bluegreen.inputs.parse.names import ImageName
from bluegreen.inputs.parse.pairs import Pairs


def _image(text: str, info: ValidationInfo) -> ImageName:
    if text.strip():
        return names.image(text)
    if info.data.get("command") in BUILDS:
        raise ValueError("it is empty, and a deployment needs the name of the image to build, such as `myapp`")
    return "", ""


def _version(text: str, info: ValidationInfo) -> str:
    given, tag = names.version(text), info.data.get("image", ("", ""))[1]
    if given and tag and given != tag:
        raise ValueError(f"`{given}` is not the tag in `image`, which is `{tag}`: give one of them")
    return given or tag


def _context(text: str, info: ValidationInfo) -> Path:
    folder = places.context(text)
    if info.data.get("command") in BUILDS and not folder.is_dir():
        raise ValueError(f"there is no folder `{folder}` in {Path.cwd()}; is `actions/checkout` a step before this one?")
    return folder


class ImageInputs(Group):
    """Image."""

    image: Annotated[ImageName, PlainValidator(_image)] = given(
        "", "Name of the image to build, such as `myapp`. A tag in it is the `version`. Required to deploy.", commands=BUILDS
    )
    version: Annotated[str, PlainValidator(_version)] = given(
        "", "Version to deploy; becomes the image's tag.", otherwise="short commit of the checkout", commands=BUILDS
    )
    source: Annotated[str, PlainValidator(phrases.choice("build"))] = given(
        "build", "Where the image comes from: `build` builds it on the host from the checkout.", commands=BUILDS
    )
    context: Annotated[Path, PlainValidator(_context)] = given(".", "Folder of the checkout to build from.", commands=BUILDS)
    file: Annotated[str, PlainValidator(str.strip)] = given(
        "", "Path of the Dockerfile.", otherwise="`Dockerfile` in `context`", commands=BUILDS
    )
    target: Annotated[str, PlainValidator(names.target)] = given(
        "", "Stage of the Dockerfile to build.", otherwise="the last", commands=BUILDS
    )
    build_args: Annotated[Pairs, PlainValidator(pairs.build_args)] = given(
        "", "Build arguments, `NAME=value`. They stay readable in the image: no place for a secret.", kind=Kind.LIST, commands=BUILDS
    )
    build_secrets: Annotated[Pairs, PlainValidator(pairs.build_secrets)] = given(
        "", "Secrets for `RUN --mount=type=secret`, `id=value`; they leave no trace in the image.", kind=Kind.SECRET, commands=BUILDS
    )
