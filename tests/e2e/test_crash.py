"""A deployment that is killed, cut off, frozen or rebooted at any moment: users notice nothing, and the next one simply works.

A spread of moments; `python -m tests.e2e.enumerate` tries every operation.
"""

from __future__ import annotations

import pytest

from tests.box import Box
from tests.e2e.blow import Fault, Moment
from tests.e2e.crashing import Ground

_BUILT = "✓ myexample:VERSION is"
_RUNS = "myexample-VERSION runs as"
_HOT = "back each other up"
_HALF = "50 % of the requests go to"
_ALL = "100 % of the requests go to"
_COMMITTING = "front door:"
_COMMITTED = "committed: myexample-VERSION"


@pytest.fixture(scope="module")
def ground(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """v1 is live, and every test leaves a live release to the next: nothing is tidied up between them."""
    running_box.reset()
    return Ground(running_box, tmp_path_factory.mktemp("crashes"))


@pytest.mark.parametrize(
    ("number", "after", "serves"),
    [
        (12, "Builder:", "old"),
        (3, _BUILT, "old"),
        (8, _BUILT, "old"),
        (4, _HALF, "old"),
        (2, _COMMITTING, "either"),
        (2, _COMMITTED, "new"),
    ],
    ids=["build", "lock", "launch", "half", "commit", "retire"],
)
def test_a_deployer_that_is_killed_leaves_one_release_serving(ground: Ground, number: int, after: str, serves: str) -> None:
    """Before the commit the old release serves, after it the new one; either way at once, whatever the deployer was about to do."""
    crash = ground.crash(Fault.KILL, Moment(number=number, after=after))
    assert crash.struck
    assert crash.exit_code == -9
    assert serves in {crash.serves, "either"}


@pytest.mark.parametrize(("number", "after"), [(3, _RUNS), (3, _ALL)], ids=["probe", "all"])
def test_a_connection_that_is_cut_ends_the_deployment_and_nothing_else(ground: Ground, number: int, after: str) -> None:
    """The run says that its connection was lost, exit code 3, and the old release serves."""
    crash = ground.crash(Fault.CUT, Moment(number=number, after=after))
    assert (crash.exit_code, crash.serves) == (3, "old")


def test_a_network_that_vanishes_ends_the_deployment_within_its_timeout(ground: Ground) -> None:
    """Nobody is told that the connection is gone: the host finds out by the lease, the deployer by its timeout."""
    crash = ground.crash(Fault.SILENCE, Moment(number=3, after=_HALF))
    assert (crash.exit_code, crash.serves) == (3, "old")


def test_a_frozen_deployer_that_wakes_up_later_can_do_nothing(ground: Ground) -> None:
    """The next deployment did not have to wait for it, and is what serves; the sleeper ends with exit code 3."""
    crash = ground.crash(Fault.FREEZE, Moment(number=3, after=_HALF))
    assert (crash.exit_code, crash.serves) == (3, "old")
    assert crash.seconds < 12


def test_a_guardian_that_is_killed_takes_the_deployment_back(ground: Ground) -> None:
    """Its sentinel takes the traffic back, and the deployer ends."""
    crash = ground.crash(Fault.GUARDIAN, Moment(number=3, after=_HALF))
    assert (crash.exit_code, crash.serves) == (3, "old")


@pytest.mark.parametrize(("after", "serves"), [(_HALF, "old"), (_COMMITTED, "new")], ids=["half", "retire"])
def test_a_host_that_reboots_serves_what_was_committed(ground: Ground, after: str, serves: str) -> None:
    """A reboot in the middle of a shift is an undo: the candidate does not even come up again. After the commit it is what comes up."""
    crash = ground.crash(Fault.REBOOT, Moment(number=2, after=after))
    assert crash.serves == serves
