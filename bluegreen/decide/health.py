"""Health: whether one answer of the candidate is good, and whether its container is well."""

from __future__ import annotations

from bluegreen.model.ask import Expectations
from bluegreen.model.container import Container
from bluegreen.model.fault import Fault
from bluegreen.model.observed import NOT_IN_TIME, Answer
from bluegreen.model.site import AppProtocol

__all__ = ["answer_fault", "check_in_words", "container_fault", "exited"]

_SILENT = "Nothing answers on that port in the container: the app is not up yet, listens on another port, or only on 127.0.0.1."
_SLOW = "The app is busy or waits for something itself, such as a database; or nothing listens there, and a firewall on the host is silent."
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_SIGKILL = 137
# Docker 20.10 learns of the kernel's kill by an event that may come after the container's end, and then says nothing of memory.
_KILLED = (
    "Something killed it. Mostly that is the kernel, over memory, which Docker does not always notice: then `sudo dmesg | grep -i oom` on"
    " the host shows it, and `memory` is too low for it, or the host has too little. Or somebody removed it or sent it that signal."
)
_ENDED = "It ended by itself. Right after a start the cause is usually a missing variable, file or command."


def check_in_words(expect: Expectations) -> str:
    """What the candidate is asked."""
    return f"GET {expect.path}" if expect.protocol is AppProtocol.HTTP else f"grpc.health.v1 of {expect.path}"


def answer_fault(answer: Answer, expect: Expectations) -> Fault | None:
    """Why this answer is not good; None when it is."""
    asked = check_in_words(expect)
    if not answer.status:
        return Fault(
            reason=f"{asked} got no answer ({answer.problem or 'no reason given'})",
            means=_SLOW if answer.problem == NOT_IN_TIME else _SILENT,
            silent=True,
        )
    if not any(low <= answer.status <= high for low, high in expect.status):
        return Fault(reason=f"{asked} answered {answer.status}, not {_ranges(expect.status)}", means=_meaning(answer.status, expect))
    if expect.body and expect.body not in answer.body:
        return Fault(reason=f"{asked} answered {answer.status}, but its body does not hold the text of `health-body`")
    return None


def container_fault(now: Container, started: Container) -> Fault | None:
    """Why the container is not well, compared with how it was right after its start; None when it is."""
    if now.oom_killed:
        return Fault(
            reason="it ran out of memory and the kernel killed it", means="`memory` is too low for it, or the host has too little."
        )
    if not now.running:
        means = _KILLED if now.exit_code == _SIGKILL else _ENDED
        return Fault(reason=f"it {exited(now)}", means=means)
    if now.restarts > started.restarts or (started.started_at and now.started_at != started.started_at):
        return Fault(reason="it restarted", means="It crashed once, and Docker started it again.")
    if now.health == "unhealthy":
        return Fault(reason="the image's own HEALTHCHECK says unhealthy")
    return None


def exited(ended: Container) -> str:
    """How a container ended, as a predicate."""
    if ended.oom_killed:
        return f"exited with code {ended.exit_code} (out of memory)"
    return f"exited with code {ended.exit_code}{' (SIGKILL)' if ended.exit_code == _SIGKILL else ''}"


def _meaning(status: int, expect: Expectations) -> str:
    if expect.protocol is AppProtocol.GRPC:
        asked = f"{expect.path}, the service that `health-path` names" if expect.path.strip("/") else "the whole server"
        return (
            f"503: it says that it does not serve, or does not know {asked}. 501: it answered with an error alone: an app without a health"
            " service (grpc.health.v1) does, and with some libraries one whose health service does not know what it is asked for."
        )
    if _CLIENT_ERROR <= status < _SERVER_ERROR:
        host = expect.host or "its address"
        return f"The app runs, but does not know {expect.path}, or refuses the Host header, {host}: `health-host` sends another."
    if status >= _SERVER_ERROR:
        return "The app runs and fails at this request: often a missing setting, or a database it cannot reach."
    return f"The app runs and answers; `health-status` does not admit {status}."


def _ranges(status: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in status)
