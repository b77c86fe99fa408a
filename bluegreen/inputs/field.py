"""One input: its text, its default as people would write it, and what else the help, action.yml and the README tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from bluegreen.model.ask import Command

__all__ = ["BUILDS", "CHANGES", "SHIFTS", "TYPED", "Described", "Group", "Kind", "describe", "env_name", "given", "kebab", "reworded"]

_EVERY = tuple(Command)
BUILDS = (Command.DEPLOY, Command.PLAN)
"""The commands that are about a new release."""
SHIFTS = (*BUILDS, Command.ROLLBACK, Command.PROMOTE)
"""Those that are about moving the traffic to a release."""
CHANGES = (Command.DEPLOY, Command.ROLLBACK, Command.CLEANUP, Command.PROMOTE, Command.ABORT)
"""Those that take the app's lock."""
TYPED = (Command.INIT,)
"""Those that only a person types: their answer is for reading, and no workflow has a use for it."""


class Group(BaseModel):
    """Inputs that belong together. None is validated by itself, so only the model that joins them all has to be built."""

    model_config = ConfigDict(defer_build=True)


class Kind(Enum):
    """How an input's value looks. A list takes one item a line; a secret has no flag that takes its value."""

    TEXT = "text"
    LIST = "list"
    SWITCH = "switch"
    SECRET = "secret"  # noqa: S105 — a kind of input, no password


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """All there is to tell of one input. `default` is empty where there is none; `otherwise` says in words what holds then.

    `instead` holds other words for the help of some commands.
    """

    name: str
    group: str
    text: str
    kind: Kind
    default: str
    otherwise: str
    required: bool
    commands: tuple[Command, ...]
    instead: Mapping[Command, str]

    @property
    def env(self) -> str:
        """The variable of the environment that carries it."""
        return env_name(self.name)

    @property
    def typed(self) -> bool:
        """Whether it is for the command line only, and action.yml does without it."""
        return set(self.commands) <= set(TYPED)


def kebab(name: str) -> str:
    """An input's name as workflows spell it."""
    return name.replace("_", "-")


def env_name(name: str) -> str:
    """The variable that carries the input of that name, in either spelling."""
    return f"INPUT_{name.replace('-', '_').upper()}"


def given(
    default: str,
    text: str,
    *,
    kind: Kind = Kind.TEXT,
    otherwise: str = "",
    required: bool = False,
    commands: tuple[Command, ...] = _EVERY,
) -> Any:
    """Declare an input. The default is text too, and goes through the same parser as anything a user writes."""
    extra: dict[str, Any] = {"kind": kind, "otherwise": otherwise, "required": required, "commands": commands, "instead": {}}
    return Field(default, description=" ".join(text.split()), validate_default=True, json_schema_extra=extra)


def reworded(field: Any, instead: Mapping[Command, str]) -> Any:
    """The same input, with other words for the help of commands that make something else of it than a deployment does."""
    field.json_schema_extra["instead"] = dict(instead)
    return field


def describe(name: str, group: str, info: FieldInfo) -> Described:
    """Read back what `given` was told."""
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return Described(name=kebab(name), group=group, text=info.description or "", default=info.default, **extra)
