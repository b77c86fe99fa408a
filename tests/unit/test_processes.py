"""Which workers start, stay and leave, over what faults can leave behind; and how they are asked for and labelled."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bluegreen.decide.processes import swap
from bluegreen.decide.recovery import Work, remedies
from bluegreen.decide.retention import spare_containers
from bluegreen.host import ContainerSpec
from bluegreen.host.engine_body import container_body
from bluegreen.host.engine_read import listed_container
from bluegreen.inputs.parse import phrases
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Role
from bluegreen.model.observed import Observed, Routes
from bluegreen.model.options import parse_options
from bluegreen.model.release import Process, Release, Settings
from bluegreen.model.replicas import Replicas
from tests.unit.test_decide import NETWORK, container_of, release_of

WORKER, CLOCK = Process(name="worker", words=("work",)), Process(name="clock", words=("tick",))
OLD, NEW = (replace(release_of(version), settings=Settings(container_port=8000, processes=(WORKER, CLOCK))) for version in ("v1", "v2"))


def worker_of(release: Release, color: Color, name: str = "worker", **changes: object) -> Container:
    """A worker's container."""
    container = container_of(f"{release.version}-{name}", color, release_id=release.id, role=Role.PROCESS, process=name)
    return replace(container, **changes)  # type: ignore[arg-type]  # any field


def test_what_is_missing_starts_and_what_is_replaced_stops() -> None:
    """The old ones of the same name, and those that left the list."""
    gone = worker_of(OLD, Color.BLUE, "mailer")
    old = worker_of(OLD, Color.BLUE)
    todo = swap([old, gone, container_of("v2", Color.GREEN)], NEW, Color.GREEN, again=True)
    assert todo.start == (WORKER, CLOCK)
    assert todo.stop == (old, gone)
    assert not todo.watch


def test_of_one_release_in_both_slots_the_live_slots_workers_stay() -> None:
    """A release that was made whole again is in the other color: its workers are new ones, with the same release id."""
    old, new = worker_of(NEW, Color.BLUE), worker_of(NEW, Color.GREEN)
    todo = swap([old, new, worker_of(NEW, Color.GREEN, "clock")], NEW, Color.GREEN, again=True)
    assert (todo.start, todo.watch, todo.stop) == ((), (new,), (old,))


@pytest.mark.parametrize("again", [True, False])
def test_one_that_failed_is_tried_again_only_on_purpose(again: bool) -> None:  # noqa: FBT001
    """Until then its predecessor works; one that was created and never started did not fail."""
    old, failed = worker_of(OLD, Color.BLUE), worker_of(NEW, Color.GREEN, running=False)
    todo = swap([old, failed, worker_of(NEW, Color.GREEN, "clock")], NEW, Color.GREEN, again=again)
    assert bool(todo) == again
    assert todo.start == ((WORKER,) if again else ())
    fresh = replace(failed, fresh=True)
    todo = swap([old, fresh], NEW, Color.GREEN, again=False)
    assert (todo.start, todo.spent, todo.stop) == ((WORKER, CLOCK), (fresh,), (old,))


def test_recovery_ends_what_a_fault_began_and_then_finds_nothing() -> None:
    """Whatever part of old and new workers is there: afterwards each name has one that runs, or the witness of its failure."""
    states: tuple[dict[str, bool], ...] = ({}, {"running": False}, {"running": False, "fresh": True})
    parts = [
        (None, *(worker_of(release, color, name, **state) for state in states))
        for release, color in ((OLD, Color.BLUE), (NEW, Color.GREEN))
        for name in ("worker", "clock")
    ]
    web = container_of("v2", Color.GREEN, release_id=NEW.id)
    for chosen in itertools.product(*parts):
        there = tuple(container for container in chosen if container is not None)
        observed = Observed(routes=Routes(committed=Split(green=100), armed=None), containers=(web, *there), releases=(NEW,))
        work = [remedy for remedy in remedies(observed) if isinstance(remedy, Work)]
        todo = work[0].todo if work else swap(there, NEW, Color.GREEN, again=False)
        left = [c for c in there if c not in (*todo.spent, *todo.stop)]
        left += [worker_of(NEW, Color.GREEN, process.name) for process in todo.start]
        again = replace(observed, containers=(web, *left))
        assert remedies(again) == (), there
        assert {c.process for c in left if (c.color, c.release_id) == (Color.GREEN, NEW.id)} == {"worker", "clock"}, there


def test_without_a_live_release_or_its_recipe_nobody_is_touched() -> None:
    """Whoever works goes on."""
    old = worker_of(OLD, Color.BLUE)
    for containers, releases in (((old,), (NEW,)), ((old, container_of("v2", Color.GREEN, release_id=NEW.id)), ())):
        observed = Observed(routes=Routes(committed=Split(green=100), armed=None), containers=containers, releases=releases)
        assert remedies(observed) == ()


def test_a_worker_is_never_taken_for_a_release() -> None:
    """Neither a running one nor the witness of a failure is a spare container."""
    web = container_of("v2", Color.GREEN, release_id=NEW.id)
    workers = [worker_of(NEW, Color.GREEN), worker_of(OLD, Color.BLUE, running=False)]
    assert spare_containers([web, *workers], Replicas(containers=(web,)), [NEW]) == ()


def test_a_workers_label_is_its_name_and_it_has_no_address() -> None:
    """Identity is labels: what is created so is read back so."""
    spec = ContainerSpec(
        app="x", name="x-worker-v2", color=Color.GREEN, release_id=NEW.id, version="v2", image_id="sha256:v2", settings=NEW.settings,
        role=Role.PROCESS, process="worker", network=NETWORK, words=WORKER.words,
    )  # fmt: skip
    body = container_body(spec, parse_options(()), None)
    assert body["Cmd"] == ["work"]
    assert body["NetworkingConfig"]["EndpointsConfig"][NETWORK.name] == {}
    read = listed_container("x", {"Id": "1", "Labels": body["Labels"], "State": "created"})
    assert read is not None
    assert (read.role, read.process, read.fresh, read.color) == (Role.PROCESS, "worker", True, Color.GREEN)
    assert listed_container("x", {"Id": "1", "Labels": {**body["Labels"], "bluegreen.role": ""}}) is None


def test_a_recipe_with_processes_is_read_as_it_is_written() -> None:
    """And one of a version of ours that knew of none is read as well."""
    assert Release.from_json(NEW.to_json()) == NEW
    older = replace(NEW, settings=Settings(container_port=8000))
    assert Release.from_json(older.to_json().replace(', "processes": [], "replicas": 1', "")) == older


def test_processes_are_asked_for_one_a_line() -> None:
    """Split as a command is; a comment and an empty line say nothing."""
    asked = "# the queue\nworker: python -m app.worker --queue 'a b'\n\n clock : tick\n"
    assert phrases.processes(asked) == (("worker", ("python", "-m", "app.worker", "--queue", "a b")), ("clock", ("tick",)))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("worker", "is no `name: command`"),
        ("Worker: x", "is no `name: command`"),
        ("web: x", "a meaning of its own"),
        ("worker:", "has no command"),
        ("worker: a && b", "`worker`: `&&` needs a shell"),
        ("worker: a\nworker: b", "twice"),
    ],
)
def test_a_process_that_cannot_be_understood_is_named(line: str, says: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(ValueError, match=says):
        phrases.processes(line)
