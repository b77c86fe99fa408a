"""Launch: the candidate, unexposed (`docker run`), after the release command has run once."""

from __future__ import annotations

from dataclasses import replace

from bluegreen.decide.health import exited
from bluegreen.decide.logs import plain
from bluegreen.decide.plan import Plan
from bluegreen.errors import BlueGreenError, CandidateFailed
from bluegreen.host import ContainerSpec
from bluegreen.model.ask import ReleaseCommand
from bluegreen.model.container import Container, Role
from bluegreen.model.replicas import Replicas
from bluegreen.stages.create import create
from bluegreen.stages.drain import watch_over
from bluegreen.stages.job import Job
from bluegreen.stages.undo import Undo

__all__ = ["launch"]

_POLL = 0.2


def launch(job: Job, plan: Plan, undo: Undo) -> Replicas:
    """Run the release command, then create and start the candidate's replicas; the undo is to stop and remove them."""
    if plan.running is not None:
        return _standing_by(job, plan, plan.running, undo)
    if job.ask.app.release_command is not None:
        with job.tell.group(f"release command: {job.ask.app.release_command.words[0]} …"):
            _run_once(job, job.ask.app.release_command, plan)
    undo.push("remove the candidate", lambda: _discard(job, plan))
    started = []
    for number, address in enumerate(plan.addresses, 1):
        created = create(job, _web(plan, address, "" if number == 1 else f"_{number}"))
        # Before it starts: if we die between the two, nobody else would stop it.
        watch_over(job, [created])
        started.append(job.host.containers.start(created))
    candidate = Replicas(containers=tuple(started))
    names, places = " and ".join(candidate.names), " and ".join(candidate.servers)
    runs = "runs as the" if len(candidate) == 1 else "run as the replicas of the"
    job.tell.done(f"{names} {runs} {candidate.color.value} one at {places}, no port published")
    return candidate


def _standing_by(job: Job, plan: Plan, running: Replicas, undo: Undo) -> Replicas:
    """The release that still runs beside the live one; its undo leaves it stopped, as every kept release is."""
    undo.push(f"stop {running.name} again", lambda: _stop(job, plan, running))
    watch_over(job, running)
    job.tell.done(
        f"{' and '.join(running.names)} still run{'s' if len(running) == 1 else ''} as the {plan.color.value} one: nothing has to be made"
    )
    return running


def _stop(job: Job, plan: Plan, running: Replicas) -> None:
    if _is_ours_to_end(job, plan):
        for container in running:
            job.host.containers.stop(container, job.ask.retire.stop_timeout)


def _is_ours_to_end(job: Job, plan: Plan) -> bool:
    """After a cancel the guardian ends a candidate, which outlives us and drains it before.

    When the connection broke in the middle of the commit, it may be live already: then it stays.
    """
    committed = job.guardian.routes().committed
    return not job.clock.hurried() and (committed is None or not committed.share(plan.color))


def _web(plan: Plan, address: str, suffix: str) -> ContainerSpec:
    return ContainerSpec(
        app=plan.release.app,
        name=plan.name,
        color=plan.color,
        release_id=plan.release.id,
        version=plan.release.version,
        image_id=plan.release.image_id,
        settings=plan.release.settings,
        role=Role.WEB,
        network=plan.network,
        address=address,
        suffix=suffix,
    )


def _discard(job: Job, plan: Plan) -> None:
    """Stop and remove the candidate, which has no traffic. It is looked for: Docker may have created one without our hearing of it."""
    if not _is_ours_to_end(job, plan):
        return
    before = {container.id for container in plan.before.containers}
    for container in job.host.containers.list(plan.release.app):
        if container.id not in before:
            job.host.containers.stop(container, job.ask.retire.stop_timeout)
            job.host.containers.remove(container)
    job.guardian.release_watch()


def _run_once(job: Job, command: ReleaseCommand, plan: Plan) -> None:
    spec = replace(_web(plan, "", "-release-command"), role=Role.RELEASE_COMMAND, words=command.words)
    container = create(job, spec)
    try:
        with job.host.waiting():
            ended = _until_it_ends(job, job.host.containers.start(container), command.timeout)
    finally:
        _clear(job, container)
    if ended is None:
        raise _failed(f"did not end within {command.timeout:g} s", "Its container was stopped.")
    if ended.exit_code:
        raise _failed(exited(ended), "Its output is above.")
    job.tell.done("the release command ended well")


def _until_it_ends(job: Job, container: Container, timeout: float) -> Container | None:
    """The ended container, or None when time was up; what it prints is told as it comes."""
    until = job.clock.now() + timeout
    now, read_to = container, ""
    while True:
        for line in job.host.containers.logs(container, after=read_to):
            read_to = line.at
            job.tell.output(plain(line.text))
        if not now.running:
            return now
        if job.clock.now() >= until:
            return None
        job.clock.wait(_POLL)
        now = job.host.containers.inspect(container)


def _failed(how: str, means: str) -> CandidateFailed:
    return CandidateFailed(
        f"The release command {how}.",
        means=f"{means} Migrations must be safe to run while the old release serves, and safe to run again.",
        todo="Correct it and deploy again; `release-timeout` sets how long it may take.",
    )


def _clear(job: Job, container: Container) -> None:
    with job.clock.shield():
        try:
            job.host.containers.stop(container, 0)
            job.host.containers.remove(container)
        except BlueGreenError as error:
            job.tell.warn(f"could not remove {container.name}: {error.what} The next deployment removes it.")
