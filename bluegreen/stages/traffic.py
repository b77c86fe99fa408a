"""The eye on the users' requests: what NGINX's access log says of both colors in the current step, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bluegreen.decide.access_log import read_entry, tally, told_failures
from bluegreen.decide.verdict import final, judge
from bluegreen.host import AccessLog
from bluegreen.model.ask import ShiftStep
from bluegreen.model.fault import Fault
from bluegreen.model.traffic import Sample, StepTraffic
from bluegreen.model.verdict import Judgement, LowTraffic, Verdict
from bluegreen.stages.job import Job

__all__ = ["Traffic"]

_MOST_SHOWN = 10


class Traffic:
    """Reads the log as it grows. `failures` are the first requests that the candidate failed, in words.

    `candidate` are the addresses of its replicas.
    """

    def __init__(self, job: Job, log: AccessLog, candidate: Collection[str]) -> None:
        self._tell = job.tell
        self._log = log
        self._candidate = frozenset(candidate)
        self._limits = job.ask.traffic.limits
        self._step = ShiftStep(share=0, hold=0)
        self._window = StepTraffic()
        self._live_before = Sample()
        self._complained = False
        self.failures: tuple[str, ...] = ()

    def begin(self, step: ShiftStep) -> None:
        """A new step, and a new window, begin; what was logged up to now is the past."""
        self._look()
        self._live_before += self._window.live
        self._step, self._window = step, StepTraffic()

    def fault(self) -> Fault | None:
        """Why users' requests condemn the candidate now, from what was logged up to now. Waits for nothing."""
        self._look()
        return _fault(judge(self._window, self._live_before, self._limits))

    def enough(self) -> bool:
        """Whether the step may end early: the candidate got the requests that it was to get, and is no worse for them."""
        wanted, met = self._step.until, self._window.candidate.requests
        return 0 < wanted <= met and judge(self._window, self._live_before, self._limits).verdict is Verdict.GO_ON

    def at_end(self) -> Judgement:
        """The verdict when the step's time is over. WAIT when it takes more requests; a step that has no time to wait in never does."""
        limits = self._limits if self._step.hold else replace(self._limits, on_low_traffic=LowTraffic.PROBE)
        judged = final(self._window, self._live_before, limits)
        if judged.verdict is Verdict.WAIT and self._log.problem():
            return Judgement(verdict=Verdict.GO_BACK, reason=f"its requests cannot be counted: {self._log.problem()}")
        return judged

    def sum_up(self) -> StepTraffic | None:
        """The step's numbers; None when the log could not be followed. What is wrong with the log is said once."""
        self._look()
        problem = self._log.problem()
        if not self._complained and (problem or self._window.unread):
            self._complained = True
            what = f"cannot be followed ({problem})" if problem else f"holds {self._window.unread} lines that are no entries of ours"
            self._tell.warn(f"NGINX's access log {what}: requests of users are counted in part, or not at all.")
        return None if problem and not self._window.requests else self._window

    def _look(self) -> None:
        entries = [read_entry(line) for line in self._log.read()]
        self._window += tally(entries, self._candidate)
        self.failures += told_failures(entries, self._candidate, _MOST_SHOWN - len(self.failures))


def _fault(judged: Judgement) -> Fault | None:
    return Fault(reason=judged.reason, means=judged.means) if judged.verdict is Verdict.GO_BACK else None
