"""The one model of inputs: every name, default and description that action.yml, the command line and the README show is here."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bluegreen.errors import BadInput
from bluegreen.inputs.field import Described, Group, describe, env_name, kebab
from bluegreen.inputs.groups.app import AppInputs
from bluegreen.inputs.groups.connection import ConnectionInputs
from bluegreen.inputs.groups.control import CommandInputs, ControlInputs, InitInputs, LogsInputs
from bluegreen.inputs.groups.image import ImageInputs
from bluegreen.inputs.groups.probe import ProbeInputs
from bluegreen.inputs.groups.retire import RetireInputs
from bluegreen.inputs.groups.traffic import TrafficInputs

__all__ = ["Inputs", "described", "input_problems", "normalized", "read_inputs"]

_GROUPS: tuple[type[Group], ...] = (
    CommandInputs, ConnectionInputs, ImageInputs, AppInputs, ProbeInputs, TrafficInputs, RetireInputs, LogsInputs,
    InitInputs, ControlInputs,
)  # fmt: skip


class Inputs(
    ControlInputs,
    InitInputs,
    LogsInputs,
    RetireInputs,
    TrafficInputs,
    ProbeInputs,
    AppInputs,
    ImageInputs,
    ConnectionInputs,
    CommandInputs,
    BaseSettings,
):
    # The last base's fields are validated first, so a validator can look at what stands before it in `_GROUPS`.
    """Every input with its value understood. Only the environment that is passed in is read, never the process's own."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    def __init__(self, environ: Mapping[str, str]) -> None:
        BaseSettings.__init__(self, environ=environ)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment that `__init__` was given, and nothing else."""
        return (_Environ(settings_cls, init_settings()["environ"]),)


class _Environ(PydanticBaseSettingsSource):
    """A mapping of ours in place of `os.environ`. Every input is one text under one name.

    The library's own reader would look for aliases, nested names and JSON in every field, too, which takes longer than all the rest.
    """

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._given = {name.lower(): text for name, text in environ.items() if text}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:  # noqa: ARG002
        """The text of an input, its name, and that it is no JSON."""
        return self._given.get(f"input_{field_name}"), field_name, False

    def __call__(self) -> dict[str, str]:
        """Every input that was given."""
        names = {name: f"input_{name}" for name in self.settings_cls.model_fields}
        return {name: self._given[key] for name, key in names.items() if key in self._given}


def described() -> tuple[Described, ...]:
    """Every input, group by group, in the order a reader meets them."""
    return tuple(describe(name, (group.__doc__ or "").rstrip("."), info) for group in _GROUPS for name, info in group.model_fields.items())


def normalized(environ: Mapping[str, str]) -> dict[str, str]:
    """The inputs in an environment under one spelling: GitHub keeps the dashes of a name, `INPUT_HEALTH-PATH`; blank is not given."""
    return {env_name(name[6:]): text for name, text in environ.items() if name.upper().startswith("INPUT_") and text.strip()}


def read_inputs(given: Mapping[str, str]) -> Inputs:
    """The inputs of an environment that `normalized` has seen to. Raises `BadInput` with every problem."""
    problems: list[str]
    try:
        return Inputs(given)
    except ValidationError as error:
        problems = input_problems(error)
    raise BadInput(problems)


def input_problems(error: ValidationError) -> list[str]:
    """One sentence for each problem, which names its input. The library's own text would print the values, secrets included."""
    found: list[str] = []
    for entry in error.errors(include_input=False, include_context=False, include_url=False):
        name = kebab(str(entry["loc"][0]))
        lines = entry["msg"].removeprefix("Value error, ").splitlines()
        found += [f"`{name}` {line[3:]}" if line.startswith("it ") else f"`{name}`: {line}" for line in lines]
    return found
