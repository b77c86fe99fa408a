"""What to do, and the limits of the run itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, PlainValidator

from bluegreen.inputs.field import Kind, given
from bluegreen.inputs.parse import phrases, quantities
from bluegreen.model.ask import Command

_CHANGES = (Command.DEPLOY, Command.ROLLBACK)


class CommandInputs(BaseModel):
    """Command."""

    command: Annotated[Command, PlainValidator(lambda text: Command(phrases.choice(*(command.value for command in Command))(text)))] = (
        given("deploy", "What to do: `deploy`, `rollback` to the kept release, or show the `status`.")
    )


class ControlInputs(BaseModel):
    """Control."""

    lock_timeout: Annotated[float, PlainValidator(quantities.duration)] = given(
        "10m", "How long to wait for another deployment of the same app to end.", commands=_CHANGES
    )
    lease: Annotated[float, PlainValidator(quantities.lease)] = given(
        "15s", "How long the host waits for a sign of life before it takes the traffic back by itself.", commands=_CHANGES
    )
    verbose: Annotated[bool, PlainValidator(phrases.flag)] = given("false", "Log more.", kind=Kind.SWITCH)
    summary: Annotated[bool, PlainValidator(phrases.flag)] = given("true", "Write the job summary.", kind=Kind.SWITCH)
