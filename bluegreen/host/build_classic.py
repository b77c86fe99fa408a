"""Builds with the engine's classic builder through its API, where no docker client can do BuildKit: slower, and without secrets."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors
from requests.exceptions import RequestException

from bluegreen.host import Clock
from bluegreen.host.engine_link import EngineLink, reason
from bluegreen.host.engine_read import image_labels
from bluegreen.model.ask import BuildAsk

__all__ = ["build_classic"]

_LOOK = 0.1


def build_classic(link: EngineLink, clock: Clock, ask: BuildAsk, dockerfile: Path, on_line: Callable[[str], None]) -> tuple[str, str]:
    """The image's id, and why the build failed; one of them is empty.

    The call blocks for as long as a step takes, so it has a thread and a connection of its own. A cancelled run leaves them behind; the
    engine ends the build when that connection closes, which it does with the run.
    """
    api = link.client(timeout=None)
    messages: queue.SimpleQueue[Mapping[str, Any] | BaseException | None] = queue.SimpleQueue()
    threading.Thread(target=_talk, args=(api, ask, dockerfile, messages), daemon=True).start()
    built = ""
    while True:
        clock.check()
        try:
            message = messages.get(timeout=_LOOK)
        except queue.Empty:
            continue
        if message is None:
            return built, "" if built else "the engine named no image"
        if isinstance(message, BaseException):
            return "", _why(message)
        if message.get("error"):
            return "", " ".join(str(message["error"]).split())
        built = str((message.get("aux") or {}).get("ID") or built)
        for line in _lines(message):
            on_line(line)


def _talk(
    api: docker.APIClient, ask: BuildAsk, dockerfile: Path, messages: queue.SimpleQueue[Mapping[str, Any] | BaseException | None]
) -> None:
    """Put what the engine says, then None; or the exception that ended it, whichever it is, for the other thread to judge."""
    try:
        for message in api.build(
            path=str(ask.context.resolve()),
            dockerfile=str(dockerfile),
            tag=ask.tag,
            target=ask.target or None,
            buildargs=dict(ask.args),
            labels=dict(image_labels(ask)),
            rm=True,
            forcerm=True,
            decode=True,
        ):
            messages.put(message)
        messages.put(None)
    except BaseException as error:  # noqa: BLE001  # nobody else sees it in this thread
        messages.put(error)
    finally:
        with suppress(RequestException):
            api.close()


def _why(error: BaseException) -> str:
    if isinstance(error, docker.errors.APIError):
        return reason(error)
    if isinstance(error, (RequestException, docker.errors.DockerException, OSError)):
        # Not the library's text: it holds the URL, and that the build arguments.
        return "the connection to the engine was lost" if isinstance(error, RequestException) else str(error)
    raise error


def _lines(message: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one message; of the many that report a download's progress, only those that report its end."""
    if message.get("stream"):
        yield from (line for line in str(message["stream"]).splitlines() if line)
    elif message.get("status") and not message.get("progressDetail"):
        yield f"{message['status']} {message.get('id', '')}".strip()
