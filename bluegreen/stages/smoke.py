"""Smoke test: the user's own questions to the candidate, through the real NGINX, before any user reaches it."""

from __future__ import annotations

from bluegreen.decide.logs import plain
from bluegreen.errors import CandidateFailed
from bluegreen.model.ask import SmokeTest
from bluegreen.model.replicas import Replicas
from bluegreen.stages.evidence import show_candidate
from bluegreen.stages.job import Job
from bluegreen.stages.watcher import Watcher

__all__ = ["smoke_test"]

_LAST_LINES = 20


def smoke_test(job: Job, candidate: Replicas, watcher: Watcher, preview: str) -> None:
    """Run it, and look at the container and its log afterwards: what was asked may have shaken the candidate."""
    smoke = job.ask.smoke
    if smoke is None:
        return
    begun = job.clock.now()
    job.guardian.routes()  # its answer means that the preview's name is known
    ended, said = _run(job, smoke, preview)
    if ended == 0 and (fault := watcher.fault()) is not None:
        show_candidate(job, watcher.suspect, ())
        raise CandidateFailed(
            f"{watcher.suspect.name} did not survive the smoke test: {fault.reason}.",
            means=fault.means,
            todo="Its last log lines show more. Mend it and deploy again.",
        )
    if ended != 0:
        show_candidate(job, candidate.first, ())
        job.tell.evidence("The last lines of the smoke test", said[-_LAST_LINES:] or ["(it printed nothing)"])
        raise CandidateFailed(
            f"The smoke test of {candidate.name} {_how(ended, smoke)}.",
            means="It ran on the runner and asked the new release through the host's NGINX; no user has reached that release.",
            todo="Its output shows what it missed. Mend the release, or correct `smoke-test`; `smoke-timeout` sets how long it may take.",
        )
    job.tell.done(f"the smoke test passed in {job.clock.now() - begun:.1f} s")


def _run(job: Job, smoke: SmokeTest, preview: str) -> tuple[int | None, list[str]]:
    said: list[str] = []

    def on_line(line: str) -> None:
        said.append(plain(line))
        job.tell.output(said[-1])

    with job.tell.group("smoke test"):
        return job.host.smoke_test(preview, smoke.script, timeout=smoke.timeout, on_line=on_line), said


def _how(ended: int | None, smoke: SmokeTest) -> str:
    if ended is None:
        return f"did not end within {smoke.timeout:g} s, and was ended with all that it had started"
    return f"failed with exit code {ended}" if ended > 0 else f"was killed by signal {-ended}"
