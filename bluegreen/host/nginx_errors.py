"""What the refusals of scripts/site.sh mean to a person."""

from __future__ import annotations

import re

from bluegreen.errors import HostNotReady
from bluegreen.model.nginx_container import nginx_command

__all__ = ["broken", "refusal"]

# Once NGINX has read `error_log` it complains in that log's format, `2026/11/24 16:33:33 [emerg] 109#109: unknown directive …`.
_STAMP = re.compile(r"^\d{4}/\S+ \S+ (?=\[)|(?<=\] )\d+#\d+: ")
_BACK = "The site is as it was before, and NGINX serves it."
_UNTOUCHED = "NGINX's configuration was not touched."


def broken(said: str, command: str) -> HostNotReady:
    """NGINX's own test failed before us; `command` is how a person runs it."""
    early = "/etc/nginx/bluegreen/" in said and "No such file" in said
    complaints = [_STAMP.sub("", line) for line in said.splitlines() if line.startswith("nginx: ") or "[emerg]" in line]
    return HostNotReady(
        "\n".join(("NGINX's configuration was broken before this deployment touched it:", *complaints)),
        means="Somebody changed a file under /etc/nginx; NGINX goes on with what it had loaded, but could not start again.",
        state=_UNTOUCHED,
        todo="Put the line back that stood there before: the first deployment makes that file, and prints the edit."
        if early
        else f"Correct the file and line it names until `{command} -t` succeeds, then deploy again.",
    )


def refusal(kind: str, reason: str, path: str, container: str) -> HostNotReady:
    """The error for the word that the script ended with; `path` is the site's file on the host, `container` where NGINX runs, if in one."""
    if kind == "broken":
        return broken(reason, nginx_command(container))
    if kind in {"stopped", "stale"}:
        return _not_there(kind, reason, container)
    if kind == "edited":
        return _edited(path, reason)
    if kind == "not-included":
        return HostNotReady(
            f"NGINX does not read {path}.",
            means="/etc/nginx/nginx.conf lacks the usual line.",
            state=_BACK,
            todo="Add `include /etc/nginx/conf.d/*.conf;` to the http block of /etc/nginx/nginx.conf, then deploy again.",
        )
    if kind in {"unwritable", "stuck", "busy"}:
        return _hindered(kind, reason, nginx_command(container))
    return HostNotReady(
        f"NGINX does not take the new site:\n{reason}",
        means="A certificate or a name in it is wrong, or another file uses the same listen address in a way that excludes it.",
        state=_BACK,
        todo="Correct the input or the file that NGINX names, then deploy again.",
    )


def _edited(path: str, part: str) -> HostNotReady:
    """`part` is what a location of the user's includes, empty where nothing does. The two need each other: neither can be moved away."""
    files = (path, part) if part else (path,)
    return HostNotReady(
        f"Somebody edited {' or '.join(files)}: the digest in the first line of {path} no longer matches.",
        means="Replacing it would lose that edit.",
        state=_UNTOUCHED,
        todo="Keep a copy, and the edit in a file of your own; then write the digest that matches, and deploy again:\n"
        + "".join(f"sudo cp {file} {file}.edited\n" for file in files)
        + f"sudo sed -i \"1s/=.*/=$(cat {' '.join(files)} | tail -n +2 | sha256sum | cut -d' ' -f1)/\" {path}",
    )


def _hindered(kind: str, reason: str, command: str) -> HostNotReady:
    if kind == "busy":
        return HostNotReady(f"NGINX's site could not be changed: {reason}.", state=_UNTOUCHED, todo="Deploy again when it has ended.")
    return HostNotReady(
        f"NGINX's site could not be written: {reason}.",
        means="The disk is full, or mounted read-only.",
        state=_BACK
        if kind == "unwritable"
        else f"NGINX serves the site as it was before, but could not start again with what lies there now (`{command} -t` says why).",
        todo="Look at `df -h /etc/nginx`, then deploy again: a site that is not whole is put back first.",
    )


def _not_there(kind: str, reason: str, container: str) -> HostNotReady:
    if kind == "stale":
        return HostNotReady(
            f"The container {container}, in which NGINX runs, has another {reason} than the host.",
            means="The directory was removed and made anew after the container had started, or something else is mounted in its place.",
            state=_UNTOUCHED,
            todo=f"`docker restart {container}` gives it the directory of today; then deploy again.",
        )
    start = f"`docker start {container}`" if container else "`sudo systemctl start nginx` (and `enable` it, so that a reboot starts it)"
    return HostNotReady(
        f"NGINX does not run {f'in the container {container}' if container else 'on the host'}: {reason}.",
        means="It was stopped, or could not start.",
        state=_UNTOUCHED,
        todo=f"Start it: {start}, then deploy again.",
    )
