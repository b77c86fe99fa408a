"""The log gate reads a candidate's log as it grows, and compares what it finds there with what the live release logs."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.decide.log_events import LogEvent, log_events
from bluegreen.decide.logs import is_ready, log_fault, new_events, shortened
from bluegreen.model.container import Container, LogLine
from bluegreen.model.fault import Fault
from bluegreen.model.replicas import Replicas
from bluegreen.stages.job import Job

__all__ = ["LogGate"]

# As much as comes over a slow connection while traffic still waits to go back.
_LIVE_TAIL = 5000
# A traceback's lines come one by one, and what strikes both releases may strike the live one a moment later.
_SETTLE = 0.3


class LogGate:
    """One candidate's log. The live release's is read only once the candidate has logged something to compare with it.

    `since` (RFC 3339) is for a candidate that was live before: what it logged until then is no news, and it was ready long ago.
    """

    def __init__(self, job: Job, candidate: Container, live: Replicas | None, since: str) -> None:
        self._job = job
        self._rules = job.ask.logs
        self._candidate = candidate
        self._live = live
        self._read_to = since
        self._live_read_to: dict[str, str] = {}
        self._known: frozenset[str] = frozenset()
        self._new: list[LogEvent] = []
        self._excused: set[str] = set()
        self.ready = bool(since) or not self._rules.ready

    def read(self) -> tuple[LogLine, ...]:
        """The candidate's lines since the last look."""
        lines = self._job.host.containers.logs(self._candidate, after=self._read_to)
        if lines:
            self._read_to = lines[-1].at
        self.ready = self.ready or is_ready(lines, self._rules)
        return lines

    def judge(self, lines: tuple[LogLine, ...]) -> Fault | None:
        """Why these lines, together with those before them, fail the candidate; None when they do not."""
        found = log_events(lines, self._rules)
        if new_events(found, self._known):
            self._job.clock.wait(_SETTLE)
            found = log_events((*lines, *self.read()), self._rules)
            self._ask_live()
        new = new_events(found, self._known)
        self._excuse(event for event in found if event not in new)
        self._new.extend(new)
        return log_fault(self._new, self._rules)

    def _ask_live(self) -> None:
        for container in self._live or ():
            after = self._live_read_to.get(container.id, "")
            lines = self._job.host.containers.logs(container, after=after, tail=0 if after else _LIVE_TAIL)
            if lines:
                self._live_read_to[container.id] = lines[-1].at
            self._known |= {event.signature for event in log_events(lines, self._rules)}

    def _excuse(self, events: Iterable[LogEvent]) -> None:
        for event in events:
            if event.signature not in self._excused and self._live is not None:
                self._excused.add(event.signature)
                self._job.tell.say(f"{self._live.name} logs this as well, so it does not count: {shortened(event)}")
