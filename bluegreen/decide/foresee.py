"""What a deployment would do, in words: the same decisions that it would take, told instead of taken."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

from bluegreen.decide.health import check_in_words
from bluegreen.decide.plan import Plan
from bluegreen.decide.processes import swap
from bluegreen.decide.recovery import Disarm, Forget, Promote, Remedy, Remove, Retire, Settle, Work
from bluegreen.decide.retention import kept
from bluegreen.decide.site_spec import own_url
from bluegreen.model.ask import Ask, ShiftStep
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Network, Role, network_name
from bluegreen.model.plan_report import PlanStep
from bluegreen.model.progress import Stage
from bluegreen.model.release import Settings
from bluegreen.model.replicas import Replicas

__all__ = ["changed_settings", "foreseen_candidate", "foreseen_steps", "site_diff", "unmade_network"]

_REPLICAS = 16


def unmade_network(app: str) -> Network:
    """What stands in a plan for the network that Docker has yet to give a subnet."""
    blue, green = (tuple(f"ADDRESS-OF-{color}{number or ''}" for number in (0, *range(2, _REPLICAS + 1))) for color in ("BLUE", "GREEN"))
    return Network(name=network_name(app), subnet="", blue=blue, green=green, gateway="ADDRESS-OF-THE-HOST")


def foreseen_candidate(plan: Plan) -> Replicas:
    """The planned candidate, as far as it is known before there is one."""
    release = plan.release
    first = Container(
        id="",
        name=plan.name,
        color=plan.color,
        release_id=release.id,
        version=release.version,
        settings_digest=release.settings.digest,
        role=Role.WEB,
        image_id=release.image_id,
        running=False,
        port=release.settings.container_port,
    )
    return Replicas(containers=tuple(replace(first, address=address) for address in plan.addresses))


def site_diff(before: str, after: str) -> tuple[str, ...]:
    """What changes in the site's text, as a unified diff; nothing when nothing does."""
    return tuple(difflib.unified_diff(before.splitlines(), after.splitlines(), "as it is", "as it would be", lineterm=""))


def changed_settings(old: Settings, new: Settings) -> tuple[str, ...]:
    """The names of the settings that differ; of variables only the names, since a value may be a secret."""
    names = []
    for each in fields(Settings):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if each.name == "env":
            names += [
                f"env {name}"
                for name in dict.fromkeys(name for name, _ in (*before, *after))
                if dict(before).get(name) != dict(after).get(name)
            ]
        elif before != after:
            names.append(each.name.replace("_", "-"))
    return tuple(names)


def foreseen_steps(ask: Ask, plan: Plan, repairs: Iterable[Remedy], *, reloads: bool) -> tuple[PlanStep, ...]:
    """Everything the deployment would do, in its order."""
    return (*_repairs(repairs), *(_refit(ask, plan, reloads=reloads) if plan.unchanged else _replace(ask, plan, reloads=reloads)))


def _repairs(repairs: Iterable[Remedy]) -> Iterator[PlanStep]:
    for remedy in repairs:
        match remedy:
            case Disarm(armed=armed):
                yield PlanStep(stage=None, text=f"take back the traffic of a deployment that died with the split at {armed.name}")
            case Settle(split=split):
                yield PlanStep(stage=None, text=f"end a deployment that died: all of the traffic goes to the {split.leader.value} release")
            case Retire(container=container):
                yield PlanStep(stage=None, text=f"drain and stop {container.name}, which an earlier deployment left running")
            case Remove(container=container):
                yield PlanStep(stage=None, text=f"remove {container.name}, which an earlier deployment left")
            case Promote(release=release) | Forget(release=release):
                yield PlanStep(stage=None, text=f"set the records of {release.version} right, which an earlier deployment left half-done")
            case Work(release=release):
                yield PlanStep(stage=None, text=f"start and stop workers, until they are those of {release.version}")


def _refit(ask: Ask, plan: Plan, *, reloads: bool) -> Iterator[PlanStep]:
    yield PlanStep(stage=Stage.BUILD, text=_build(ask))
    if reloads:
        yield PlanStep(stage=Stage.REROUTE, text="change NGINX's site as shown, and reload NGINX")
    yield PlanStep(stage=Stage.REROUTE, text=f"ask for {own_url(ask)} like a user, through the host's NGINX")
    yield from (PlanStep(stage=Stage.RETIRE, text=text) for text in _workers(plan, plan.color.other))


def _replace(ask: Ask, plan: Plan, *, reloads: bool) -> Iterator[PlanStep]:
    expect, command = ask.expect, ask.app.release_command
    yield PlanStep(stage=Stage.BUILD, text=_build(ask))
    if command is not None:
        yield PlanStep(stage=Stage.LAUNCH, text=f"run the release command once ({command.words[0]} …), for {command.timeout:g} s at most")
    number = len(plan.addresses)
    replicas = f", {number} replicas of it," if number > 1 else ""
    yield PlanStep(stage=Stage.LAUNCH, text=f"start {plan.name}{replicas} as the {plan.color.value} one, with no port published")
    yield PlanStep(
        stage=Stage.PROBE,
        text=f"{check_in_words(expect)} until it answers well {expect.successes} times in a row, within {expect.timeout:g} s; read its log",
    )
    if reloads:
        yield PlanStep(stage=Stage.REROUTE, text="change NGINX's site as shown, and reload NGINX")
    yield PlanStep(stage=Stage.REROUTE, text=_shift(ask, plan))
    yield PlanStep(stage=Stage.REROUTE, text=f"ask for {own_url(ask)} like a user, through the host's NGINX; then commit")
    yield from (PlanStep(stage=Stage.RETIRE, text=text) for text in _retire(ask, plan))


def _build(ask: Ask) -> str:
    return f"build {ask.build.tag} on the host" if ask.build else "build nothing"


def _shift(ask: Ask, plan: Plan) -> str:
    before = plan.live or plan.adopted
    if before is None:
        return "give it all of the traffic at once: there is no other release"
    steps = (*ask.traffic.steps, ShiftStep(share=100, hold=ask.traffic.watch))
    paused = next((number for number, step in enumerate(steps, 1) if step.pause and plan.live is not None), None)
    told = ", ".join(f"{step.share} % for {step.hold:g} s" for step in steps[:paused])
    return f"shift the traffic from {before.name}: {told}{', and pause there' if paused else ''}"


def _workers(plan: Plan, color: Color) -> Iterator[str]:
    todo = swap(plan.before.containers, plan.release, color, again=True)
    if todo.start:
        yield f"start the processes {', '.join(process.name for process in todo.start)}, and watch them"
    if todo.stop:
        yield f"stop {', '.join(container.name for container in todo.stop)}"


def _retire(ask: Ask, plan: Plan) -> Iterator[str]:
    if plan.live is not None:
        yield f"drain {plan.live.name} for {ask.retire.drain_timeout:g} s at most, then stop it"
    yield from _workers(plan, plan.color)
    earlier = tuple(release for release in plan.before.releases if release.id != plan.release.id)
    stay = kept((*earlier, plan.release), plan.release.id, ask.retire.keep)
    if older := [release.version for release in stay if release.id != plan.release.id]:
        yield f"keep {', '.join(older)} to roll back to"
    if gone := [release.version for release in earlier if release not in stay]:
        yield f"remove {', '.join(gone)}: its containers, and its image unless another release needs it"
