"""A box with systemd, on which nothing is installed yet."""

from __future__ import annotations

from typing import Self

from tests.box import host
from tests.box.box import Box

__all__ = ["BareBox"]


class BareBox(Box):
    """A host as a cloud hands it out, with systemd, and neither Docker nor NGINX; another one at every start. It cannot be reset."""

    users = ("root", "ubuntu")

    def start(self) -> Self:
        """Make it and bring it up."""
        self.remove()
        with self._locked():
            host.create(self.engine, self.name, host.image(self.engine, host.HERE / "bare"), cgroups=host.OWN_CGROUPS)
        self._wait()
        self._authorize()
        return self

    def _wait(self) -> None:
        """Until systemd has started everything that it starts at boot."""
        self._wait_for(("systemctl", "is-system-running", "--wait"), rb"restarting|is not running|connect to bus")
