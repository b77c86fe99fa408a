"""What users meet at the site: TLS, hot groups, a host without a release, and a log that outlives its rotation."""

from __future__ import annotations

import json

import pytest

from bluegreen.host.facts import read_facts
from bluegreen.host.guardian import HostGuardian
from bluegreen.host.site_text import render_site
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Color, Split
from tests.box import Box
from tests.e2e.colors import APP, Colors
from tests.e2e.product import serving
from tests.e2e.waiting import until

_CURL = "curl -sk --resolve a.example:443:127.0.0.1 --resolve a.example:80:127.0.0.1 -o /dev/null -w"


@pytest.mark.usefixtures("guardian")
def test_tls_redirects_and_serves_http2(box: Box, colors: Colors) -> None:
    """Port 80 sends users to https, but for the certificate authority's challenge; both versions of HTTP are spoken there."""
    files = "-keyout /etc/nginx/k.pem -out /etc/nginx/c.pem"
    box.sh(f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=a.example {files} 2>/dev/null")
    box.write("/var/www/html/.well-known/acme-challenge/abc", "the answer")
    spec = colors.spec(tls_certificate="/etc/nginx/c.pem", tls_certificate_key="/etc/nginx/k.pem", server_names=("a.example",))
    previous = colors.nginx.install(APP, render_site(spec))
    try:
        assert box.sh(f"{_CURL} '%{{http_code}} %{{redirect_url}}' http://a.example/x?y=1") == "301 https://a.example/x?y=1"
        assert box.sh(f"{_CURL} '%{{http_code}} %{{http_version}}' --http2 https://a.example/") == "200 2"
        assert box.sh(f"{_CURL} '%{{http_code}} %{{http_version}}' --http1.1 https://a.example/") == "200 1.1"
        for url in ("http://a.example", "https://a.example"):
            assert box.sh(f"{_CURL} '%{{http_code}}' {url}/.well-known/acme-challenge/abc") == "200"
    finally:
        colors.nginx.restore(APP, previous)


def test_no_release_is_nobody_s_color(box: Box, both: Colors) -> None:
    """Both colors run, but nothing was ever routed: users are told so, by nobody's accident."""
    both.tidy()
    assert serving(box, count=3) == {"503": 3}


def test_a_lone_failure_in_a_hot_group_moves_nobody_else(box: Box, colors: Colors, guardian: HostGuardian) -> None:
    """The request that live failed is answered by the other color; those that come after go on to live."""
    guardian.arm(Split(green=0, hot=True))
    box.sh("docker exec web-blue sh -c 'echo 90 > /tmp/drop'")
    try:
        assert serving(box, count=200)["blue"] >= 195
    finally:
        box.sh("docker exec web-blue rm /tmp/drop")
    log = [json.loads(line) for line in box.read("/var/log/bluegreen/web.log").splitlines()]
    first = [entry["upstream"].split(", ")[0] for entry in log if entry["group"].endswith("_blue_hot")]
    assert len(first) == 200
    assert set(first) == {f"{colors.address(Color.BLUE)}:8000"}
    assert {entry["status"] for entry in log} == {200}


def test_a_dead_color_in_a_hot_group_is_nobody_s_loss(box: Box, colors: Colors, guardian: HostGuardian) -> None:
    """Its backup answers, and after a few requests the dead one is hardly asked any more: once in a while, so that it may come back."""
    guardian.arm(Split(green=0, hot=True))
    box.docker("kill", "web-blue")
    assert serving(box, count=40) == {"green": 40}
    log = [json.loads(line) for line in box.read("/var/log/bluegreen/web.log").splitlines()]
    asked = [entry for entry in log if f"{colors.address(Color.BLUE)}:8000" in entry["upstream"]]
    assert 0 < len(asked) < 20


def test_a_rotated_log_is_still_written_and_still_read(box: Box, connection: Connection, guardian: HostGuardian) -> None:
    """Day two: logrotate moves the log away; NGINX writes a new one, and the deploy user can read it."""
    token = "ab" * 16
    box.sh("curl -s http://127.0.0.1/ && logrotate -f /etc/logrotate.d/bluegreen-web")

    def seen() -> bool:
        box.sh(f"curl -s -H 'X-Bluegreen-Probe: {token}' http://127.0.0.1/")
        return guardian.seen(token) is not None

    # NGINX's workers open the new file each in their own time.
    until(seen)
    assert box.sh("stat -c '%a %G' /var/log/bluegreen/web.log") == "640 ubuntu"
    assert box.sh("ls /var/log/bluegreen") == "web.log\nweb.log.1"
    guardian.arm(Split(green=0))
    assert read_facts(connection, APP).prepared
