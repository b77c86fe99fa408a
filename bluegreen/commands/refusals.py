"""What a deployment is not asked to do twice: a person has said no to it, on this host."""

from __future__ import annotations

from bluegreen.decide.history import withdrawn
from bluegreen.decide.plan import Plan
from bluegreen.errors import Withdrawn
from bluegreen.stages.job import Job

__all__ = ["refuse_withdrawn"]


def refuse_withdrawn(job: Job, plan: Plan) -> None:
    """What a person took out of service does not come back by itself: a scheduled or repeated run must not undo a rollback."""
    event = None if job.ask.control.force else withdrawn(job.guardian.history(), plan.release.id)
    if event is not None:
        raise Withdrawn(
            f"{plan.release.version} was rolled back to {event.detail('to')} at {event.at} by {event.by}.",
            means="It is the very same image with the same settings, so it would fail its users as it did before.",
            state=f"Nothing was changed; {plan.live.name if plan.live else 'no release'} serves.",
            todo="Mend it and deploy that. To deploy this one all the same: `force: true`.",
        )
