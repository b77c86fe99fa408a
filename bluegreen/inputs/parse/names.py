"""Names of things: hosts, users, apps, images, versions, networks; an allow-list each, since they end in argvs, paths and NGINX's text."""

from __future__ import annotations

import ipaddress
import re

from bluegreen.inputs.parse.phrases import gather, lines

__all__ = [
    "ImageName",
    "adopted",
    "app_name",
    "app_of_image",
    "container",
    "host_header",
    "host_name",
    "image",
    "is_host_name",
    "networks",
    "nginx",
    "target",
    "user_name",
    "version",
]

ImageName = tuple[str, str]
"""A repository and a tag."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}", re.ASCII)
_APP = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII)
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})+(?::\d{{1,5}})?|localhost(?::\d{{1,5}})?|{_LABEL}:\d{{1,5}})"
_IMAGE = re.compile(rf"(?:{_REGISTRY}/)?{_PATH_PART}(?:/{_PATH_PART})*", re.ASCII)


def is_host_name(word: str) -> bool:
    """Whether it is a DNS name or an IP address, without brackets."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return len(word) <= 253 and _HOST.fullmatch(word) is not None
    return True


def host_name(text: str) -> str:
    """The host to log in to: a DNS name or an IP address."""
    word = text.strip()
    if "://" in word:
        raise ValueError("it is a URL; give the name or address alone")
    if word[0] in "'\"":
        raise ValueError("it begins with a quote, which is part of the value here; give the name or address alone")
    if "@" in word:
        raise ValueError("it holds an `@`; the user goes into `username`")
    bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    if not is_host_name(bare):
        port = re.fullmatch(r"(.+):\d+", word)
        raise ValueError("it holds a port; it goes into `port`" if port and is_host_name(port[1]) else "it is no host name or IP address")
    return bare


def host_header(text: str) -> str:
    """What a health check sends as `Host`: a name or address, perhaps with a port, or nothing."""
    word = text.strip()
    name = re.sub(r":\d{1,5}\Z", "", word) if word.count(":") == 1 else word
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if word and not is_host_name(bare):
        raise ValueError(f"`{word}` is no host name such as `example.com`")
    return word


def user_name(text: str) -> str:
    """The user to log in as."""
    word = text.strip()
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}", word, re.ASCII) is None:
        raise ValueError("it is no user name: on Ubuntu's images it is `ubuntu`, on Amazon Linux `ec2-user`, on Debian `admin`")
    return word


def app_name(text: str) -> str:
    """The app's name, or nothing: the image's last part is taken then."""
    word = text.strip()
    if word and _APP.fullmatch(word) is None:
        raise ValueError(f"`{word}` is no app name: up to 40 of a-z, 0-9 and `-`, neither first nor last a `-`")
    return word


def adopted(text: str) -> str:
    """The app that runs already: `ADDRESS:PORT`, or the name of its container; `localhost` becomes its address."""
    word = text.strip()
    host, colon, port = word.rpartition(":")
    if not colon:
        if word and _CONTAINER.fullmatch(word) is None:
            raise ValueError(f"`{word}` is neither HOST:PORT nor the name of a container")
        return word
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError(f"`{word}`: `{port}` is no port")
    try:
        # NGINX would not start again while it cannot look up a name.
        return f"{ipaddress.IPv4Address('127.0.0.1' if host == 'localhost' else host)}:{int(port)}"
    except ValueError:
        raise ValueError(f"`{word}`: `{host}` is no IPv4 address; an app on this host is `127.0.0.1:{port}`") from None


def container(text: str) -> str:
    """The name of a container, or nothing."""
    word = text.strip()
    if word and _CONTAINER.fullmatch(word) is None:
        raise ValueError(f"`{word}` is no name of a container")
    return word


def nginx(text: str) -> str:
    """The container that NGINX runs in, from `container:NAME`; nothing for `host`."""
    word = text.strip()
    kind, colon, name = word.partition(":")
    if word == "host":
        return ""
    if kind != "container" or not colon:
        raise ValueError(f"`{word}` is neither `host` nor `container:NAME`")
    if _CONTAINER.fullmatch(name) is None:
        raise ValueError(f"`{name}` is no name of a container, such as `container:nginx`")
    return name


def app_of_image(repository: str) -> str:
    """The app that an image is for when `app` does not say: its last part, or nothing where that is no app name."""
    word = re.sub(r"[._]+", "-", repository.rpartition("/")[2])
    return word if _APP.fullmatch(word) else ""


def image(text: str) -> ImageName:
    """An image's name and its tag; the tag is empty where there is none."""
    word = text.strip()
    if "@" in word:
        raise ValueError(f"`{word}` is a digest, and `source: build` makes a new image; give its name alone")
    name, colon, tag = word.rpartition(":")
    repository, tag = (name, tag) if colon and "/" not in tag else (word, "")
    if _IMAGE.fullmatch(repository) is None or len(repository) > 200:
        lower = repository.lower()
        hint = f"; did you mean `{lower}`?" if lower != repository and _IMAGE.fullmatch(lower) else ""
        raise ValueError(f"`{word}` is no image name such as `myapp` or `registry.example.com/team/myapp`{hint}")
    return repository, version(tag)


def version(text: str) -> str:
    """A version: what can be an image's tag and part of a container's name."""
    word = text.strip()
    if word and _VERSION.fullmatch(word) is None:
        raise ValueError(f"`{word}` is no image tag: up to 128 of A-Z, a-z, 0-9, `_`, `.` and `-`, and neither `.`, `-` nor `_` first")
    return word


def target(text: str) -> str:
    """A stage of the Dockerfile, or nothing."""
    word = text.strip()
    if word and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", word, re.ASCII) is None:
        raise ValueError(f"`{word}` is no name of a build stage")
    return word


def networks(text: str) -> tuple[str, ...]:
    """Names of docker networks, one a line."""
    return tuple(dict.fromkeys(gather(_network, lines(text))))


def _network(word: str) -> str:
    if word in {"host", "none", "bridge"} or ":" in word:
        raise ValueError(f"`{word}`: only networks that were made with `docker network create` can be joined")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", word, re.ASCII) is None:
        raise ValueError(f"`{word}` is no name of a docker network")
    return word
