"""Makes what the host lacks before an app's first deployment: state directories, the log, and what keeps both alive over reboots."""

from __future__ import annotations

from bluegreen.errors import HostNotReady
from bluegreen.host import Facts
from bluegreen.host.script import load_script
from bluegreen.host.ssh import Connection

__all__ = ["need_root", "prepare"]


def prepare(connection: Connection, facts: Facts, app: str) -> tuple[str, ...]:
    """What was made, a path each; nothing on a host that has it all. Raises `HostNotReady`."""
    if facts.prepared:
        return ()
    need_root(facts, "make the directories that a deployment needs")
    script = load_script("bluegreen-prepare", "splits.sh", "prepare.sh")
    done = connection.run(script.argv(facts.user, app, "", facts.nginx_in, root=facts.root), stdin=script.text)
    if done.status:
        reason = (done.err.strip() or done.out.strip())[-400:]
        raise HostNotReady(
            f"The host could not be prepared: {reason or f'status {done.status}'}.",
            means="The disk is full or read-only, or something that is not ours lies where our directories belong.",
            state="Nothing but directories of ours was made; the next run makes the rest.",
            todo="Look at /var/lib/bluegreen, /run/bluegreen and /var/log/bluegreen on the host, then deploy again.",
        )
    return tuple(line.removeprefix("made ") for line in done.out.splitlines() if line.startswith("made "))


def need_root(facts: Facts, purpose: str) -> None:
    """Raise `HostNotReady`, with the commands that help, unless the deploy user can act as root."""
    if facts.root or facts.sudo:
        return
    user = facts.user
    raise HostNotReady(
        f"The user {user} cannot {purpose}: `sudo -n true` fails.",
        means="On EC2 the image's own user (ubuntu, ec2-user, admin) may use sudo without a password; this one may not.",
        state="Nothing was changed.",
        todo="Once, as root on the host: "
        f"echo '{user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/90-{user} && chmod 0440 /etc/sudoers.d/90-{user}",
    )
