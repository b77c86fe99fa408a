"""What the guardian's short answers mean to a person."""

from __future__ import annotations

from bluegreen.errors import GuardianLost, HostNotReady, Locked
from bluegreen.host import Guard

__all__ = ["lost", "meaning", "refusal"]


def refusal(kind: str, rest: str, guard: Guard, complaint: str) -> Locked | HostNotReady | GuardianLost:
    """Why there is no lock, from the word the guardian ended with."""
    if kind == "locked":
        return Locked(
            f"Another deployment of {guard.app} still holds the lock after {guard.lock_timeout:g} s: {rest}.",
            means="It is running, or draining what it left; the lock is never left behind by one that has ended.",
            state="This run changed nothing.",
            todo="Wait for it to end, or raise `lock-timeout`.",
        )
    if kind == "no":
        return HostNotReady(
            f"The host is not prepared for {guard.app}: {rest}.",
            means="The state directories are missing, belong to another user, or were changed by hand.",
            todo="Deploy again: what is missing is made first, with the deploy user's `sudo`.",
        )
    return lost(complaint)


def lost(means: str) -> GuardianLost:
    """The guardian has ended, for this reason as far as it is known."""
    return GuardianLost(
        "The process on the host that moves the traffic has ended.",
        means=means or "The connection was cut, the host went down, or somebody ended the process.",
        state="It, or its sentinel, takes the traffic back to the committed release by itself.",
        todo="Deploy again: the next run starts by recovering what this one left.",
    )


def meaning(reason: str, container: str) -> str:
    """What a refused verb probably means; `container` is where NGINX runs, if in one."""
    if "bucket" in reason and container:
        return f"The container {container} has other directories than the host has today: `docker restart {container}` mends that."
    if "bucket" in reason:
        return "NGINX's workers cannot read the route (a directory on the way lacks o+x, or SELinux), or another file took our variables."
    if "not live" in reason or "does not answer" in reason:
        return "NGINX does not run, or runs without our site: somebody changed its configuration, or its last reload failed."
    if "access log" in reason:
        return "The log was made or rotated by something else than our own logrotate entry."
    return "The state directories on the host were changed by hand, belong to another user, or the disk is full."
