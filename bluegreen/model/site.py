"""The site is the part of NGINX's configuration that is ours."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["InstalledSite", "SiteSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """All that the site's text depends on. `blue` and `green` are `address:port`; `http2_directive` is NGINX >= 1.25.1's spelling.

    `stick_by` is `request`, `ip` or `cookie:NAME`.
    """

    app: str
    blue: tuple[str, ...]
    green: tuple[str, ...]
    server_names: tuple[str, ...]
    listen: tuple[str, ...]
    tls_certificate: str = ""
    tls_certificate_key: str = ""
    body_size: str = "50m"
    stick_by: str = "request"
    preview_host: str = ""
    http2_directive: bool = False
    keepalive_min_timeout: bool = False
    ipv6: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledSite:
    """The site file as it lies on the host; `edited` when its text no longer matches the digest in its first line."""

    text: str
    edited: bool
