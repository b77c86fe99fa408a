"""How the old release leaves."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from bluegreen.inputs.field import SHIFTS, Group, given
from bluegreen.inputs.parse import quantities
from bluegreen.model.ask import Command

_PRUNES = (*SHIFTS, Command.CLEANUP)
_STOPS = (*_PRUNES, Command.ABORT)


class RetireInputs(Group):
    """Retire."""

    drain_timeout: Annotated[float, PlainValidator(quantities.duration)] = given(
        "30s", "How long the old release may go on answering the requests it has.", commands=_STOPS
    )
    stop_timeout: Annotated[float, PlainValidator(quantities.duration)] = given(
        "10s", "How long its process may take to end after SIGTERM, before SIGKILL.", commands=_STOPS
    )
    keep: Annotated[int, PlainValidator(quantities.kept)] = given(
        "1", "How many old releases are kept, stopped, to roll back to; `0` removes the old one at once.", commands=_PRUNES
    )
