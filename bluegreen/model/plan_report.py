"""What `plan` answers: what a deployment would do to this host as it is now."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.color import Color
from bluegreen.model.progress import Stage

__all__ = ["PlanReport", "PlanStep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One thing the deployment would do, in one of its stages; None for the repairs that come before all of them."""

    stage: Stage | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """The decisions a deployment would take.

    `image_id` is empty when the image has yet to be built, `addresses` when Docker has yet to choose the network's addresses, `live_color`
    None before the first deployment.
    `creates` is what the host lacks so far, `settings` names those that differ from the live release's, `problems` would stop the
    deployment, `diff` is the change of NGINX's site as a unified diff, empty when it stays as it is.
    """

    app: str
    version: str
    image: str
    color: Color
    container: str
    unchanged: bool
    image_id: str = ""
    addresses: tuple[str, ...] = ()
    live_version: str = ""
    live_color: Color | None = None
    creates: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    steps: tuple[PlanStep, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    lock_holder: str = ""
