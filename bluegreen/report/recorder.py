"""The reporter hears everything a run says, hides secrets, passes it on to a voice at once and keeps it for the report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from bluegreen.model.progress import Stage, StepRecord
from bluegreen.report.masker import Masker
from bluegreen.report.records import EvidenceRecord, StageRecord, StepMark, Told
from bluegreen.report.text import lines as clean_lines
from bluegreen.report.voice import Kind, Voice

__all__ = ["Clock", "Reporter"]


class Clock(Protocol):
    """The part of the clock a report needs."""

    def now(self) -> float:
        """Seconds of a steady clock."""

    def utc(self) -> str:
        """The wall clock as RFC 3339 in UTC."""


class Reporter:
    """The `Progress` of a real run. Threads may speak at the same time; nothing it does can fail a deployment.

    `round_trips` tells the awaited replies so far; it says 0 until there is a connection to ask: `tell.round_trips = host.round_trips`.
    """

    def __init__(self, *, voice: Voice, clock: Clock, masker: Masker) -> None:
        self.round_trips: Callable[[], int] = lambda: 0
        self.voice = voice
        self.masker = masker
        self.started_at = clock.utc()
        self._clock = clock
        self._began = clock.now()
        self._told = Told()
        self._last_done = ""
        self._lock = threading.RLock()

    @property
    def told(self) -> Told:
        """Everything told so far."""
        return self._told

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock.now() - self._began

    def hide(self, secret: str) -> None:
        """Hide a secret that was learned on the way, such as a value in an env file on the host."""
        with self._lock:
            self.masker.add(secret)

    def clean(self, text: str) -> list[str]:
        """The text as masked lines without terminal controls."""
        # Once before the text is cut into lines and once after: a secret may span lines, or hide between two escape sequences.
        return [self.masker(line) for line in clean_lines(self.masker(text))]

    def phrase(self, text: str) -> str:
        """The text as one masked line."""
        return " ".join(filter(None, (line.strip() for line in self.clean(text))))

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Everything said inside belongs to this stage; its seconds and round trips are told at its end."""
        start, trips = self.elapsed(), self.round_trips()
        with self._lock:
            self._last_done = ""
            self.voice.stage_begins(stage.value)
        failed = True
        try:
            yield
            failed = False
        finally:
            with self._lock:
                record = StageRecord(
                    name=stage.value,
                    start=start,
                    seconds=self.elapsed() - start,
                    round_trips=self.round_trips() - trips,
                    failed=failed,
                )
                self._told = replace(self._told, stages=(*self._told.stages, record))
                self.voice.stage_ends(record, self._last_done)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A foldable part within a stage."""
        with self._lock:
            self.voice.group_begins(self.phrase(title))
        try:
            yield
        finally:
            with self._lock:
                self.voice.group_ends()

    def hello(self, text: str) -> None:
        """The very first line: who speaks and what was asked."""
        with self._lock:
            self.voice.hello(self.phrase(text))

    def say(self, text: str) -> None:
        """One line about what is going on."""
        self._tell(Kind.SAY, text)

    def done(self, text: str) -> None:
        """One line about something that succeeded."""
        self._last_done = self.phrase(text)
        self._tell(Kind.DONE, text)

    def warn(self, text: str) -> None:
        """Something the user should know that does not fail the run; told once, however often it is found."""
        with self._lock:
            warning = "\n".join(self.clean(text))
            if warning in self._told.warnings:
                return
            self._told = replace(self._told, warnings=(*self._told.warnings, warning))
            self._tell(Kind.WARN, text)

    def output(self, text: str) -> None:
        """One line that another program printed."""
        self._tell(Kind.OUTPUT, text)

    def logged(self, text: str) -> None:
        """One line of a container's log."""
        self._tell(Kind.LOG, text)

    def evidence(self, title: str, lines: Iterable[str]) -> None:
        """Lines that show why something failed."""
        with self._lock:
            self.voice.evidence(self.keep_evidence(title, lines))

    def keep_evidence(self, title: str, lines: Iterable[str]) -> EvidenceRecord:
        """Evidence for the report alone."""
        clean = tuple(clean for line in lines for clean in self.clean(line))
        record = EvidenceRecord(title=self.phrase(title), lines=clean)
        with self._lock:
            self._told = replace(self._told, evidence=(*self._told.evidence, record))
        return record

    def step(self, record: StepRecord) -> None:
        """A step of the shift is over."""
        mark = StepMark(
            share=record.share,
            start=max(0.0, self.elapsed() - record.seconds),
            seconds=record.seconds,
            verdict=record.verdict,
            reason=self.phrase(record.reason),
            traffic=record.traffic,
        )
        with self._lock:
            self._told = replace(self._told, steps=(*self._told.steps, mark))
            self.voice.step(mark)

    def fact(self, name: str, value: str) -> None:
        """One fact about the host, for the report."""
        fact = (self.phrase(name), self.phrase(value))
        with self._lock:
            self._told = replace(self._told, facts=(*(known for known in self._told.facts if known[0] != fact[0]), fact))
            self.voice.tell(Kind.FACT, (f"{fact[0]}: {fact[1]}",))

    def _tell(self, kind: Kind, text: str) -> None:
        with self._lock:
            self.voice.tell(kind, self.clean(text))
