"""A listener that remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bluegreen.model.progress import Stage, StepRecord


class FakeProgress:
    """Remembers what was said, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warnings: list[str] = []
        self.proof: dict[str, list[str]] = {}
        self.stages: list[Stage] = []
        self.steps: list[StepRecord] = []
        self.hidden: list[str] = []

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        self.stages.append(stage)
        yield

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.said.append(title)
        yield

    def say(self, text: str) -> None:
        self.said.append(text)

    done = say
    output = say
    logged = say

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def evidence(self, title: str, lines: Iterable[str]) -> None:
        self.proof[title] = list(lines)

    def step(self, record: StepRecord) -> None:
        self.steps.append(record)

    def hide(self, secret: str) -> None:
        self.hidden.append(secret)

    def fact(self, name: str, value: str) -> None:
        self.said.append(f"{name}: {value}")
