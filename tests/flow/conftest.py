"""One app on one host in memory, and the words in which the flow tests speak of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bluegreen.commands.abort import abort
from bluegreen.commands.cleanup import cleanup
from bluegreen.commands.deploy import deploy
from bluegreen.commands.init import init
from bluegreen.commands.logs import logs
from bluegreen.commands.plan import plan
from bluegreen.commands.promote import promote
from bluegreen.commands.rollback import rollback
from bluegreen.commands.status import status
from bluegreen.model.ask import (
    AppAsk,
    Ask,
    BuildAsk,
    Command,
    ConnectionAsk,
    Control,
    Expectations,
    LogRules,
    LogsAsk,
    RetireAsk,
    ShiftStep,
    TrafficAsk,
)
from bluegreen.model.container import Image, RestartPolicy
from bluegreen.model.init_report import InitReport
from bluegreen.model.logs_report import LogsReport
from bluegreen.model.outcome import Outcome
from bluegreen.model.plan_report import PlanReport
from bluegreen.model.release import RunInfo, Settings
from bluegreen.model.status import StatusReport
from tests.fakes import App, FakeClock, FakeHost, FakeProgress

SETTINGS = Settings(container_port=8000, env=(("COLOR_OF_SKY", "blue"),))
BRIEF = TrafficAsk(steps=(ShiftStep(share=10, hold=2), ShiftStep(share=50, hold=2)), watch=2)
"""Where a deployment is cut at every single operation: the twentieth look of a step is the third one over again."""

PAUSING = TrafficAsk(steps=(ShiftStep(share=10, hold=1, pause=True), ShiftStep(share=50, hold=5)), watch=5)


def ask_for(version: str, **changes: Any) -> Ask:
    """What a workflow with steps at 10 and 50 % asks for."""
    asked = Ask(
        command=Command.DEPLOY,
        connection=ConnectionAsk(host="198.51.100.7", port=22, username="ubuntu", key="", fingerprints=("SHA256:x",)),
        build=BuildAsk(app="myexample", image="myexample", version=version, context=Path()),
        app=AppAsk(app="myexample", settings=SETTINGS),
        expect=Expectations(path="/healthz"),
        logs=LogRules(fail=(r"Traceback",)),
        traffic=TrafficAsk(steps=(ShiftStep(share=10, hold=10), ShiftStep(share=50, hold=10)), watch=10),
        retire=RetireAsk(),
        control=Control(),
        run=RunInfo(),
    )
    return replace(asked, **changes)


@dataclass
class Stage:
    """The host, the time, and what was told; `v1` and so on are apps whose behaviour a test may change."""

    host: FakeHost
    clock: FakeClock
    tell: FakeProgress
    apps: dict[str, App]

    def deploy(self, version: str, **changes: Any) -> Outcome:
        self.clock.time += 60
        return deploy(ask_for(version, **changes), self.host, self.tell, self.clock)

    def plan(self, version: str, **changes: Any) -> PlanReport:
        return plan(ask_for(version, command=Command.PLAN, **changes), self.host, self.tell, self.clock)

    def rollback(self, **changes: Any) -> Outcome:
        self.clock.time += 60
        return rollback(ask_for("", build=None, **changes), self.host, self.tell, self.clock)

    def cleanup(self, **changes: Any) -> Outcome:
        self.clock.time += 60
        return cleanup(ask_for("", build=None, **changes), self.host, self.tell, self.clock)

    def promote(self, **changes: Any) -> Outcome:
        self.clock.time += 60
        return promote(ask_for("", build=None, **changes), self.host, self.tell, self.clock)

    def abort(self, **changes: Any) -> Outcome:
        self.clock.time += 60
        return abort(ask_for("", build=None, **changes), self.host, self.tell, self.clock)

    def status(self, **changes: Any) -> StatusReport:
        return status(ask_for("", build=None, **changes), self.host, self.tell, self.clock)

    def logs(self, show: LogsAsk, **changes: Any) -> LogsReport:
        return logs(ask_for("", build=None, show=show, **changes), self.host, self.tell, self.clock)

    def init(self, container: str, **changes: Any) -> InitReport:
        app = AppAsk(app="", settings=SETTINGS)
        asked = ask_for("", command=Command.INIT, build=None, init_from=container, **{"app": app, **changes})
        return init(asked, self.host, self.tell, self.clock)

    def reboot(self) -> None:
        """/run is emptied, and those containers come up again that are to outlive it."""
        world = self.host.world
        world.routes = replace(world.routes, armed=None)
        for key, container in world.containers.items():
            world.containers[key] = replace(container, running=container.running and world.restart[key] is RestartPolicy.UNLESS_STOPPED)
        world.moved()

    def serving(self) -> dict[str, int]:
        return self.host.world.serving()

    def running(self) -> list[str]:
        return sorted(c.name for c in self.host.world.containers.values() if self.host.world.now(c).running)

    def stopped(self) -> list[str]:
        return sorted(c.name for c in self.host.world.containers.values() if not self.host.world.now(c).running)

    def nobody_was_dropped(self) -> bool:
        """At every move some release answered, and none was stopped while it had a share."""
        return not self.host.world.stopped_with_share and all("nobody" not in served for _, served in self.host.world.log_of_moves)


def _app(number: int) -> App:
    tag, day = f"myexample:v{number}", f"2026-01-0{number}"
    return App(image=Image(id=f"sha256:{number}" * 8, tags=(tag,), ports=(8000,), size=10**8, created=day))


@pytest.fixture
def new_stage() -> Callable[[], Stage]:
    """Makes hosts on which nothing was ever deployed."""

    def make() -> Stage:
        clock = FakeClock()
        host = FakeHost(clock)
        apps = {f"v{number}": _app(number) for number in range(1, 6)}
        host.world.apps = {app.image.id: app for app in apps.values()}
        return Stage(host=host, clock=clock, tell=FakeProgress(), apps=apps)

    return make


@pytest.fixture
def empty(new_stage: Callable[[], Stage]) -> Stage:
    """A host on which nothing was ever deployed."""
    return new_stage()


@pytest.fixture
def v1_live(empty: Stage) -> Stage:
    """A host on which v1 serves."""
    empty.deploy("v1")
    empty.host.world.log_of_moves.clear()
    empty.host.world.ops.clear()
    empty.host.world.logs_read.clear()
    empty.tell = FakeProgress()
    return empty


@pytest.fixture
def paused(v1_live: Stage) -> Stage:
    """A host on which v2 is paused beside v1, with 10 % of the requests."""
    v1_live.deploy("v2", traffic=PAUSING)
    v1_live.host.world.log_of_moves.clear()
    v1_live.host.world.ops.clear()
    return v1_live
