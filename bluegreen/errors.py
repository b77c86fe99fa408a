"""Every way a deployment can end badly, one class per exit code, in one place.

    BlueGreenError
    ├── BadInput          2    the workflow file needs a correction
    ├── Unreachable       3    cannot reach, verify or authenticate
    ├── HostNotReady      4    the host lacks something, or users cannot reach our site
    │   └── Withdrawn     4    this release was rolled back, and `force` was not given
    ├── Locked            5    another deployment of this app is running
    │   └── Paused        5    another deployment of this app is paused
    ├── NoImage           6    there is no image to deploy
    ├── CandidateFailed   7    the new release failed before it got any traffic
    ├── WentBack          8    the new release got traffic, and the verdict said go back
    ├── NothingToRollBack 9    no kept release
    │   └── NothingPaused 9    no paused deployment to promote or abort
    ├── UndoFailed        10   the host needs a person
    └── Cancelled         130  the job was cancelled

A bug is anything else, and exits with 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

__all__ = [
    "BadInput",
    "BlueGreenError",
    "Cancelled",
    "CandidateFailed",
    "GuardianLost",
    "HostNotReady",
    "Locked",
    "NoImage",
    "NothingPaused",
    "NothingToRollBack",
    "Paused",
    "UndoFailed",
    "Unreachable",
    "WentBack",
    "Withdrawn",
    "stating",
]


class BlueGreenError(Exception):
    """What happened; what it probably means; what state the host is in; what to do.

    `what` is one sentence and never holds a secret. `means`, `state` and `todo` may be empty where they would only repeat it;
    the command fills `state` where the stage cannot know it.
    """

    exit_code: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, what: str, *, means: str = "", state: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.means = means
        self.state = state
        self.todo = todo

    def lines(self) -> list[str]:
        """The whole error, one sentence or paragraph a line, in the order a reader asks."""
        return [part for part in (self.what, self.means, self.state, self.todo) if part]


class BadInput(BlueGreenError):
    """Inputs are missing or wrong; the message tells all of them, each by its name."""

    exit_code = 2
    title = "Bad input"

    def __init__(self, problems: list[str], *, todo: str = "") -> None:
        super().__init__("\n".join(problems), state="Nothing was contacted and nothing was changed.", todo=todo)
        self.problems = problems


class Unreachable(BlueGreenError):
    """The host cannot be reached, verified or logged in to."""

    exit_code = 3
    title = "Cannot reach the host"


class GuardianLost(Unreachable):
    """The process on the host that moves traffic has ended, so this deployment may act no longer."""

    title = "Lost the host"


class HostNotReady(BlueGreenError):
    """The host lacks something, users would not reach this site, or this very release was rolled back."""

    exit_code = 4
    title = "Host not ready"


class Withdrawn(HostNotReady):
    """The very release was rolled back before, and nobody said that it shall be deployed all the same."""

    title = "This release was rolled back"


class Locked(BlueGreenError):
    """Another deployment of the same app runs, or is paused."""

    exit_code = 5
    title = "Another deployment is running"


class Paused(Locked):
    """Another deployment of the same app is paused, and somebody has to decide about it first."""

    title = "A deployment is paused"


class NoImage(BlueGreenError):
    """There is no image to deploy: it could not be built or found."""

    exit_code = 6
    title = "No image"


class CandidateFailed(BlueGreenError):
    """The candidate failed before any user reached it; the old release is untouched."""

    exit_code = 7
    title = "The new release failed"


class WentBack(BlueGreenError):
    """The candidate had traffic and misbehaved; the old release serves all of it again."""

    exit_code = 8
    title = "Went back"


class NothingToRollBack(BlueGreenError):
    """There is no earlier release to go back to, or no paused deployment to promote or abort."""

    exit_code = 9
    title = "Nothing to roll back to"


class NothingPaused(NothingToRollBack):
    """There is no paused deployment to promote or to abort."""

    title = "Nothing is paused"


class UndoFailed(BlueGreenError):
    """Something could not be undone; the host needs a person."""

    exit_code = 10
    title = "The host needs a person"


class Cancelled(BlueGreenError):
    """The job was cancelled, or its deadline passed."""

    exit_code = 130
    title = "Cancelled"


@contextmanager
def stating(state: str) -> Iterator[None]:
    """An error that leaves without saying what state the host is in is told it here."""
    try:
        yield
    except BlueGreenError as error:
        error.state = error.state or state
        raise
