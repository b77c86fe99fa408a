"""Watches from outside what a host declares about an app's traffic while it is deployed to; the load's checker judges by it."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bluegreen.model.color import Color, Split
from tests.box.box import Box
from tests.load.checker import Died, Phase

__all__ = ["Watch"]

# As the load generator has it: an eye that looks away tells nothing.
_NICE = ("nice", "-n", "-10")


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Everything told so far: routes (when last seen otherwise, when seen, armed, committed), versions by color, ends of containers."""

    routes: list[tuple[float, float, Split | None, Split | None]] = field(default_factory=list)
    versions: list[tuple[float, Color, str]] = field(default_factory=list)
    told_to_stop: set[str] = field(default_factory=set)
    died: list[tuple[float, Color, str]] = field(default_factory=list)


class Watch:
    """The declared traffic of one app from `start` to `stop`, and the deaths of its releases; also a context manager."""

    def __init__(self, box: Box, app: str) -> None:
        self._argv = (*box.engine.client, "exec", "-i", box.container, *_NICE, "/usr/local/lib/bluegreen-box/watch.sh", app)
        self._seen = _Seen()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._whole = False
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Begin; returns once the present state is known."""
        # It ends when its input does, so also when we are killed.
        self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._thread = threading.Thread(target=self._read, name="watch", daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            message = "the watch on the box did not start"
            raise RuntimeError(message)
        return self

    def stop(self) -> None:
        """End, here and in the box.

        Raises:
            RuntimeError: it had ended by itself, so what it told is not the whole truth.

        """
        process, thread = self._process, self._thread
        if process is None or process.stdin is None or process.stdout is None or thread is None:
            return
        process.stdin.close()
        returncode = process.wait(10)
        thread.join(10)
        process.stdout.close()
        if returncode or not self._whole:
            message = f"the watch on the box went blind (it ended with {returncode})"
            raise RuntimeError(message)

    def phases(self) -> list[Phase]:
        """What was declared, in order: the armed route while there is one, else the committed; versions by docker's labels."""
        with self._lock:
            told: list[Phase] = []
            for after, at, armed, committed in self._seen.routes:
                split = armed or committed
                shares = {} if split is None else _shares(split, at, self._seen.versions)
                if not told or dict(told[-1].shares) != shares:
                    told.append(Phase(at=at, after=after, shares=shares))
            return told

    def deaths(self) -> list[Died]:
        """The releases whose process ended without having been told to, while they had traffic."""
        phases = self.phases()
        with self._lock:
            ends = tuple(self._seen.died)
        return [Died(at=at, version=version) for at, _, version in ends if _share(phases, at, version) > 0]

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        for line in self._process.stdout:
            what, *fields = line.split()
            with self._lock:
                if what == "route":
                    after, at, armed, committed = fields
                    self._seen.routes.append((float(after), float(at), Split.parse(armed), Split.parse(committed)))
                else:
                    self._note(*fields)
            if what == "route":
                self._ready.set()
        self._whole = True

    def _note(self, action: str, nanoseconds: str, container: str, slot: str, version: str) -> None:
        at, color = int(nanoseconds) / 1e9, Color(slot)
        if action == "start":
            self._seen.versions.append((at, color, version))
            self._seen.told_to_stop.discard(container)
        elif action in {"kill", "stop"}:
            self._seen.told_to_stop.add(container)
        elif container not in self._seen.told_to_stop:
            self._seen.died.append((at, color, version))


def _shares(split: Split, at: float, versions: list[tuple[float, Color, str]]) -> dict[str, int]:
    """The percentages by version; a color without traffic is left out unless the split is hot."""
    told: dict[str, int] = {}
    for color in Color:
        share = split.share(color)
        running = [version for since, slot, version in versions if slot is color and since <= at]
        if running and (share or split.hot):
            told[running[-1]] = told.get(running[-1], 0) + share
    return told


def _share(phases: list[Phase], at: float, version: str) -> int:
    """The version's percentage at a moment."""
    current = [phase for phase in phases if phase.at <= at]
    return current[-1].shares.get(version, 0) if current else 0
