"""Adoption: before its first release an app may run already, as somebody else's container or process, and keep all traffic until then."""

from __future__ import annotations

from bluegreen.decide.adoption import adopted_place, find_adopted, was_deployed
from bluegreen.decide.plan import Plan
from bluegreen.errors import HostNotReady
from bluegreen.host import Host
from bluegreen.model.ask import Ask
from bluegreen.model.color import Split
from bluegreen.model.neighbor import Adopted
from bluegreen.model.observed import Observed
from bluegreen.model.progress import Progress
from bluegreen.model.replicas import Replicas
from bluegreen.stages.drain import watch_over
from bluegreen.stages.front_door import check_front_door
from bluegreen.stages.job import Job
from bluegreen.stages.site import fit_site
from bluegreen.stages.undo import Undo

__all__ = ["adopt", "serves_already"]

_TIMEOUT = 10.0


def serves_already(ask: Ask, host: Host, tell: Progress, observed: Observed) -> Adopted | None:
    """The running app that `adopt` names, or that an earlier deployment adopted which did not commit; None when there is none.

    Raises `HostNotReady` when nothing answers where `adopt` says.
    """
    asked = ask.app.adopt
    if was_deployed(observed):
        if asked:
            tell.say(f"`adopt` has nothing left to do: a release of {ask.app.app} was committed on this host before")
        return None
    reference = asked or adopted_place(observed)
    if not reference:
        return None
    settings = ask.app.settings
    adopted = find_adopted(reference, host.containers.neighbors(), settings.container_port)
    expect = ask.expect
    answer = host.get(adopted.address, adopted.port, expect.path, host=expect.host, timeout=_TIMEOUT)
    if answer.status:
        return adopted
    if asked:
        raise HostNotReady(
            f"Nothing answers at {adopted.place}, where `adopt` says that the app runs: {answer.problem}.",
            means="It does not run, or listens on another address: a port published as `9000:8000` is 127.0.0.1:9000 for NGINX.",
            todo="Take the address from `proxy_pass` in your NGINX site; or, if nothing runs yet, leave `adopt` out.",
        )
    tell.say(f"{adopted.name}, which an earlier deployment adopted, answers no longer: this is a first deployment")
    return None


def adopt(job: Job, plan: Plan, adopted: Adopted, candidate: Replicas) -> None:
    """NGINX's site comes to be, with all traffic on the adopted app, and its users are seen to reach it that way.

    From then on this stands: whatever becomes of the candidate, traffic is on the adopted app until a release is committed.
    """
    theirs = Split.giving(plan.color.other, 100)
    with Undo(job.tell, job.clock) as half:
        if plan.before.routes.committed is None:
            # First: a site without a route would answer 503 until it has one.
            job.guardian.adopt(theirs)
            half.push("take the adopted app's route away", job.guardian.forsake)
            # The watch is over once the committed route differs from the one of its beginning.
            job.guardian.release_watch()
            watch_over(job, candidate)
        fit_site(job, plan, candidate, half)
        job.guardian.arm(theirs)
        check_front_door(job, adopted)
    job.guardian.record("adopted", app=adopted.name, place=adopted.place)
    job.tell.done(f"adopted: {adopted.name} has all traffic, and stays what it is")
