"""The host's NGINX: its site is replaced as one transaction by scripts/site.sh, and never when that could break what others serve."""

from __future__ import annotations

import base64
import re

from bluegreen.errors import HostNotReady
from bluegreen.host import Facts
from bluegreen.host.nginx_conf import conflicts, parse_servers
from bluegreen.host.prepare import need_root
from bluegreen.host.script import load_script
from bluegreen.host.site_text import before_of, marker_of, parse_site, render_site, site_path, snippet_path
from bluegreen.host.ssh import Completed, Connection
from bluegreen.host.users_site import users_site
from bluegreen.host.users_way import users_way
from bluegreen.model.site import InstalledSite, SiteSpec, UsersSite, Way

__all__ = ["HostNginx"]

# Once NGINX has read `error_log` it complains in that log's format, `2026/11/24 16:33:33 [emerg] 109#109: unknown directive …`.
_STAMP = re.compile(r"^\d{4}/\S+ \S+ (?=\[)|(?<=\] )\d+#\d+: ")
_PURPOSE = "change NGINX's configuration and reload it"
_BACK = "The site is as it was before, and NGINX serves it."
_UNTOUCHED = "NGINX's configuration was not touched."


class HostNginx:
    """Implements `bluegreen.host.Nginx`. `notes` holds what the last change had to say besides its success."""

    def __init__(self, connection: Connection, facts: Facts) -> None:
        self.notes: tuple[str, ...] = ()
        self._connection = connection
        self._facts = facts

    def version(self) -> tuple[int, ...]:
        """For example (1, 22, 1). Raises `HostNotReady` when there is no NGINX."""
        if not self._facts.nginx:
            raise HostNotReady(
                "The host has no NGINX.",
                means="`nginx -v` finds nothing in /usr/sbin or on the PATH.",
                state="Nothing was changed.",
                todo="Install it: `sudo apt-get install nginx`, or `sudo dnf install nginx && sudo systemctl enable --now nginx`.",
            )
        return tuple(int(part) for part in self._facts.nginx.split("."))

    def site(self, app: str) -> InstalledSite | None:
        """The app's site file, if there is one."""
        done = self._connection.run(("cat", site_path(app), snippet_path(app)))
        return parse_site(done.out) if done.out else None

    def text(self, spec: SiteSpec) -> str:
        """The site's whole text, the same for the same spec."""
        return render_site(spec)

    def install(self, app: str, text: str) -> InstalledSite | None:
        """Replace the site by `text`, reload, prove it live; return what was there before."""
        return self._change("install", app, text)

    def restore(self, app: str, previous: InstalledSite | None) -> None:
        """Put back what `install` returned."""
        if previous is None:
            self._change("remove", app, "")
        else:
            self._change("restore", app, previous.text)

    def problems(self, app: str, server_names: tuple[str, ...], listen: tuple[str, ...]) -> tuple[str, ...]:
        """What in the host's configuration would keep users from reaching our site, each with file and line and its remedy."""
        return conflicts(parse_servers(self._dump()), site_path(app), server_names, listen)

    def users_site(self, app: str, url: str, installed: InstalledSite | None) -> UsersSite:
        """What the user's own configuration means for an app in `include` mode whose users type `url`."""
        return users_site(self._dump(), app, url, before_of(installed.text if installed else ""))

    def users_way(self, app: str, places: tuple[str, ...], url: str) -> Way:
        """How users come to an app that answers at one of `places`; with `url`, whether that leads there."""
        installed = self.site(app)
        return users_way(self._dump(), app, places, url, before_of(installed.text if installed else ""))

    def _dump(self) -> str:
        sudo = () if self._facts.root else ("sudo", "-n")
        need_root(self._facts, "read NGINX's configuration")
        done = self._connection.run((*sudo, "env", "PATH=/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin", "nginx", "-T"))
        if done.status:
            raise _broken(done.err)
        return done.out

    def _change(self, action: str, app: str, text: str) -> InstalledSite | None:
        need_root(self._facts, _PURPOSE)
        script = load_script("bluegreen-site", "ask.sh", "site.sh")
        argv = script.argv(action, app, marker_of(text), root=self._facts.root)
        done = self._connection.run(argv, stdin=script.text + text.encode(), timeout=180)
        return self._understand(app, done)

    def _understand(self, app: str, done: Completed) -> InstalledSite | None:
        lines = done.out.splitlines()
        self.notes = tuple(line.removeprefix("note ") for line in lines if line.startswith("note "))
        for number, line in enumerate(lines):
            if line.startswith("no "):
                raise _refusal(line.removeprefix("no "), "\n".join(lines[number + 1 :]), app)
        if lines[-1:] != ["ok"]:
            raise HostNotReady(
                f"Changing NGINX's site did not come to an end: {(done.err or done.out).strip()[-400:] or f'status {done.status}'}.",
                state="The next deployment puts the site back first, should it have been cut off half-way.",
                todo="Deploy again.",
            )
        before = next((line.removeprefix("previous ") for line in lines if line.startswith("previous ")), "-")
        return None if before == "-" else parse_site(base64.b64decode(before).decode(errors="replace"))


def _broken(said: str) -> HostNotReady:
    early = "/etc/nginx/bluegreen/" in said and "No such file" in said
    complaints = [_STAMP.sub("", line) for line in said.splitlines() if line.startswith("nginx: ") or "[emerg]" in line]
    return HostNotReady(
        "\n".join(("NGINX's configuration was broken before this deployment touched it:", *complaints)),
        means="Somebody changed a file under /etc/nginx; NGINX goes on with what it had loaded, but could not start again.",
        state=_UNTOUCHED,
        todo="Put the line back that stood there before: the first deployment makes that file, and prints the edit."
        if early
        else "Correct the file and line it names until `sudo nginx -t` succeeds, then deploy again.",
    )


def _refusal(kind: str, reason: str, app: str) -> HostNotReady:
    path = site_path(app)
    if kind == "broken":
        return _broken(reason)
    if kind == "stopped":
        return HostNotReady(
            f"NGINX does not run on the host: {reason}.",
            means="It was stopped, or could not start.",
            state=_UNTOUCHED,
            todo="Start it: `sudo systemctl start nginx` (and `sudo systemctl enable nginx`, so that a reboot does), then deploy again.",
        )
    if kind == "edited":
        return HostNotReady(
            f"Somebody edited {path}: it no longer matches the digest in its first line.",
            means="Replacing it would lose that edit.",
            state=_UNTOUCHED,
            todo=f"Keep the edit in a file of your own in /etc/nginx/conf.d, then `sudo mv {path} {path}.edited` and deploy again.",
        )
    if kind == "not-included":
        return HostNotReady(
            f"NGINX does not read {path}.",
            means="/etc/nginx/nginx.conf lacks the usual line.",
            state=_BACK,
            todo="Add `include /etc/nginx/conf.d/*.conf;` to the http block of /etc/nginx/nginx.conf, then deploy again.",
        )
    if kind == "busy":
        return HostNotReady(f"NGINX's site could not be changed: {reason}.", state=_UNTOUCHED, todo="Deploy again when it has ended.")
    return HostNotReady(
        f"NGINX does not take the new site:\n{reason}",
        means="A certificate or a name in it is wrong, or another file uses the same listen address in a way that excludes it.",
        state=_BACK,
        todo="Correct the input or the file that NGINX names, then deploy again.",
    )
