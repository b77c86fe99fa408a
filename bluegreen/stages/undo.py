"""The undo stack: each effect of a deployment pushes its reversal, and the commit drops them all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from bluegreen.errors import BlueGreenError, UndoFailed, Unreachable
from bluegreen.host import Clock
from bluegreen.model.progress import Progress

__all__ = ["Undo"]


class Undo:
    """An `ExitStack` whose steps run shielded from a second signal and never hide the error that made them run.

    When a step itself fails, the others still run, and the first error leaves as `UndoFailed`, which names both.
    A lost connection is no failed undo: the guardian takes the traffic back by itself, and recovery does the rest.
    """

    def __init__(self, tell: Progress, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._stack = ExitStack()
        self._failures: list[str] = []
        self.cause: BaseException | None = None
        """The error that makes the steps run."""

    def push(self, what: str, step: Callable[[], None]) -> None:
        """Remember how to reverse an effect; `what` completes the sentence “could not …”."""
        self._stack.callback(self._run, what, step)

    def commit(self) -> None:
        """Nothing that was pushed will be undone."""
        self._stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._stack.pop_all()
            return
        self.cause = error
        with self._clock.shield():
            self._stack.close()
        if self._failures:
            raise UndoFailed(
                str(error),
                means="And undoing it failed: " + "; ".join(self._failures),
                todo="Once the cause is gone, deploy again: a deployment begins by repairing what an earlier one left.",
            ) from error

    def _run(self, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Unreachable as error:
            self._tell.warn(f"could not {what} from here: {error.what} The host undoes it by itself.")
        except BlueGreenError as error:
            self._failures.append(f"could not {what}: {error.what}")
