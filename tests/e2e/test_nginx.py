"""NGINX's site as a transaction: nothing that others serve may break, whatever is in the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.host.clock import SystemClock
from bluegreen.host.facts import read_facts
from bluegreen.host.guardian import start_guardian
from bluegreen.host.nginx import HostNginx
from bluegreen.host.prepare import prepare
from bluegreen.host.site_text import marker_of, render_site, site_path, snippet_path
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Split
from bluegreen.model.site import SiteMode, SiteSpec
from tests.box import Box
from tests.e2e.colors import APP, connect, guard

SPEC = SiteSpec(app=APP, blue=("10.9.9.2:8000",), green=("10.9.9.3:8000",), server_names=("_",), listen=("80",), ipv6=False)
TEXT = render_site(SPEC)
OTHER = render_site(dataclasses.replace(SPEC, body_size="7m"))
PATH, PART = site_path(APP), snippet_path(APP)
MINE = "/etc/nginx/conf.d/mine.conf"


@pytest.fixture(scope="module")
def box(running_box: Box) -> Box:
    """One clean, prepared box for all of these tests; `nginx` tidies between them."""
    running_box.reset()
    with connect(running_box) as opened:
        prepare(opened, read_facts(opened, APP), APP)
    return running_box


@pytest.fixture
def connection(box: Box) -> Iterator[Connection]:
    """A connection as the usual deploy user."""
    with connect(box) as opened:
        yield opened


@pytest.fixture
def nginx(box: Box, connection: Connection) -> HostNginx:
    """The box's NGINX as Debian configures it, without the welcome page."""
    box.sh("rm -rf /etc/nginx && cp -a /usr/share/bluegreen-box/pristine/etc/nginx /etc/nginx && rm -f /run/bluegreen/*")
    box.sh("if pgrep -x nginx > /dev/null; then nginx -s reload; else nginx; fi")
    return HostNginx(connection, read_facts(connection, APP))


def live(box: Box) -> str:
    """The marker of the site that NGINX really serves."""
    return box.sh(f"curl -s -H 'Host: {APP}.bluegreen.localhost' http://127.0.0.1:29173/site", check=False)


def serve_mine(box: Box, *, text: str = "server { listen 81; return 200 mine; }") -> None:
    """A site that is not ours."""
    box.write(MINE, text + "\n")
    box.sh("nginx -s reload", check=False)


def mine(box: Box) -> str:
    """What that site answers."""
    return box.sh("curl -s http://127.0.0.1:81/", check=False)


def test_a_site_is_installed_replaced_and_removed(box: Box, nginx: HostNginx) -> None:
    """Each time the old one comes back as a value, and NGINX serves the new one when the call returns."""
    assert nginx.site(APP) is None
    assert nginx.install(APP, TEXT) is None
    assert live(box) == marker_of(TEXT)
    previous = nginx.install(APP, OTHER)
    assert live(box) == marker_of(OTHER)
    assert previous is not None
    assert previous.text == TEXT
    nginx.restore(APP, previous)
    assert live(box) == marker_of(TEXT)
    nginx.restore(APP, None)
    assert box.sh("ls -A /etc/nginx/conf.d") == ""
    assert live(box) == ""


def test_the_same_text_reloads_nothing(box: Box, nginx: HostNginx) -> None:
    """No connection is closed for nothing."""
    nginx.install(APP, TEXT)
    workers = box.sh("pgrep -P $(cat /run/nginx.pid)")
    nginx.install(APP, TEXT)
    assert box.sh("pgrep -P $(cat /run/nginx.pid)") == workers


def test_a_file_that_nobody_reloaded_is_brought_to_life(box: Box, nginx: HostNginx) -> None:
    """The same text, but NGINX serves another one: it is reloaded."""
    nginx.install(APP, OTHER)
    box.write(PATH, TEXT)
    nginx.install(APP, TEXT)
    assert live(box) == marker_of(TEXT)


def test_a_configuration_that_was_broken_before_us_is_left_alone(box: Box, nginx: HostNginx) -> None:
    """NGINX's own words, its file and line; and what it had loaded serves on."""
    nginx.install(APP, TEXT)
    serve_mine(box, text="server { lisen 81; }")
    with pytest.raises(HostNotReady, match=r'(?s)broken before.*unknown directive "lisen" in /etc/nginx/conf.d/mine.conf:1'):
        nginx.install(APP, OTHER)
    assert box.read(PATH) == TEXT.strip()
    assert live(box) == marker_of(TEXT)
    with pytest.raises(HostNotReady, match="lisen"):
        nginx.problems(APP, ("_",), ("80",))


