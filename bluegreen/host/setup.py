"""Makes a bare Debian or Ubuntu host ready for an app's deployments, or says what it would make."""

from __future__ import annotations

from bluegreen.errors import HostNotReady
from bluegreen.host import Facts
from bluegreen.host.prepare import need_root
from bluegreen.host.script import load_script
from bluegreen.host.ssh import Connection

__all__ = ["set_up"]

_APT = 1500.0  # setup.sh waits up to 300 s for each of two commands' locks
_BY_HAND = "Install Docker (20.10 or newer) and NGINX the way your distribution does, start both, and `sudo usermod -aG docker {user}`."


def set_up(connection: Connection, facts: Facts, app: str, *, dry: bool) -> tuple[str, ...]:
    """What was made, or with `dry` would be; nothing on a host that has it all. Raises `HostNotReady`."""
    need_root(facts, "install packages and make the directories that a deployment needs")
    script = load_script("bluegreen-setup", "splits.sh", "setup.sh", "prepare.sh")
    argv = script.argv(facts.user, app, "dry" if dry else "", facts.nginx_in, root=facts.root)
    done = connection.run(argv, stdin=script.text, timeout=_APT)
    lines = done.out.splitlines()
    refused = next((number for number, line in enumerate(lines) if line.startswith("no ")), None)
    if refused is not None:
        raise _refusal(lines[refused].removeprefix("no "), "\n".join(lines[refused + 1 :]), facts)
    if done.status:
        raise HostNotReady(
            f"The host could not be set up: {(done.err.strip() or done.out.strip())[-400:] or f'status {done.status}'}.",
            means="The disk is full or read-only, or something that is not ours lies where our directories belong.",
            state="What was made so far stays; running it again makes the rest.",
            todo="Correct what it says, then run `setup` again.",
        )
    return tuple(line.removeprefix("made ") for line in lines if line.startswith("made "))


def _refusal(kind: str, reason: str, facts: Facts) -> HostNotReady:
    if kind == "os":
        return HostNotReady(
            f"`setup` knows Debian and Ubuntu, and this host is {reason or 'something else'}.",
            means="Packages have other names there. Deployments need no `setup`: only Docker, NGINX and a user who may use both.",
            state="Nothing was changed.",
            todo=_BY_HAND.format(user=facts.user),
        )
    return HostNotReady(
        f"apt-get could not install what is missing:\n{reason or 'it did not say why'}",
        means="The host reaches no package mirror, another apt-get ran for more than five minutes, or its package lists are broken.",
        state="Nothing else was changed.",
        todo="Try `sudo apt-get update && sudo apt-get install docker.io nginx` on the host, then run `setup` again.",
    )
