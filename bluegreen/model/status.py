"""What `status` answers: who serves an app now, what else of it is on the host, and who is changing it."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.color import Color
from bluegreen.model.event import Event

__all__ = ["ContainerStatus", "StatusReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """One container of the app. `state` is Docker's word (`running`, `exited (0)`); `health` and `address` may be empty.

    `started_at` is RFC 3339, empty when it never started. `process` is a worker's name, empty for a web container.
    """

    name: str
    color: Color
    version: str
    state: str
    health: str = ""
    address: str = ""
    started_at: str = ""
    process: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The app as observed at one moment. `live_color` is None before the first deployment, and then `live_version` is empty.

    Until then `adopted` is the name and place of an app that is not ours and has the traffic, if one was adopted. With a color and no
    version nothing runs of what should serve.

    `live_share` and `candidate_share` are percentages; the candidate has one only while a shift is armed. `kept` are the versions
    a rollback could return to, the newest first. `lock_holder` is the line a waiting deployment shows, empty when nobody holds it.
    `paused` says since when and by whom the candidate's deployment is paused. `history` is the end of the journal, the newest first.
    """

    app: str
    live_version: str = ""
    live_color: Color | None = None
    live_share: int = 0
    candidate_version: str = ""
    candidate_share: int | None = None
    containers: tuple[ContainerStatus, ...] = ()
    kept: tuple[str, ...] = ()
    lock_holder: str = ""
    paused: str = ""
    history: tuple[Event, ...] = ()
    url: str = ""
    adopted: str = ""