@pytest.mark.parametrize(("mode", "touched"), [(SiteMode.MANAGED, PATH), (SiteMode.INCLUDE, PART)], ids=["managed", "included part"])
def test_an_edited_site_is_not_overwritten(box: Box, nginx: HostNginx, mode: SiteMode, touched: str) -> None:
    """Somebody's edit is somebody's intention; the way on are the commands that the error prints, and NGINX's configuration stays whole."""
    before, after = (render_site(dataclasses.replace(SPEC, mode=mode, stick_by=by)) for by in ("request", "ip"))
    nginx.install(APP, before)
    pattern = PART[:-1] + "[f]"  # which may match nothing
    serve_mine(box, text=f"server {{ listen 81; location / {{ include {pattern}; }} }}")
    box.sh(f"sed -i '$a# by hand' {touched}")
    edited = box.read(touched)
    with pytest.raises(HostNotReady, match=f"Somebody edited {PATH}.*: the digest") as caught:
        nginx.install(APP, after)
    assert touched in str(caught.value)
    assert box.read(touched) == edited
    box.sh(caught.value.todo.partition("\n")[2] + " && nginx -t")
    nginx.install(APP, after)
    assert live(box) == marker_of(after)
    assert box.read(f"{touched}.edited") == edited


def test_a_site_that_nginx_refuses_is_put_back(box: Box, nginx: HostNginx) -> None:
    """A missing certificate: nginx -t says so, the old bytes are back, nothing was reloaded."""
    nginx.install(APP, TEXT)
    workers = box.sh("pgrep -P $(cat /run/nginx.pid)")
    tls = dataclasses.replace(SPEC, tls_certificate="/etc/missing.pem", tls_certificate_key="/etc/missing.key")
    with pytest.raises(HostNotReady, match=r"missing\.pem"):
        nginx.install(APP, render_site(tls))
    assert box.read(PATH) == TEXT.strip()
    assert live(box) == marker_of(TEXT)
    assert box.sh("pgrep -P $(cat /run/nginx.pid)") == workers


def test_a_reload_that_the_master_refuses_is_noticed_and_undone(box: Box, nginx: HostNginx) -> None:
    """`nginx -t` and `nginx -s reload` both succeed while a port is taken; only the live marker tells."""
    nginx.install(APP, TEXT)
    serve_mine(box)
    box.docker("run", "-d", "--name", "taker", "--network", "host", "python:3.12-slim", "python", "-m", "http.server", "8085")
    box.sh("for i in {1..100}; do curl -s http://127.0.0.1:8085/ > /dev/null && exit 0; sleep 0.1; done; exit 1")
    with pytest.raises(HostNotReady, match="8085"):
        nginx.install(APP, render_site(dataclasses.replace(SPEC, listen=("8085",))))
    assert box.read(PATH) == TEXT.strip()
    assert live(box) == marker_of(TEXT)
    assert mine(box) == "mine"
    box.docker("rm", "-f", "taker")


def test_an_interrupted_change_is_put_back_first(box: Box, nginx: HostNginx) -> None:
    """Power cut between the rename and the reload, with a text that NGINX refuses: the next deployment succeeds all the same."""
    nginx.install(APP, TEXT)
    box.sh(f"cp {PATH} /etc/nginx/conf.d/.bluegreen-{APP}.conf.before; echo 'nonsense;' >> {PATH}")
    nginx.install(APP, OTHER)
    assert live(box) == marker_of(OTHER)
    assert any("cut off" in note for note in nginx.notes)
    assert box.sh("ls -A /etc/nginx/conf.d") == f"bluegreen-{APP}.conf"


