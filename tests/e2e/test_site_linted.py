"""What a linter of NGINX configurations says of our site."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bluegreen.host.site_text import render_site
from bluegreen.model.site import SiteSpec

_GIXY = Path(sys.executable).with_name("gixy")
#: The app gets the Host that its user sent, port included: else its redirects lead elsewhere. The loopback server has no default, since
#: several apps share its port and none of them is the one to answer for all. A late upload finds its way in the location where it comes
#: out, by conditions that hold nothing but `set` and `return`, as in the part that a location of the user's includes.
_DECIDED = ("host_spoofing", "default_server_flag", "if_is_evil")


def _findings(site: Path, *flags: str) -> str:
    return subprocess.run((_GIXY, "-ll", *flags, site), capture_output=True, text=True, timeout=60, check=False).stdout


def test_nothing_is_found_that_was_not_decided(tmp_path: Path) -> None:
    """Nothing of medium or high severity but these; they show that the linter reads our site at all."""
    spec = SiteSpec(
        app="web",
        blue=("10.9.9.2:8000",),
        green=("10.9.9.3:8000",),
        server_names=("app.example.com",),
        listen=("80",),
        ipv6=True,
        tls_certificate="/etc/ssl/app.pem",
        tls_certificate_key="/etc/ssl/app.key",
    )
    site = tmp_path / "nginx.conf"
    site.write_text(f"worker_processes auto;\nevents {{}}\nhttp {{\n{render_site(spec)}\n}}\n")
    assert all(decided in _findings(site) for decided in _DECIDED)
    assert "Problem" not in _findings(site, "--skips", ",".join(_DECIDED))
