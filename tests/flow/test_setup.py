"""`setup`: what it makes, what it would make, and that a second time it makes nothing."""

from __future__ import annotations

from bluegreen.commands.setup import setup
from bluegreen.model.ask import Command, Control
from bluegreen.model.outcome import Outcome, Result
from tests.flow.conftest import Stage, ask_for

_LACKING = ["package nginx", "member ubuntu of the group docker", "/var/lib/bluegreen"]


def _run(stage: Stage, *, dry: bool = False) -> Outcome:
    ask = ask_for("", command=Command.SETUP, build=None, control=Control(dry_run=dry))
    return setup(ask, stage.host, stage.tell, stage.clock)


def test_a_dry_run_says_what_is_lacking_and_makes_none_of_it(empty: Stage) -> None:
    """Twice the same answer."""
    empty.host.world.lacking = [*_LACKING]
    for _ in range(2):
        outcome = _run(empty, dry=True)
        assert (outcome.result, outcome.made) == (Result.NOT_READY, tuple(_LACKING))
    assert "would make package nginx" in empty.tell.said


def test_what_is_lacking_is_made_once(empty: Stage) -> None:
    """The second time there is nothing to do, with or without `dry-run`."""
    empty.host.world.lacking = [*_LACKING]
    assert _run(empty).made == tuple(_LACKING)
    assert any("next login" in line for line in empty.tell.said)
    for dry in (False, True):
        outcome = _run(empty, dry=dry)
        assert (outcome.result, outcome.made) == (Result.READY, ())
