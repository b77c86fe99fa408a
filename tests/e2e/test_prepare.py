"""A host made ready for an app: once, repaired when damaged, and a clear word where it cannot be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.host.clock import SystemClock
from bluegreen.host.engine import DockerEngine
from bluegreen.host.facts import read_facts
from bluegreen.host.nginx import HostNginx
from bluegreen.host.prepare import prepare
from bluegreen.host.site_text import render_site
from bluegreen.host.ssh import Connection
from bluegreen.model.site import SiteSpec
from tests.box import Box
from tests.e2e.colors import APP, connect


@pytest.fixture
def connection(box: Box) -> Iterator[Connection]:
    """A connection as the usual deploy user, to a host that is prepared."""
    with connect(box) as opened:
        prepare(opened, read_facts(opened, APP), APP)
        yield opened


def test_a_host_is_prepared_once(box: Box) -> None:
    """What is missing is made, and said; the second time there is nothing to make, also for another app."""
    with connect(box) as connection:
        facts = read_facts(connection, APP)
        assert not facts.prepared
        assert "/var/lib/bluegreen/splits" in prepare(connection, facts, APP)
        assert prepare(connection, dataclasses.replace(read_facts(connection, APP), prepared=False), APP) == ()
        assert read_facts(connection, APP).prepared
        assert "/var/lib/bluegreen/splits" not in prepare(connection, read_facts(connection, "shop"), "shop")
    assert box.sh("stat -c '%a %U' /var/lib/bluegreen/apps/web/releases") == "700 ubuntu"


@pytest.mark.parametrize("damage", ["rm {0}/splits/050/17 {0}/splits/100-hot/03", "touch {}/splits/020/77", "rm -r /run/bluegreen"])
def test_damage_is_noticed_and_repaired(box: Box, connection: Connection, damage: str) -> None:
    """A reboot empties /run; somebody's hand empties a split: the next deployment just mends it."""
    box.sh(damage.format("/var/lib/bluegreen"))
    assert not read_facts(connection, APP).prepared
    assert prepare(connection, read_facts(connection, APP), APP)
    assert read_facts(connection, APP).prepared


def test_a_frozen_engine_is_not_waited_for(box: Box) -> None:
    """An engine that hangs answers nothing at all: what the host is comes all the same, and the engine is named as what hangs."""
    dockerd = box.sh("pgrep -o -x dockerd")
    with connect(box) as connection:
        box.sh(f"kill -STOP {dockerd}")
        try:
            assert not read_facts(connection, APP).docker
            with pytest.raises(HostNotReady, match="Docker did not tell about itself within 1 seconds") as caught:
                DockerEngine(connection.docker_socket(), SystemClock(60), timeout=1).engine()
        finally:
            box.sh(f"kill -CONT {dockerd}")
    assert "The engine hangs" in caught.value.means


def test_a_user_without_sudo_is_told_what_to_type(box: Box) -> None:
    """On the host, once, as root; and nothing was made."""
    with connect(box, "dockeronly") as connection:
        facts = read_facts(connection, APP)
        assert not facts.sudo
        with pytest.raises(HostNotReady, match="cannot make the directories") as caught:
            prepare(connection, facts, APP)
    assert "/etc/sudoers.d/90-dockeronly" in caught.value.todo
    assert box.sh("ls -d /var/lib/bluegreen", check=False) == ""


def test_root_needs_no_sudo(box: Box) -> None:
    """Deploying as root works where sudo is not even installed."""
    with box.without("/usr/bin/sudo"), connect(box, "root") as connection:
        prepare(connection, read_facts(connection, APP), APP)
        facts = read_facts(connection, APP)
        assert (facts.root, facts.prepared) == (True, True)
        site = SiteSpec(app=APP, blue=("10.9.9.2:80",), green=("10.9.9.3:80",), server_names=("_",), listen=("80",), ipv6=False)
        HostNginx(connection, facts).install(APP, render_site(site))
    assert box.sh("curl -s http://127.0.0.1/") == "no release is live"
