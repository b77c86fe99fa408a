"""Places on disk: volumes and paths on the host, and the checkout's folders and files on the runner."""

from __future__ import annotations

import re
from pathlib import Path

from bluegreen.inputs.parse.pairs import Pairs, environment
from bluegreen.inputs.parse.phrases import gather, lines

__all__ = ["EnvFile", "context", "env_file", "host_path", "volumes"]

_HOST_PATH = re.compile(r"(?:/[A-Za-z0-9._@+=~:,-]+)+/?", re.ASCII)
_VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,127}", re.ASCII)
_MODES = {
    "ro",
    "rw",
    "z",
    "Z",
    "nocopy",
    "shared",
    "slave",
    "private",
    "rshared",
    "rslave",
    "rprivate",
    "cached",
    "delegated",
    "consistent",
}
_LARGEST_ENV_FILE = 1024**2

EnvFile = tuple[str, Pairs]
"""A path on the host and no pairs, or no path and the pairs of a file on the runner."""


def host_path(text: str) -> str:
    """An absolute path on the host that may stand in NGINX's text, or nothing."""
    word = text.strip()
    if word and (_HOST_PATH.fullmatch(word) is None or ".." in word.split("/")):
        raise ValueError(f"`{word}` is no absolute path on the host made of letters, digits and `._@+=~:,-`")
    return word


def volumes(text: str) -> tuple[str, ...]:
    """Docker's `SOURCE:TARGET[:MODE]`, one a line."""
    return tuple(dict.fromkeys(gather(_volume, lines(text))))


def _volume(word: str) -> str:
    source, *rest = word.split(":")
    if not rest:
        raise ValueError(
            f"`{word}` names no volume: every release would start with an empty one. Write `NAME:{word}` or `/PATH/ON/HOST:{word}`"
        )
    if len(rest) > 2 or re.search(r"[\x00-\x1f\x7f]", word):
        raise ValueError(f"`{word}` is no `SOURCE:TARGET[:MODE]`")
    if not source.startswith("/") and _VOLUME_NAME.fullmatch(source) is None:
        hint = "give an absolute path on the host" if "/" in source or source.startswith((".", "~")) else "it is no volume name either"
        raise ValueError(f"`{word}`: `{source}` is a path relative to nothing; {hint}")
    if not rest[0].startswith("/") or rest[0].strip("/") == "" or ".." in rest[0].split("/"):
        raise ValueError(f"`{word}`: `{rest[0]}` is no absolute path in the container")
    unknown = sorted(set(rest[1].split(",")) - _MODES) if len(rest) == 2 else []
    if unknown:
        raise ValueError(f"`{word}`: `{unknown[0]}` is no volume mode such as `ro`")
    return word


def context(text: str) -> Path:
    """The folder to build from; whether it is there is asked only by a command that builds."""
    word = text.strip()
    if "://" in word or word.startswith("git@"):
        raise ValueError(f"`{word}` is a URL; the image is built from the checkout, so check it out and give its folder")
    return Path(word)


def env_file(text: str) -> EnvFile:
    """The variables of a file on the runner, or with `host:PATH` the path of one on the host; nothing where nothing is given."""
    word = text.strip()
    if not word:
        return "", ()
    if word.startswith("host:"):
        path = word.removeprefix("host:").strip()
        if not path.startswith("/") or re.search(r"[\x00-\x1f\x7f]", path):
            raise ValueError(f"`{word}`: `host:` wants an absolute path on the host, such as `host:/etc/myapp.env`")
        return path, ()
    return "", _read(Path(word))


def _read(path: Path) -> Pairs:
    try:
        if path.stat().st_size > _LARGEST_ENV_FILE:
            raise ValueError(f"`{path}` is larger than 1 MB")
        return environment(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"`{path}` is not UTF-8 text") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ValueError(f"`{path}` cannot be read on the runner: {why}. A file on the host is `host:{path.absolute()}`") from None
