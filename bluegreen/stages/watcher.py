"""The watcher looks at a running container again and again: is it well, and what has it logged since?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

from bluegreen.decide.health import answer_fault, check_in_words, container_fault
from bluegreen.model.container import Container
from bluegreen.model.fault import Fault
from bluegreen.model.observed import Answer
from bluegreen.model.replicas import Replicas
from bluegreen.model.verdict import Judgement, Verdict
from bluegreen.stages.job import Job
from bluegreen.stages.log_gate import LogGate
from bluegreen.stages.traffic import Traffic

__all__ = ["ONE_REQUEST", "Watcher"]

ONE_REQUEST = 5.0
"""The longest that one health check may take, in seconds."""

_TICK = 0.5
_STRIKES = 2
_SHORTEST_PATIENCE = 2.0


class Watcher:
    """One candidate's eye. It remembers how the container was at its start, what it logged, and what it was asked."""

    def __init__(self, job: Job, candidate: Container, live: Replicas | None, since: str = "") -> None:
        self._host = job.host
        self._clock = job.clock
        self._candidate = candidate
        self._expect = job.ask.expect
        self._gate = LogGate(job, candidate, live, since)
        self._log_ready = job.ask.logs.ready
        self._begun = job.clock.now()
        self._others: tuple[Watcher, ...] = ()
        self._slowest = 0.0
        self.suspect = candidate
        self.transcript: list[str] = []

    def beside(self, others: Iterable[Watcher]) -> Self:
        """From now on a fault of the others' containers is one of this release too; `suspect` is the container that had it."""
        self._others = tuple(others)
        return self

    def fault(self) -> Fault | None:
        """Why the candidate fails now, in any of its replicas; None when all are well."""
        for watcher in (self, *self._others):
            if fault := watcher._own_fault():  # noqa: SLF001 - of this very class
                self.suspect = watcher._candidate  # noqa: SLF001
                return fault
        return None

    def _own_fault(self) -> Fault | None:
        """From its container and the log lines since the last look."""
        with self._host.together() as aside:
            now, lines = aside(lambda: self._host.containers.inspect(self._candidate)), aside(self._gate.read)
        return container_fault(now.result(), self._candidate) or self._gate.judge(lines.result())

    @property
    def ready(self) -> bool:
        """Whether the log has held the line that `log-ready` waits for."""
        return self._gate.ready

    def unready(self) -> Fault:
        """The fault of a log that never held the line it should."""
        return Fault(
            reason=f"no line of its log matched `{self._log_ready}`",
            means="`log-ready` waits for a line that this release does not log: it may have been reworded.",
        )

    @property
    def patience(self) -> float:
        """How many seconds to wait for an answer under traffic: twice as long as the slowest good one took, within bounds."""
        slowest = max(watcher._slowest for watcher in (self, *self._others))  # noqa: SLF001 - of this very class
        return min(ONE_REQUEST, max(_SHORTEST_PATIENCE, 2 * slowest))

    def ask(self, request: Callable[[], Answer]) -> Fault | None:
        """Ask the candidate once and judge its answer; the transcript keeps both."""
        answer = request()
        fault = answer_fault(answer, self._expect)
        if fault is None:
            self._slowest = max(self._slowest, answer.seconds)
        got = f"{answer.status}" if answer.status else answer.problem
        elapsed = self._clock.now() - self._begun
        self.transcript.append(f"{elapsed:6.1f}s  {check_in_words(self._expect)}  {got}{'' if not fault else '  (not good)'}")
        return fault

    def hold(self, seconds: float, request: Callable[[], Answer], traffic: Traffic) -> Judgement:
        """Watch for so long, and go back at the first fault, or at the second bad answer in a row: one may be the network's."""
        until = self._clock.now() + seconds
        strikes = 0
        while True:
            if fault := traffic.fault() or self.fault():
                return _back(fault)
            fault = self.ask(request)
            strikes = strikes + 1 if fault else 0
            if fault and strikes >= _STRIKES:
                return _back(fault)
            left = until - self._clock.now()
            over = left <= 0 or traffic.enough()
            if over and not strikes and (judged := traffic.at_end()).verdict is not Verdict.WAIT:
                return judged
            self._clock.wait(max(min(_TICK, left), 0.1) if left > 0 or strikes else _TICK)


def _back(fault: Fault) -> Judgement:
    return Judgement(verdict=Verdict.GO_BACK, reason=fault.reason, means=fault.means)
