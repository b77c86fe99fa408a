"""Recovery, over every state that a fault can leave: it never touches what is live, and doing it twice is doing it once."""

from __future__ import annotations

import itertools
from dataclasses import replace

from bluegreen.decide.recovery import Disarm, Forget, Promote, Remedy, Remove, Retire, Settle, remedies
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Role
from bluegreen.model.observed import Observed, Routes
from bluegreen.model.release import Release, Settings

_COMMITTED = [None, *(Split(green=green, hot=hot) for green in (0, 100) for hot in (False, True))]
_ARMED = [None, Split(green=0), Split(green=100), Split(green=30, hot=True), Split(green=100, hot=True)]


def _release(version: str, committed_at: str) -> Release:
    return Release(
        app="x",
        version=version,
        image="x",
        image_id=f"sha256:{version}",
        settings=Settings(container_port=80),
        committed_at=committed_at,
    )


def _container(release: Release, color: Color, *, running: bool, role: Role = Role.WEB) -> Container:
    return Container(
        id=f"{release.version}-{color.value}-{role.value}",
        name=release.version,
        color=color,
        release_id=release.id,
        version=release.version,
        settings_digest="",
        role=role,
        image_id=release.image_id,
        running=running,
    )


BLUE, GREEN = _release("v1", "2026-01-01T00:00:00Z"), _release("v2", "")
_STATES = [
    Observed(routes=Routes(committed=committed, armed=armed), containers=containers, releases=releases)
    for committed, armed in itertools.product(_COMMITTED, _ARMED)
    for containers in (
        (),
        (_container(BLUE, Color.BLUE, running=True),),
        (_container(BLUE, Color.BLUE, running=True), _container(GREEN, Color.GREEN, running=True)),
        (_container(BLUE, Color.BLUE, running=False), _container(GREEN, Color.GREEN, running=True)),
        (_container(BLUE, Color.BLUE, running=True), _container(GREEN, Color.GREEN, running=False)),
        (_container(BLUE, Color.BLUE, running=True), _container(GREEN, Color.GREEN, running=True, role=Role.RELEASE_COMMAND)),
    )
    for releases in ((), (BLUE,), (BLUE, GREEN), (GREEN,))
]


def _after(observed: Observed, steps: tuple[Remedy, ...]) -> Observed:
    """The host after the steps were taken."""
    for step in steps:
        match step:
            case Disarm():
                observed = replace(observed, routes=replace(observed.routes, armed=observed.routes.committed))
            case Settle(split=split):
                observed = replace(observed, routes=Routes(committed=split, armed=split))
            case Retire(container=container, remove=True) | Remove(container=container):
                observed = replace(observed, containers=tuple(c for c in observed.containers if c.id != container.id))
            case Retire(container=container):
                rest = tuple(replace(c, running=False) if c.id == container.id else c for c in observed.containers)
                observed = replace(observed, containers=rest)
            case Promote(release=release):
                marked = tuple(replace(r, committed_at="now") if r.id == release.id else r for r in observed.releases)
                observed = replace(observed, releases=marked)
            case Forget(release=release):
                observed = replace(observed, releases=tuple(r for r in observed.releases if r.id != release.id))
    return observed


def test_recovery_ends_in_one_plain_route_and_leaves_the_live_release_alone() -> None:
    """Whatever was left: afterwards one color has everything or nothing was ever committed, and nobody but the live one runs."""
    for observed in _STATES:
        live = observed.live
        after = _after(observed, remedies(observed))
        committed = after.routes.committed
        assert after.live_color == observed.live_color, observed
        assert after.live == live, observed
        assert committed is None or (committed.green in (0, 100) and not committed.hot), observed
        assert after.routes.armed in (None, committed), observed
        assert [c for c in after.containers if c.running] == list(live or ()), observed
        assert all(release.committed_at for release in after.releases), observed
        assert remedies(after) == (), observed


def test_a_kept_release_is_stopped_and_not_removed() -> None:
    """The old release of a deployment that died after its commit is what a rollback needs."""
    old, new = _container(BLUE, Color.BLUE, running=True), _container(GREEN, Color.GREEN, running=True)
    routes = Routes(committed=Split(green=100, hot=True), armed=None)
    steps = remedies(Observed(routes=routes, containers=(old, new), releases=(BLUE, GREEN)))
    assert steps == (Settle(split=Split(green=100)), Retire(container=old, remove=False), Promote(release=GREEN))


def test_nothing_is_done_on_a_host_that_is_well() -> None:
    """The usual case costs nothing."""
    observed = Observed(
        routes=Routes(committed=Split(green=0), armed=Split(green=0)),
        containers=(_container(BLUE, Color.BLUE, running=True),),
        releases=(BLUE,),
    )
    assert remedies(observed) == ()
