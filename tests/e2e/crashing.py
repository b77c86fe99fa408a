"""Deployments that something happens to at a chosen operation, and what must hold of the host and its users whatever that was."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.box import Box
from tests.e2e.blow import HOME, Blow, Fault, Moment
from tests.e2e.deploying import APP_NAME, containers, plain, route, users
from tests.e2e.operations import Operations
from tests.e2e.product import Done, Product, Running, serving
from tests.load import Kind, Record

__all__ = ["Crash", "Ground"]

_LEASE = 3
_INPUTS = {
    "lease": f"{_LEASE}s",
    "timeout": "6s",
    "health-successes": "2",
    "shift": "50% 0.5s",
    "watch": "0.5s",
    "drain-timeout": "5s",
    "stop-timeout": "3s",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """What came of one. `struck` is the operation's number in the whole run, 0 when it never came; `during` the output's last line by then.

    `locked` says whether the run held the app's lock by then, `serves` which release did once the host was quiet, `old` or `new`,
    `seconds` how long after the fault that was; `exit_code` is the run's own.
    """

    struck: int
    locked: bool
    during: str
    exit_code: int
    serves: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Versions:
    """The releases of one crash: live before it, deployed during it, deployed after it."""

    old: str
    new: str
    last: str


class Ground:
    """A box on which one release is live, and which every crash leaves to the next: nothing is ever tidied up by hand."""

    def __init__(self, box: Box, directory: Path) -> None:
        self.box = box
        self._directory = directory
        self._product = Product(box, directory)
        self._product.inputs |= _INPUTS
        self._number = 1
        self._live = "v1"
        self._deploy_next("v1")

    def crash(self, fault: Fault, moment: Moment) -> Crash:
        """Deploy, let the fault happen, and deploy again, with users all the while. AssertionError tells what breaks the promise."""
        versions = _Versions(old=self._live, new=f"v{self._number + 1}", last=f"v{self._number + 2}")
        self._number += 2
        with users(self.box, self._directory / f"{versions.new}.jsonl", get=60, post=40) as load:
            blow = Blow(self.box, fault, moment, versions.new)
            found, back = self._struck(blow, versions)
            records = load.stop()
        _nobody_noticed(records, (blow.at, back) if fault is Fault.REBOOT and blow.struck else (0.0, 0.0))
        met = {record.version for record in records if record.version}
        assert {versions.old, versions.last} <= met <= {versions.old, versions.new, versions.last}
        return found

    def _struck(self, blow: Blow, versions: _Versions) -> tuple[Crash, float]:
        """The crash, and when the host answered again (wall clock)."""
        with Operations(self.box.address, blow.before) as way:
            running = self._product.start_deploy(versions.new, host="127.0.0.1", port=str(way.port))
            try:
                blow.wait(running, way)
                frozen = blow.fault is Fault.FREEZE and bool(blow.struck)
                done = None if frozen else running.finish(60)
                assert done is None or _gone(running.process.pid), "a process of the deployer outlived it"
                back = _first_answer(self.box)
                serves = self._quiet(versions)
                seconds = time.time() - blow.at
                self._deploy_next(versions.last)
                if done is None:
                    done = self._thaw(running, blow)
            finally:
                _end(running)
        assert "bug of its own" not in plain(done.out), done.out
        assert done.exit_code or versions.new in {serves, self._live}, f"a green run that never served:\n{done.out}"
        found = Crash(
            struck=blow.struck,
            locked=blow.locked,
            during=blow.during,
            exit_code=done.exit_code,
            serves="new" if serves == versions.new else "old",
            seconds=seconds,
        )
        return found, back

    def _quiet(self, versions: _Versions) -> str:
        """The version that serves once nobody holds the lock. Asserts that it does so alone, and that no unserved candidate runs."""
        held = self.box.sh(f"flock -w {_LEASE + 12} {HOME}/lock true && echo free || cat {HOME}/owner")
        assert held == "free", f"the lock is still held by {held}"
        answered = serving(self.box, count=20)
        assert set(answered) in ({versions.old}, {versions.new}), f"these answer: {answered}"
        serves = next(iter(answered))
        allowed = [{versions.old}] if serves == versions.old else [{versions.old, versions.new}, {versions.new}]
        assert self._running() in allowed, f"{serves} serves, and these run: {self._running()}"
        armed, committed = route(self.box)
        assert armed in {committed, "-"}, f"armed is {armed}, committed {committed}"
        return serves

    def _deploy_next(self, version: str) -> None:
        """The next deployment, by the straight way and with nothing done for it."""
        done = self._product.deploy(version, timeout=60)
        assert done.exit_code == 0, f"the next deployment failed:\n{done.out}"
        self._live = version
        self._only(version)

    def _only(self, version: str) -> None:
        """Assert that this release serves and runs, and that of all the others one is kept at most."""
        assert set(serving(self.box, count=10)) == {version}
        assert self._running() == {version}
        found = containers(self.box)
        assert len(found) <= 2, f"more than the live and the kept container: {found}"
        assert len(self.box.sh(f"ls {HOME}/releases").split()) == len(found)
        assert not self.box.sh(f"ls {HOME}/preview")

    def _thaw(self, running: Running, blow: Blow) -> Done:
        """Wake the deployer up. One that held the lock finds it lost, and no way left to do anything.

        One that had not taken it yet only comes late, like any deployment that is started now.
        """
        before = containers(self.box)
        running.process.send_signal(signal.SIGCONT)
        done = running.finish(60)
        if blow.locked:
            assert done.exit_code in {0, 3}, done.out
            assert containers(self.box) == before, done.out
        else:
            self._live = next(iter(serving(self.box, count=1)))
        self._only(self._live)
        return done

    def _running(self) -> set[str]:
        lines = (line.split() for line in containers(self.box))
        return {name.removeprefix(f"{APP_NAME}-") for name, state, *_ in lines if state not in {"exited", "created"}}


def _first_answer(box: Box) -> float:
    assert _within(20.0, lambda: not set(serving(box, count=1)) & {"502", "503", "504", "ConnectionRefusedError"}), "nobody answers"
    return time.time()


def _end(running: Running) -> None:
    """Whatever failed, nothing of the run stays behind, frozen or not."""
    with suppress(ProcessLookupError):
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait(5)


def _gone(group: int) -> bool:
    """Whether no process of this group is left, within three seconds."""
    return _within(3.0, lambda: not any(_belongs(stat, group) for stat in Path("/proc").glob("[0-9]*/stat")))


def _belongs(stat: Path, group: int) -> bool:
    try:
        state, _, member_of = stat.read_text().rpartition(") ")[2].split()[:3]
    except OSError:
        return False
    return int(member_of) == group and state != "Z"


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _nobody_noticed(records: list[Record], down: tuple[float, float]) -> None:
    """Assert that every user was answered, but for those who came while the host was down."""
    failed = [record for record in records if record.failed and not (record.end >= down[0] and record.start <= down[1])]
    assert not failed, f"{len(failed)} of {len(records)} requests failed, the first: {failed[0]}"
    for kind in (Kind.GET, Kind.POST):
        assert sum(record.kind is kind for record in records) > 100, "too few users to prove anything"
