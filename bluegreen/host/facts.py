"""Reads what the host is, once after login, in one round trip."""

from __future__ import annotations

from bluegreen.errors import HostNotReady
from bluegreen.host import Facts
from bluegreen.host.nginx_container import read_container
from bluegreen.host.script import load_script
from bluegreen.host.ssh import Connection

__all__ = ["read_facts"]


def read_facts(connection: Connection, app: str, nginx: str = "") -> Facts:
    """What the host is, and whether it is prepared for this app; `nginx` names the container that NGINX runs in, if it does.

    Raises `HostNotReady` for a host that cannot run bash.
    """
    script = load_script("bluegreen-facts", "splits.sh", "facts.sh")
    done = connection.run(script.argv(app, nginx), stdin=script.text)
    found = dict(line.partition(" ")[::2] for line in done.out.splitlines())
    if done.status or "user" not in found:
        reason = (done.err.strip() or done.out.strip())[-400:]
        raise HostNotReady(
            f"The host could not say what it is: {reason or f'status {done.status}'}.",
            means="The user's shell is not a POSIX shell, prints something of its own, or the host has no bash.",
            state="Nothing was changed.",
            todo="Give the deploy user the shell /bin/bash, and keep its start-up files silent for non-interactive sessions.",
        )
    return Facts(
        user=found["user"],
        root="root" in found,
        sudo="sudo" in found,
        os=found.get("os", ""),
        docker=found.get("docker", ""),
        nginx=found.get("nginx", ""),
        nginx_modules=found.get("nginx_modules", ""),
        memory_available=int(found.get("memory_available") or 0),
        disk_free=int(found.get("disk_free") or 0),
        prepared="prepared" in found,
        epoch=int(found["epoch"]),
        ipv6="ipv6" in found,
        limits_logs="limits_logs" in found,
        nginx_container=read_container(nginx, found.get("nginx_container", ""), found.get("running", "").split()) if nginx else None,
    )
