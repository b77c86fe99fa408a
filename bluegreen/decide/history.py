"""What the journal says about a release. It is history, and never asked who is live."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.model.event import Event

__all__ = ["ABORTED", "COMMITTED", "FAILED", "PAUSED", "ROLLED_BACK", "pause_of", "withdrawn"]

COMMITTED = "committed"
ROLLED_BACK = "rolled-back"
PAUSED = "paused"
ABORTED = "aborted"
FAILED = "failed"


def withdrawn(events: Iterable[Event], release_id: str) -> Event | None:
    """The rollback that took this release out of service, unless it was committed again since."""
    found = None
    for event in events:
        if event.detail("release") == release_id and event.event in {COMMITTED, ROLLED_BACK}:
            found = event if event.event == ROLLED_BACK else None
    return found


def pause_of(events: Iterable[Event], release_id: str) -> Event | None:
    """When and by whom this release's deployment was paused last."""
    found = None
    for event in events:
        if event.event == PAUSED and event.detail("release") == release_id:
            found = event
    return found
