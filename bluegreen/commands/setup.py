"""Set up: what a bare host lacks for an app's deployments is made once; what it has already is left as it is."""

from __future__ import annotations

from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Progress

__all__ = ["setup"]


def setup(ask: Ask, host: Host, tell: Progress, clock: Clock) -> Outcome:
    """Docker, NGINX, the deploy user's group, directories and logs; with `dry-run` only what would be made."""
    del clock
    dry = ask.control.dry_run
    made = host.set_up(ask.app.app, dry=dry)
    for what in made:
        tell.done(f"{'would make' if dry else 'made'} {what}")
    if any(what.startswith("member ") for what in made) and not dry:
        tell.say("the new group holds from the next login on, which is the next deployment's")
    return Outcome(result=Result.NOT_READY if dry and made else Result.READY, version="", made=made)
