"""Workers of the same image: swapped after the commit, watched, and never without somebody who works."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from bluegreen.commands.status import status
from bluegreen.errors import CandidateFailed, HostNotReady, Unreachable
from bluegreen.host import Answer
from bluegreen.model.ask import AppAsk
from bluegreen.model.container import RestartPolicy
from bluegreen.model.outcome import Result
from bluegreen.model.release import Process
from tests.flow.conftest import BRIEF, SETTINGS, Stage, ask_for

WORKER = Process(name="worker", words=("work",))
CLOCK = Process(name="clock", words=("tick", "--every", "5"))


def asking(*processes: Process) -> dict[str, Any]:
    """The inputs of a deployment with these processes."""
    return {"app": AppAsk(app="myexample", settings=replace(SETTINGS, processes=processes))}


BOTH = asking(WORKER, CLOCK)


def workers(stage: Stage) -> list[str]:
    """The running workers."""
    world = stage.host.world
    return sorted(c.name for c in world.containers.values() if c.process and world.now(c).running)


@pytest.fixture
def working(empty: Stage) -> Stage:
    """v1 serves, and its worker and its clock run."""
    empty.deploy("v1", **BOTH)
    empty.host.world.log_of_moves.clear()
    empty.host.world.ops.clear()
    return empty


def test_they_start_after_the_commit_and_outlive_a_reboot(working: Stage) -> None:
    """One container each, of the same release, with their own names."""
    assert workers(working) == ["myexample-clock-v1", "myexample-worker-v1"]
    world = working.host.world
    assert {world.restart[c.id] for c in world.containers.values() if c.process} == {RestartPolicy.UNLESS_STOPPED}
    seen = status(ask_for("v1"), working.host, working.tell, working.clock)
    assert {(c.process, c.address) for c in seen.containers} == {("", "10.9.0.2:8000"), ("worker", ""), ("clock", "")}
    assert seen.kept == ()


def test_the_next_release_brings_its_own(working: Stage) -> None:
    """The old ones are stopped and removed, and no worker is taken for a kept release."""
    working.deploy("v2", **BOTH)
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v2"]
    assert working.stopped() == ["myexample-v1"]


def test_new_and_old_ones_run_side_by_side_while_the_new_ones_are_watched(working: Stage) -> None:
    """No job waits for nobody: the old one is asked to stop when the new one has worked for ten seconds."""
    seen: list[list[str]] = []
    world, now = working.host.world, working.clock
    world.hooks["release_watch"] = lambda: now.at(now.time + 9, lambda: seen.append(workers(working)))
    working.deploy("v2", **BOTH)
    assert seen == [["myexample-clock-v1", "myexample-clock-v2", "myexample-worker-v1", "myexample-worker-v2"]]


def test_one_that_left_the_list_is_stopped(working: Stage) -> None:
    """And the one that stayed is swapped."""
    working.deploy("v2", **asking(WORKER))
    assert workers(working) == ["myexample-worker-v2"]


def test_a_changed_command_alone_is_another_release(working: Stage) -> None:
    """The processes are part of the settings."""
    assert working.deploy("v1", **BOTH).result is Result.UNCHANGED
    other = Process(name="worker", words=("work", "--harder"))
    assert working.deploy("v1", **asking(other, CLOCK)).result is Result.DEPLOYED
    assert len(workers(working)) == 2


def test_going_back_starts_none(working: Stage) -> None:
    """A candidate that fails never had workers; those of v1 never stopped."""
    working.apps["v2"].answer = Answer(status=500)
    before = dict(working.host.world.containers)
    with pytest.raises(CandidateFailed):
        working.deploy("v2", **BOTH)
    assert dict(working.host.world.containers) == before


def test_a_worker_that_fails_only_warns_and_the_old_one_goes_on(working: Stage) -> None:
    """The deployment succeeded; the warning is loud and has the log; the other process is swapped all the same."""
    working.apps["v2"].exits, working.apps["v2"].exit_after, working.apps["v2"].ill = 3, 4.0, "-worker-v2"
    assert working.deploy("v2", **BOTH).result is Result.DEPLOYED
    assert working.serving() == {"v2": 100}
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v1"]
    assert any("myexample-worker-v2 FAILED: it exited with code 3" in warning for warning in working.tell.warnings)
    assert any("myexample-worker-v2" in title for title in working.tell.proof)


def test_a_failed_worker_is_tried_again_by_the_same_deployment_and_by_nothing_else(working: Stage) -> None:
    """A command for something else does not repeat what failed; the same release again does, once it works."""
    working.apps["v2"].exits, working.apps["v2"].ill = 3, "-worker-v2"
    working.deploy("v2", **BOTH)
    working.apps["v3"].answer = Answer(status=500)
    working.tell.warnings.clear()
    with pytest.raises(CandidateFailed):
        working.deploy("v3", **BOTH)
    assert working.tell.warnings == []
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v1"]
    working.apps["v2"].exits = None
    assert working.deploy("v2", **BOTH).result is Result.DEPLOYED
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v2"]
    assert working.deploy("v2", **BOTH).result is Result.UNCHANGED


def test_a_worker_that_cannot_even_start_warns(working: Stage) -> None:
    """Its command is not in the image, for example."""
    world = working.host.world
    world.hooks["release_watch"] = lambda: world.faults.update(start=[CandidateFailed("no such file")])
    assert working.deploy("v2", **BOTH).result is Result.DEPLOYED
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v1"]
    assert any("worker" in warning and "no such file" in warning for warning in working.tell.warnings)


def test_rollback_brings_back_the_workers_of_that_time(working: Stage) -> None:
    """From the recipe: v2 had none."""
    working.deploy("v2")
    assert workers(working) == []
    assert working.rollback().version == "v1"
    assert len(workers(working)) == 2


def test_a_rollback_while_both_releases_run_keeps_the_workers_that_still_do(working: Stage) -> None:
    """v2 died before its first worker: nobody starts one for it on the way back, and nothing is created."""
    world = working.host.world
    world.hooks["settle"] = lambda: world.faults.update(settle=[Unreachable("cut")])
    working.deploy("v2", **BOTH)
    assert len(workers(working)) == 2
    world.ops.clear()
    assert working.rollback().version == "v1"
    assert "create" not in world.ops
    assert workers(working) == ["myexample-clock-v1", "myexample-worker-v1"]
    assert working.serving() == {"v1": 100}


def test_a_plan_tells_what_becomes_of_the_workers(working: Stage) -> None:
    """Which start, and which are stopped."""
    working.apps["v2"].exits, working.apps["v2"].ill = 3, "-worker-v2"
    told = "\n".join(step.text for step in working.plan("v2", **BOTH).steps)
    assert "start the processes worker, clock, and watch them" in told
    assert "stop myexample-worker-v1, myexample-clock-v1" in told
    working.deploy("v2", **BOTH)
    assert "start the processes worker, and watch them" in "\n".join(step.text for step in working.plan("v2", **BOTH).steps)


@pytest.mark.parametrize("op", ["create", "set_restart", "start", "inspect", "stop", "remove"])
def test_whatever_fails_in_the_swap_the_next_command_makes_it_right(working: Stage, op: str) -> None:
    """The deployment has succeeded; a worker of the old or of the new release runs all the time."""
    world = working.host.world
    world.hooks["release_watch"] = lambda: world.faults.update({op: [HostNotReady(f"{op} failed")]})
    assert working.deploy("v2", **BOTH).result is Result.DEPLOYED
    assert any(f"{op} failed" in warning for warning in working.tell.warnings)
    assert {name.split("-")[1] for name in workers(working)} == {"worker", "clock"}
    working.apps["v3"].answer = Answer(status=500)
    with pytest.raises(CandidateFailed):
        working.deploy("v3", **BOTH)
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v2"]
    assert working.stopped() == ["myexample-v1"]


def test_a_cancel_during_the_watch_leaves_both_and_the_next_command_ends_it(working: Stage) -> None:
    """The release is live, so the run ends well."""
    world, now = working.host.world, working.clock
    world.hooks["release_watch"] = lambda: now.at(now.time + 5, lambda: setattr(now, "cancelled", True))
    assert working.deploy("v2", **BOTH).result is Result.DEPLOYED
    assert len(workers(working)) == 4
    working.clock.cancelled = False
    assert working.deploy("v2", **BOTH).result is Result.UNCHANGED
    assert workers(working) == ["myexample-clock-v2", "myexample-worker-v2"]


def test_whenever_the_connection_is_cut_somebody_works_and_the_next_command_makes_it_right(new_stage: Callable[[], Stage]) -> None:
    """Every single operation of a deployment is the last that gets through, once; twice recovered is once recovered."""
    reference = new_stage()
    reference.deploy("v1", **BOTH, traffic=BRIEF)
    start = len(reference.host.world.ops)
    reference.deploy("v2", **BOTH, traffic=BRIEF)
    for cut in range(start + 1, len(reference.host.world.ops) + 1):
        stage = new_stage()
        stage.deploy("v1", **BOTH, traffic=BRIEF)
        stage.host.world.cut_at = cut
        with suppress(Unreachable):
            stage.deploy("v2", **BOTH, traffic=BRIEF)
        assert {name.split("-")[1] for name in workers(stage)} == {"worker", "clock"}, reference.host.world.ops[cut - 1]
        stage.host.world.cut_at = 0
        stage.apps["v3"].answer = Answer(status=500)
        for _ in range(2):
            with pytest.raises(CandidateFailed):
                stage.deploy("v3", **BOTH, traffic=BRIEF)
            (live,) = stage.serving()
            assert workers(stage) == [f"myexample-clock-{live}", f"myexample-worker-{live}"], reference.host.world.ops[cut - 1]
