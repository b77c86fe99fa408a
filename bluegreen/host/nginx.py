"""The host's NGINX: its site is replaced as one transaction by scripts/site.sh, and never when that could break what others serve.

It may run in a container of the user's; then its own command is run there, and its site is written into the directory mounted there.
"""

from __future__ import annotations

import base64
from pathlib import PurePosixPath

from bluegreen.errors import HostNotReady
from bluegreen.host import Facts
from bluegreen.host.nginx_conf import conflicts, parse_servers
from bluegreen.host.nginx_container import CONF_DIR, lacking, missing
from bluegreen.host.nginx_errors import broken, refusal
from bluegreen.host.prepare import need_root
from bluegreen.host.script import load_script
from bluegreen.host.site_text import before_of, marker_of, parse_site, render_site, site_path, snippet_path
from bluegreen.host.ssh import Completed, Connection
from bluegreen.host.users_site import users_site
from bluegreen.host.users_way import users_way
from bluegreen.model.nginx_container import nginx_command
from bluegreen.model.site import InstalledSite, SiteSpec, UsersSite, Way

__all__ = ["HostNginx"]

_PURPOSE = "change NGINX's configuration and reload it"


class HostNginx:
    """Implements `bluegreen.host.Nginx`. `notes` holds what the last change had to say besides its success."""

    def __init__(self, connection: Connection, facts: Facts) -> None:
        self.notes: tuple[str, ...] = ()
        self._connection = connection
        self._facts = facts
        self._container = facts.nginx_container
        self._name = facts.nginx_in
        self._conf_dir = facts.nginx_container.on_host(CONF_DIR) if facts.nginx_container else CONF_DIR

    def version(self) -> tuple[int, ...]:
        """For example (1, 22, 1). Raises `HostNotReady` when there is no NGINX."""
        if not self._facts.nginx:
            if self._container is not None:
                raise missing(self._container)
            raise HostNotReady(
                "The host has no NGINX.",
                means="`nginx -v` finds nothing in /usr/sbin or on the PATH.",
                state="Nothing was changed.",
                todo="Install it: `sudo apt-get install nginx`, or `sudo dnf install nginx && sudo systemctl enable --now nginx`."
                " Or name the container that yours runs in: `nginx: container:NAME`.",
            )
        return tuple(int(part) for part in self._facts.nginx.split("."))

    def site(self, app: str) -> InstalledSite | None:
        """The app's site file, if there is one."""
        if self._container is None:
            done = self._connection.run(("cat", site_path(app), snippet_path(app)))
        elif self._conf_dir:
            # As root: the directory may be a volume, which nobody else may look into.
            done = self._connection.run((*self._sudo, "cat", self._file(app)))
        else:
            return None
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
        found = conflicts(parse_servers(self._dump()), site_path(app), server_names, listen)
        if self._container is None:
            return found
        there = (problem.replace(f"{CONF_DIR}/", f"{self._conf_dir}/") for problem in found)
        return (*(f"In the container {self._name}, {lack}." for lack in lacking(self._container, app)), *there)

    def users_site(self, app: str, url: str, installed: InstalledSite | None) -> UsersSite:
        """What the user's own configuration means for an app in `include` mode whose users type `url`."""
        return users_site(self._dump(), app, url, before_of(installed.text if installed else ""))

    def users_way(self, app: str, places: tuple[str, ...], url: str) -> Way:
        """How users come to an app that answers at one of `places`; with `url`, whether that leads there."""
        installed = self.site(app)
        return users_way(self._dump(), app, places, url, before_of(installed.text if installed else ""))

    def _file(self, app: str) -> str:
        """Where the site's text lies on the host."""
        return str(PurePosixPath(self._conf_dir) / PurePosixPath(site_path(app)).name)

    @property
    def _sudo(self) -> tuple[str, ...]:
        return () if self._facts.root else ("sudo", "-n")

    def _dump(self) -> str:
        need_root(self._facts, "read NGINX's configuration")
        where = ("docker", "exec", self._name) if self._name else ("env", "PATH=/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin")
        done = self._connection.run((*self._sudo, *where, "nginx", "-T"))
        if done.status:
            raise broken(done.err, nginx_command(self._name))
        return done.out

    def _change(self, action: str, app: str, text: str) -> InstalledSite | None:
        need_root(self._facts, _PURPOSE)
        script = load_script("bluegreen-site", "ask.sh", "site.sh")
        argv = script.argv(action, app, marker_of(text), self._name, self._conf_dir if self._name else "", root=self._facts.root)
        done = self._connection.run(argv, stdin=script.text + text.encode(), timeout=180)
        return self._understand(app, done)

    def _understand(self, app: str, done: Completed) -> InstalledSite | None:
        lines = done.out.splitlines()
        self.notes = tuple(line.removeprefix("note ") for line in lines if line.startswith("note "))
        for number, line in enumerate(lines):
            if line.startswith("no "):
                raise refusal(line.removeprefix("no "), "\n".join(lines[number + 1 :]), self._file(app), self._name)
        if lines[-1:] != ["ok"]:
            raise HostNotReady(
                f"Changing NGINX's site did not come to an end: {(done.err or done.out).strip()[-400:] or f'status {done.status}'}.",
                state="The next deployment puts the site back first, should it have been cut off half-way.",
                todo="Deploy again.",
            )
        before = next((line.removeprefix("previous ") for line in lines if line.startswith("previous ")), "-")
        return None if before == "-" else parse_site(base64.b64decode(before).decode(errors="replace"))
