"""Evidence: what shows why a candidate failed, captured before anything is removed."""

from __future__ import annotations

from collections.abc import Iterable

from bluegreen.decide.health import exited
from bluegreen.decide.logs import plain
from bluegreen.errors import BlueGreenError
from bluegreen.model.container import Container
from bluegreen.stages.job import Job

__all__ = ["show_candidate"]

_LAST_LINES = 50


def show_candidate(job: Job, container: Container, transcript: Iterable[str]) -> None:
    """Tell a container's state, its last log lines, and the transcript of what was asked of it. Never raises one of our errors."""
    with job.clock.shield():
        try:
            now = job.host.containers.inspect(container)
            lines = job.host.containers.logs(container, tail=_LAST_LINES)
        except BlueGreenError as error:
            job.tell.warn(f"could not read the log of {container.name}: {error.what}")
            return
    state = "running" if now.running else exited(now)
    job.tell.evidence(f"The last lines that {container.name} logged ({state})", [plain(ln.text) for ln in lines] or ["(it logged nothing)"])
    if asked := list(transcript):
        job.tell.evidence("What it was asked, and what it answered", asked)
