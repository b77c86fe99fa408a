"""What to do, and the limits of the run itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from bluegreen.inputs.field import BUILDS, CHANGES, TYPED, Group, Kind, given
from bluegreen.inputs.parse import names, phrases, quantities
from bluegreen.model.ask import Command, Whose

_LOGS = (Command.LOGS,)


class CommandInputs(Group):
    """Command."""

    command: Annotated[Command, PlainValidator(lambda text: Command(phrases.choice(*(command.value for command in Command))(text)))] = (
        given(
            "deploy",
            """What to do: `deploy`, `plan` (what a deployment would do, changing nothing), `rollback` to the kept release, `status`,
            `cleanup` of what is left over, `promote` or `abort` a paused deployment, show the `logs`, or `setup` of a bare Debian or
            Ubuntu host.""",
        )
    )


def _container(text: str, info: ValidationInfo) -> str:
    name = names.container(text)
    if not name and info.data.get("command") in TYPED:
        raise ValueError("it is empty, and `init` needs the name of the container in which the app runs now")
    return name


class InitInputs(Group):
    """Init."""

    from_container: Annotated[str, PlainValidator(_container)] = given(
        "", "Name of the container in which the app runs now. Required to `init`.", commands=TYPED
    )


class LogsInputs(Group):
    """Logs."""

    color: Annotated[Whose, PlainValidator(lambda text: Whose(phrases.choice(*(whose.value for whose in Whose))(text)))] = given(
        "live", "Whose log is shown: that of the `live` release, the `candidate`, `blue` or `green`.", commands=_LOGS
    )
    process: Annotated[str, PlainValidator(phrases.process_name)] = given(
        "", "Name of one of the release's `processes`, whose log is shown instead.", otherwise="what serves", commands=_LOGS
    )
    lines: Annotated[int, PlainValidator(quantities.lines)] = given("100", "How many of its last lines.", commands=_LOGS)
    follow: Annotated[bool, PlainValidator(phrases.flag)] = given(
        "false",
        "Go on with what is logged from now on, until it is interrupted or `deadline` has passed.",
        kind=Kind.SWITCH,
        commands=_LOGS,
    )


class ControlInputs(Group):
    """Control."""

    lock_timeout: Annotated[float, PlainValidator(quantities.duration)] = given(
        "10m", "How long to wait for another deployment of the same app to end.", commands=CHANGES
    )
    lease: Annotated[float, PlainValidator(quantities.lease)] = given(
        "15s", "How long the host waits for a sign of life before it takes the traffic back by itself.", commands=CHANGES
    )
    force: Annotated[bool, PlainValidator(phrases.flag)] = given(
        "false", "Deploy a release although it was rolled back before.", kind=Kind.SWITCH, commands=BUILDS
    )
    dry_run: Annotated[bool, PlainValidator(phrases.flag)] = given(
        "false", "Only say what `setup` would make, changing nothing.", kind=Kind.SWITCH, commands=(Command.SETUP,)
    )
    verbose: Annotated[bool, PlainValidator(phrases.flag)] = given("false", "Log more.", kind=Kind.SWITCH)
    summary: Annotated[bool, PlainValidator(phrases.flag)] = given("true", "Write the job summary.", kind=Kind.SWITCH)
