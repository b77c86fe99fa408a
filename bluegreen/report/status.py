"""The answer of `status` in words: one sentence, and what else there is to know. Its table is painted by status_table.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bluegreen.model.event import Event
from bluegreen.model.status import ContainerStatus, StatusReport

__all__ = ["clean_status", "happened", "started", "status_headline", "status_notes"]


def status_headline(status: StatusReport) -> str:
    """Who serves, in one sentence."""
    if status.adopted:
        share = status.candidate_share
        shift = "all traffic" if share is None else f"{100 - share} % of the traffic, {status.candidate_version} {share} %"
        return f"{status.app}: no release is live yet; {status.adopted}, which was adopted, serves {shift}"
    if status.live_color is None:
        return f"{status.app}: no release is live"
    if not status.live_version:
        return f"{status.app}: nothing runs of the release that is live ({status.live_color.value})"
    if status.candidate_share is None:
        return f"{status.app} {status.live_version} serves all traffic ({status.live_color.value})"
    return (
        f"{status.app} {status.live_version} serves {status.live_share} % of the traffic ({status.live_color.value}), "
        f"{status.candidate_version} {status.candidate_share} %{', paused' if status.paused else ''}"
    )


def status_notes(status: StatusReport) -> tuple[tuple[str, str], ...]:
    """Label and text of what the table does not show."""
    kept = ", ".join(status.kept) or "none; a rollback is not possible"
    paused = f"since {status.paused}; `promote` or `abort` it" if status.paused else ""
    every = (("paused", paused), ("url", status.url), ("kept for a rollback", kept), ("lock", status.lock_holder or "free"))
    return tuple((label, text) for label, text in every if text)


def clean_status(status: StatusReport, phrase: Callable[[str], str]) -> StatusReport:
    """The same without secrets and control characters."""
    return replace(
        status,
        app=phrase(status.app),
        live_version=phrase(status.live_version),
        candidate_version=phrase(status.candidate_version),
        containers=tuple(_clean_container(container, phrase) for container in status.containers),
        kept=tuple(phrase(version) for version in status.kept),
        lock_holder=phrase(status.lock_holder),
        paused=phrase(status.paused),
        history=tuple(_clean_event(event, phrase) for event in status.history),
        url=phrase(status.url),
        adopted=phrase(status.adopted),
    )


def _clean_event(event: Event, phrase: Callable[[str], str]) -> Event:
    details = tuple((phrase(name), phrase(value)) for name, value in event.details)
    return Event(at=phrase(event.at), event=phrase(event.event), by=phrase(event.by), details=details)


def _clean_container(container: ContainerStatus, phrase: Callable[[str], str]) -> ContainerStatus:
    return replace(
        container,
        name=phrase(container.name),
        process=phrase(container.process),
        version=phrase(container.version),
        state=phrase(container.state),
        health=phrase(container.health),
        address=phrase(container.address),
        started_at=phrase(container.started_at),
    )


def happened(event: Event) -> str:
    """What came of which release."""
    version, to, share = event.detail("version"), event.detail("to"), event.detail("share")
    said = " ".join(filter(None, (version, f"at {share} %" if share else "", f"to {to}" if to else "", event.detail("title"))))
    return said or _moved(event.detail("detail"))


def started(container: ContainerStatus) -> str:
    """When it started, to the second: Docker says it to the nanosecond."""
    return re.sub(r"\.\d+", "", container.started_at) or "–"


def _moved(detail: str) -> str:
    """What the guardian notes, `from 030-hot to 000`, in words: a split is green's share, which is nobody's business."""
    found = re.fullmatch(r"from (\d{3})(?:-hot)? to (\d{3})(?:-hot)?", detail)
    if found is None:
        return detail
    share = int(found[2])
    return {0: "all traffic on blue again", 100: "all traffic on green again"}.get(share, f"{share} % of the traffic on green again")
