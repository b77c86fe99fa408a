"""Shells that wait on the host for a command: with one at hand, a command costs one round trip instead of three."""

from __future__ import annotations

import contextlib
import shlex
import threading
from collections.abc import Callable, Sequence

from bluegreen.host.link import GONE, Channel

__all__ = ["SHELL", "Shells", "command_line"]

#: What a waiting shell is. bash reads standard input byte by byte up to the end of our line (dash does not), so the rest of the input is
#: still there for the command; `--norc`, because the login shell has read ~/.bashrc already; `exec`, so that its parent is the session.
SHELL = "exec bash --norc"
_WANTED = 2


def command_line(argv: Sequence[str]) -> str:
    """The one place where words become a command for the host's shell, which is replaced by it."""
    return f"exec {shlex.join(argv[1:] if argv[0] == 'exec' else argv)}"


class Shells:
    """Keeps a few of them waiting. `start` opens a session and starts `SHELL` in it; whatever it raises means that there is none."""

    def __init__(self, start: Callable[[], Channel]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._waiting: list[Channel] = []
        self._coming = 0
        self._wanted = _WANTED
        self._refill()

    def take(self) -> Channel | None:
        """One that can be given its command at once; None when none is ready, and then it is quicker to start the command itself."""
        taken = None
        with self._lock:
            for shell in [shell for shell in self._waiting if shell.closed or shell.eof_received]:
                self._waiting.remove(shell)
            for shell in self._waiting:
                if shell.send_ready():
                    self._waiting.remove(shell)
                    taken = shell
                    break
        self._refill()
        return taken

    def give_up(self) -> None:
        """The host has no sessions to spare: end those that wait, and start no more."""
        with self._lock:
            self._wanted = 0
            given, self._waiting = self._waiting, []
        for shell in given:
            with contextlib.suppress(*GONE):
                shell.close()

    def _refill(self) -> None:
        with self._lock:
            missing = self._wanted - len(self._waiting) - self._coming
            self._coming += max(0, missing)
        for _ in range(missing):
            threading.Thread(target=self._bring, name="bluegreen-shell", daemon=True).start()

    def _bring(self) -> None:
        shell = None
        try:
            shell = self._start()
        except Exception:  # noqa: BLE001 - a spare that does not come is no loss, whatever the reason
            with self._lock:
                self._wanted = 0
        with self._lock:
            self._coming -= 1
            if shell is not None and self._wanted:
                self._waiting.append(shell)
                return
        if shell is not None:
            with contextlib.suppress(*GONE):
                shell.close()