def test_a_full_disk_loses_no_site(box: Box, nginx: HostNginx) -> None:
    """However little room there is, for the new text or for that to go back to: the site stays whole, and the next change succeeds."""
    nginx.install(APP, TEXT)
    refused = render_site(dataclasses.replace(SPEC, tls_certificate="/nowhere.pem", tls_certificate_key="/nowhere.pem"))
    small = "mount -t tmpfs -o size=64k none /etc/nginx/conf.d"
    box.sh(f"cp -a /etc/nginx/conf.d /tmp/as-it-was && {small} && cp -a /tmp/as-it-was/. /etc/nginx/conf.d")
    try:
        for room in range(0, 36, 4):
            box.sh("rm -f /etc/nginx/conf.d/full")
            free = int(box.sh("df --output=avail -k /etc/nginx/conf.d | tail -1"))
            box.sh(f"head -c {free - room}k /dev/zero > /etc/nginx/conf.d/full")
            with pytest.raises(HostNotReady, match="nowhere.pem" if room > 28 else "nowhere.pem|could not be written"):
                nginx.install(APP, refused)
            assert (box.read(PATH), live(box)) == (TEXT.strip(), marker_of(TEXT))
            assert box.sh("ls -A /etc/nginx/conf.d").split() == [f"bluegreen-{APP}.conf", "full"]
        box.sh("rm /etc/nginx/conf.d/full")
        nginx.install(APP, OTHER)
        assert live(box) == marker_of(OTHER)
    finally:
        box.sh("umount /etc/nginx/conf.d; rm -r /tmp/as-it-was")


def test_a_stopped_nginx_is_not_started_behind_its_owner_s_back(box: Box, nginx: HostNginx) -> None:
    """The command that starts it is in the message."""
    box.sh("nginx -s stop; while pgrep -x nginx; do sleep 0.05; done")
    with pytest.raises(HostNotReady, match="does not run") as caught:
        nginx.install(APP, TEXT)
    assert "sudo systemctl start nginx" in caught.value.todo
    assert box.sh("ls -A /etc/nginx/conf.d") == ""


def test_an_nginx_that_reads_no_conf_d_is_told_apart(box: Box, nginx: HostNginx) -> None:
    """The file would lie there and nobody would read it."""
    box.sh("sed -i '/conf.d/d' /etc/nginx/nginx.conf && nginx -s reload")
    with pytest.raises(HostNotReady, match="does not read") as caught:
        nginx.install(APP, TEXT)
    assert "include /etc/nginx/conf.d/*.conf;" in caught.value.todo
    assert box.sh("ls -A /etc/nginx/conf.d") == ""


def test_debian_s_welcome_page_is_named_as_what_is_in_the_way(box: Box, nginx: HostNginx) -> None:
    """A fresh Ubuntu or Debian host has it; the remedy that is printed is enough."""
    box.keep_default_site()
    (problem,) = nginx.problems(APP, ("_",), ("80",))
    assert problem.startswith("/etc/nginx/sites-enabled/default:")
    assert nginx.problems(APP, ("app.example",), ("80",)) == ()
    box.sh("rm /etc/nginx/sites-enabled/default && nginx -s reload")
    assert nginx.problems(APP, ("_",), ("80",)) == ()


def test_two_apps_on_one_host_do_not_see_each_other(box: Box, connection: Connection, nginx: HostNginx) -> None:
    """Each has its own names in NGINX, its own route and its own loopback answers."""
    second = dataclasses.replace(SPEC, app="shop", server_names=("shop.example",))
    prepare(connection, read_facts(connection, "shop"), "shop")
    nginx.install(APP, TEXT)
    nginx.install("shop", render_site(second))
    with (
        start_guardian(connection, guard(app="shop"), SystemClock(60)) as shop,
        start_guardian(connection, guard(), SystemClock(60)) as web,
    ):
        shop.arm(Split(green=100))
        web.arm(Split(green=0))
        shop.arm(Split(green=70, hot=True))
        web.arm(Split(green=1))
    assert live(box) == marker_of(TEXT)


def test_a_long_name_of_app_and_host_fits(box: Box, connection: Connection) -> None:
    """NGINX's default hash of names holds 46 characters."""
    app = "a" * 40
    name = "ec2-203-0-113-25.ap-southeast-2.compute.amazonaws.com"
    prepare(connection, read_facts(connection, app), app)
    nginx = HostNginx(connection, read_facts(connection, app))
    nginx.install(app, render_site(dataclasses.replace(SPEC, app=app, server_names=(name,))))
    assert box.sh(f"curl -s -H 'Host: {name}' http://127.0.0.1/") == "no release is live"
    with start_guardian(connection, guard(app=app), SystemClock(60)) as guardian:
        guardian.arm(Split(green=50))
