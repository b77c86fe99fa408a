"""What a run leaves to tell: everything the summary, the JSON report and the HTML page are rendered from, frozen."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.init_report import InitReport
from bluegreen.model.logs_report import LogsReport
from bluegreen.model.outcome import Outcome
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.status import StatusReport
from bluegreen.model.traffic import StepTraffic

__all__ = ["Answer", "ErrorRecord", "EvidenceRecord", "Report", "Run", "StageRecord", "StepMark", "Told"]

Answer = StatusReport | PlanReport | LogsReport | InitReport
"""What a command that only asks comes back with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was asked, as far as it was understood: a run that ends at its inputs knows little more than its command."""

    command: str = "deploy"
    app: str = ""
    version: str = ""
    host: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """One stage that is over. `start` is seconds since the run began."""

    name: str
    start: float
    seconds: float
    round_trips: int
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMark:
    """One step of the shift and where it stands in time; `start` is seconds since the run began."""

    share: int
    start: float
    seconds: float
    verdict: str
    reason: str
    traffic: StepTraffic | None = None

    @property
    def back(self) -> bool:
        """Whether this step sent the traffic back."""
        return self.verdict == "go back"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """Lines that show why something failed."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRecord:
    """An error in the order a reader asks; all but `what` may be empty, and each may have several lines."""

    title: str
    exit_code: int
    what: str
    means: str = ""
    state: str = ""
    todo: str = ""

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Label and text of every part there is; where several things happened, each has a bullet."""
        several = self.what.splitlines()
        listed = len(several) > 1 and all(line and not line.startswith(" ") for line in several)
        what = "\n".join(f"• {line}" for line in several) if listed else self.what
        every = (("What happened", what), ("What it means", self.means), ("The host now", self.state), ("What to do", self.todo))
        return tuple((label, text) for label, text in every if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Everything that was told while the run went on, in its order."""

    stages: tuple[StageRecord, ...] = ()
    steps: tuple[StepMark, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[EvidenceRecord, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def traffic(self) -> StepTraffic | None:
        """The users' requests while the traffic shifted, all steps together; None when no step could tell."""
        known = [step.traffic for step in self.steps if step.traffic is not None]
        return sum(known, StepTraffic()) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run that is over: exactly one of `outcome` and `error` is there. No text in it holds a secret."""

    run: Run
    told: Told
    outcome: Outcome | None
    error: ErrorRecord | None
    exit_code: int
    started_at: str
    duration: float
    round_trips: int
    tool: str
