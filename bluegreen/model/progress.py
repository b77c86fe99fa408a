"""How the work speaks while it happens; `report/` has the implementations."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bluegreen.model.traffic import StepTraffic

__all__ = ["Progress", "Stage", "StepRecord"]


class Stage(Enum):
    """The stages of a deployment, in their order, which is alphabetical, and what the log calls them."""

    BUILD = "build"
    LAUNCH = "launch"
    PROBE = "probe"
    REROUTE = "reroute"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of a shift, once it is over: the candidate's share, how long it was held, and the verdict with its reason.

    `traffic` is what users' requests met meanwhile; None when nobody could tell.
    """

    share: int
    seconds: float
    verdict: str
    reason: str
    traffic: StepTraffic | None = None


class Progress(Protocol):
    """Tells a person and the report what is happening. Nothing given to it may hold a secret."""

    def stage(self, stage: Stage) -> AbstractContextManager[None]:
        """Everything said inside belongs to this stage; its seconds and round trips are told at its end."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """A foldable part within a stage, such as the release command's output."""

    def say(self, text: str) -> None:
        """One line about what is going on."""

    def done(self, text: str) -> None:
        """One line about something that succeeded."""

    def warn(self, text: str) -> None:
        """Something the user should know that does not fail the run. The same text a second time is not told again."""

    def output(self, text: str) -> None:
        """One line that another program printed: the build, the release command."""

    def logged(self, text: str) -> None:
        """One line of a container's log, which is what was asked for."""

    def evidence(self, title: str, lines: Iterable[str]) -> None:
        """Lines that show why something failed: the candidate's last log lines, the probe's transcript."""

    def step(self, record: StepRecord) -> None:
        """A step of the shift is over."""

    def hide(self, secret: str) -> None:
        """From here on this value is masked in everything that is told: a secret that was learned on the way."""

    def fact(self, name: str, value: str) -> None:
        """One fact about the host, for the report: `docker`, `nginx`, `builder`, `memory`."""
