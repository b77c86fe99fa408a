"""A site's text as it is found on a host: what is read from it again."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bluegreen.host.site_text import parse_site, render_site
from bluegreen.model.site import SiteSpec

SPEC = SiteSpec(app="web", blue=("10.0.0.2:8000",), green=("10.0.0.3:8000",), server_names=("_",), listen=("80",))


def test_an_installed_site_is_intact_until_someone_edits_it() -> None:
    """The first line tells the digest of the rest; a changed, an added and a lost line are all edits."""
    text = render_site(SPEC)
    assert not parse_site(text).edited
    for edited in (text.replace("keepalive 32", "keepalive 64", 1), text + "\n", text.rpartition("}")[0], "server {}\n", ""):
        assert parse_site(edited).edited
    assert parse_site(text).text == text


@pytest.mark.parametrize("tls", [{}, {"tls_certificate": "/etc/c.pem", "tls_certificate_key": "/etc/k.pem"}], ids=["plain", "tls"])
@pytest.mark.parametrize("names", [("_",), ("a.example", "*.b.example"), ("ec2-203-0-113-25.ap-southeast-2.compute.amazonaws.com",)])
def test_how_users_come_in_is_read_from_the_text(names: tuple[str, ...], tls: dict[str, Any]) -> None:
    """A rollback compares it with what it was given."""
    site = parse_site(render_site(dataclasses.replace(SPEC, server_names=names, **tls)))
    assert (site.names, site.certificate) == (names, tls.get("tls_certificate", ""))
