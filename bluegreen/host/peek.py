"""Looks at an app without taking its lock, in one round trip: for `status`, which must answer while a deployment runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from bluegreen.errors import HostNotReady
from bluegreen.host import Peek
from bluegreen.host.script import load_script
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Split
from bluegreen.model.event import Event
from bluegreen.model.observed import Routes
from bluegreen.model.release import Release

__all__ = ["peek", "read_events", "read_recipes"]

_HEAD = 4


def peek(connection: Connection, app: str) -> Peek:
    """The links, the recipes and the lock's holder. Raises `HostNotReady` when the host cannot run the script."""
    script = load_script("bluegreen-peek", "past.sh", "peek.sh")
    done = connection.run(script.argv(app), stdin=script.text)
    lines = done.out.split("\n")
    if done.status or len(lines) < _HEAD:
        raise HostNotReady(
            f"The host's state of {app} could not be read: {done.err.strip()[-400:] or f'status {done.status}'}.",
            state="Nothing was changed.",
            todo="Look at /var/lib/bluegreen/apps on the host.",
        )
    committed, armed, holder, count = lines[:_HEAD]
    recipes = _HEAD + int(count)
    return Peek(
        routes=Routes(committed=Split.parse(committed), armed=Split.parse(armed)),
        releases=read_recipes(lines[recipes:]),
        holder=holder,
        events=read_events(lines[_HEAD:recipes]),
    )


def read_recipes(lines: Iterable[str]) -> tuple[Release, ...]:
    """The releases whose recipes these are; one that cannot be read is none."""
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            found.append(Release.from_json(line))
    return tuple(found)


def read_events(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a journal's lines; one that cannot be read is none."""
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            found.append(Event.from_json(line))
    return tuple(found)
