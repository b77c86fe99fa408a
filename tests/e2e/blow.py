"""One fault that strikes a deployment once, just before a chosen operation; the product has no hook for it, and needs none."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from enum import Enum

from tests.box import Box
from tests.e2e.deploying import APP_NAME, plain
from tests.e2e.operations import Operations
from tests.e2e.product import Running

__all__ = ["HOME", "Blow", "Fault", "Moment"]

HOME = f"/var/lib/bluegreen/apps/{APP_NAME}"
_KILL_GUARDIAN = "kill -KILL $(pgrep -o -f '^bash -c .*bluegreen-[g]uardian')"


class Fault(Enum):
    """What happens to a deployment."""

    KILL = "kill -9 of the deployer"
    CUT = "the connection is reset"
    SILENCE = "the network vanishes"
    FREEZE = "the deployer is stopped, and wakes up after the next deployment"
    GUARDIAN = "kill -9 of the guardian"
    REBOOT = "the host's plug is pulled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Just before the `number`th operation since the output held `after`, in which VERSION stands for the candidate's version."""

    number: int
    after: str = ""


class Blow:
    """Waits for its moment, and strikes once. `struck` is the operation's number in the whole run, `at` the moment (wall clock)."""

    def __init__(self, box: Box, fault: Fault, moment: Moment, version: str) -> None:
        self.fault = fault
        self.struck = 0
        self.locked = False
        self.during = ""
        self.at = time.time()
        self._box = box
        self._number = moment.number
        self._text = moment.after.replace("VERSION", version)
        self._since: int | None = None
        self._running: Running | None = None
        self._way: Operations | None = None
        self._known = threading.Event()
        self._over = threading.Event()

    def before(self, number: int) -> bool:
        """Strike when it is time; whether the operation still goes through."""
        self._known.wait(10)
        if self._running is None or self._way is None or self.struck:
            return True
        if self._since is None and self._text in self._told(self._running):
            self._since = number - 1
        if self._since is None or number - self._since != self._number:
            return True
        self.locked = self._box.sh(f"flock -n {HOME}/lock true || echo held") == "held"
        self.during = self._told(self._running).splitlines()[-1]
        self.at = time.time()
        self.struck = number
        try:
            return self._strike(self._running, self._way)
        finally:
            self._over.set()

    def wait(self, running: Running, way: Operations) -> None:
        """Until it has struck this run, or the run has ended before that."""
        self._running, self._way = running, way
        self._known.set()
        while not self._over.wait(0.05) and (self.struck or running.process.poll() is None):
            continue

    def _told(self, running: Running) -> str:
        lines = (plain(line) for line in running.log.read_text().splitlines() if not line.startswith("::"))
        return "\n".join(["nothing yet", *(line for line in lines if line)])

    def _strike(self, running: Running, way: Operations) -> bool:
        match self.fault:
            case Fault.KILL:
                running.process.kill()
                return False
            case Fault.CUT:
                way.cut()
                return False
            case Fault.SILENCE:
                way.fall_silent()
            case Fault.FREEZE:
                running.process.send_signal(signal.SIGSTOP)
            case Fault.GUARDIAN:
                self._box.sh(_KILL_GUARDIAN, check=self.locked)
            case Fault.REBOOT:
                self._box.reboot(hard=True)
        return True
