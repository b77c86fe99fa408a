"""The plan: which slot the candidate takes, and whether there is anything to do at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bluegreen.decide.history import withdrawn
from bluegreen.decide.retention import earlier
from bluegreen.errors import HostNotReady, NothingToRollBack
from bluegreen.model.ask import ShiftStep
from bluegreen.model.color import Color
from bluegreen.model.container import Network, Role
from bluegreen.model.event import Event
from bluegreen.model.neighbor import Adopted
from bluegreen.model.observed import Observed
from bluegreen.model.release import Release
from bluegreen.model.replicas import Replicas

__all__ = ["Plan", "make_plan", "newer_run", "no_pause", "promotion", "rollback_target", "steps_left", "still_running", "was_live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deployment will do: put `release` into the slot `color`.

    `before` is what was there when the plan was made. `live` are the containers that serve, None on a first deployment or when nothing
    runs. `unchanged` says that they are this very release already, all of it and reachable. `name` is what the candidate will be called, if
    nothing else is. `withdraws` is the release that is taken out of service on purpose: by a rollback. `running` are containers of
    `release` that still run in the slot, so that none need be made. `adopted` is the app that is not ours and has the traffic, in the other
    slot, until the first release is committed. `held` is the share that a paused deployment has given the candidate already.
    """

    before: Observed
    release: Release
    network: Network
    color: Color
    live: Replicas | None
    name: str
    unchanged: bool
    withdraws: Release | None = None
    running: Replicas | None = None
    adopted: Adopted | None = None
    held: int | None = None

    @property
    def stands_by(self) -> bool:
        """Whether the candidate is a release that was live a moment ago and still runs."""
        return self.running is not None and self.held is None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The fixed addresses of the candidate's replicas."""
        return self.network.addresses(self.color)[: self.release.settings.replicas]


def make_plan(observed: Observed, release: Release, network: Network, adopted: Adopted | None = None) -> Plan:
    """Where `release` goes, given what is there. If its recipe lies on the host already, it stays marked as committed.

    Raises `HostNotReady` when the app's network has fewer addresses than the release has replicas.
    """
    live, replicas = observed.live, release.settings.replicas
    free = Color.GREEN if adopted else Color.BLUE
    color = observed.live_color.other if observed.live_color else free
    known = observed.release(release.id)
    if (room := len(network.addresses(color))) < replicas:
        raise HostNotReady(
            f"The network {network.name} has addresses for {room} replicas of a release, not for {replicas}.",
            means="Docker's default-address-pools on this host give out small subnets.",
            todo='Lower `replicas`, or give /etc/docker/daemon.json pools with a larger "size" and remove the network.',
        )
    return Plan(
        before=observed,
        release=replace(release, committed_at=known.committed_at) if known else release,
        network=network,
        color=color,
        live=live,
        name=f"{release.app}-{release.version}",
        unchanged=live is not None and live.release_id == release.id and len(live) == replicas and live.reachable,
        adopted=adopted,
    )


def promotion(observed: Observed, candidate: Replicas, release: Release, network: Network, pause: Event | None) -> Plan:
    """How a paused deployment goes on: its candidate is there, with the share it was given. `pause` is the journal's line of it."""
    committed = observed.routes.committed
    held = committed.share(candidate.color) if committed else None
    withdraws = observed.release(pause.detail("withdraws")) if pause else None
    return replace(make_plan(observed, release, network), running=candidate, held=held, withdraws=withdraws)


def steps_left(steps: Iterable[ShiftStep], plan: Plan) -> tuple[ShiftStep, ...]:
    """The steps before all of the traffic: those beyond the share that is held already.

    A release that ran a moment ago and still runs is not tried bit by bit.
    """
    if plan.stands_by:
        return ()
    return tuple(step for step in steps if plan.held is None or step.share > plan.held)


def no_pause(steps: Iterable[ShiftStep], plan: Plan) -> str:
    """Why a step that asks for a pause does not get it, before anything is started; empty when none asks, or it does."""
    asked = next((step for step in steps if step.pause), None)
    if asked is None or plan.live is not None or plan.held is not None:
        return ""
    if plan.adopted is not None:
        return f"No pause at {asked.share} %: `abort` could not go back to {plan.adopted.name}, which is no release; it goes on to 100 %."
    return f"No pause at {asked.share} %: no other release serves, so there is nothing to share the traffic with; it goes to 100 % at once."


def newer_run(observed: Observed, release: Release, since: str) -> Release | None:
    """The live release, if a newer run of the same workflow committed it after `since` (RFC 3339): deploying now would go back in time.

    Only what was committed meanwhile counts: running an old workflow run again is how people go back on purpose.
    """
    live = observed.live
    served = observed.release(live.release_id) if live else None
    if served is None or not release.run.workflow or served.committed_at < since:
        return None
    same = (served.run.repository, served.run.workflow) == (release.run.repository, release.run.workflow)
    return served if same and served.run.number > release.run.number else None


def rollback_target(observed: Observed, events: Iterable[Event] = ()) -> Release:
    """The kept release that was committed last before the live one, and best one that was not rolled back itself.

    Raises `NothingToRollBack`.
    """
    if observed.routes.committed is None:
        raise NothingToRollBack(
            "This app has never been deployed on this host.",
            means="`rollback` goes back to the release before the live one, and there is none of either.",
            state="Nothing was changed.",
            todo="Check `app` (or `image`, whose last part is the app's name) and `host`.",
        )
    before = earlier(observed.releases, was_live(observed))
    if not before:
        raise NothingToRollBack(
            "There is no earlier release on the host to go back to.",
            means="Only one release was ever deployed here, or `keep: 0` removed the earlier ones at once.",
            state="Nothing was changed; the live release goes on serving.",
            todo="Deploy the version you want again, and use `keep: 1` or more to be able to roll back.",
        )
    history = tuple(events)
    return next((release for release in before if withdrawn(history, release.id) is None), before[0])


def was_live(observed: Observed) -> str:
    """The id of the release that serves, or did until it ended: then it is the one committed last."""
    if observed.live is not None:
        return observed.live.release_id
    return next((release.id for release in earlier(observed.releases, "")), "")


def still_running(observed: Observed) -> Replicas | None:
    """The release a rollback would return to, if all of it runs beside the live one in the other slot: then both are hot.

    So it is when a deployment died, or the host went down, between its commit and the end of the old release.
    """
    if (live := observed.live) is None:
        return None
    slot = (c for c in observed.containers if c.running and c.role is Role.WEB and c.color is live.color.other and c.address)
    target = next(iter(earlier(observed.releases, live.release_id)), None)
    found = Replicas.of(c for c in slot if target and c.release_id == target.id)
    return found if found and target and len(found) == target.settings.replicas else None
