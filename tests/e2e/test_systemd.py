"""A host as a cloud hands it out: systemd is its init, another apt-get runs at boot, and neither Docker nor NGINX is there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.box import BareBox, images
from tests.e2e.deploying import APP_NAME, QUICK, containers, expect_end, expect_served_by, route, users
from tests.e2e.product import Product, serving
from tests.e2e.waiting import until

_STATE = "dpkg -l; getent group; ls -A /etc /etc/tmpfiles.d /etc/logrotate.d /var/lib; ls -A /run | grep bluegreen || true"
_APT = """
use Fcntl;
open(my $lock, ">>", "/var/lib/apt/lists/lock") or die;
fcntl($lock, F_SETLK, pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0)) or die;
until (-e "/tmp/updated") { select(undef, undef, undef, 0.1) }
"""
_LOG = f"/var/log/bluegreen/{APP_NAME}.log"


@pytest.fixture
def bare() -> Iterator[BareBox]:
    """A new one, which is gone afterwards."""
    box = BareBox(f"bare-{os.environ.get('BLUEGREEN_BOX', 'main')}")
    try:
        yield box.start()
    finally:
        box.remove()


@contextmanager
def _another_apt(bare: BareBox) -> Iterator[None]:
    """The package lists are locked, as a cloud's first update locks them for a minute or two after boot; not too early unlocked."""
    bare.write("/root/apt.pl", _APT)
    bare.sh("setsid perl /root/apt.pl > /dev/null 2>&1 & sleep 0.3")
    yield
    bare.sh("touch /tmp/updated")


def test_a_bare_host_under_systemd_is_made_ready_and_serves(bare: BareBox, tmp_path: Path) -> None:
    """What `setup` makes is enough: releases come and go under load, one with its deployer; so do the log, and the whole host.

    systemd kills what a session leaves behind, as it does not by default on Debian: the guardian of the deployer that died.
    """
    product = Product(bare, tmp_path)
    product.inputs |= {**QUICK, "app": APP_NAME}
    _set_up(bare, product)
    bare.load_image(images.PYTHON)
    expect_end(product.deploy("v1"), 0, "it is the first release on this host")
    bare.write("/etc/systemd/logind.conf.d/strict.conf", "[Login]\nKillUserProcesses=yes\n")
    bare.sh("systemctl restart systemd-logind")
    with users(bare, tmp_path / "load.jsonl") as load:
        expect_end(product.deploy("v2", shift="50% 1s"), 0, "v2 serves all traffic")
        _lose_a_deployer(bare, product)
        bare.write("/var/lib/logrotate/status", f'logrotate state -- version 2\n"{_LOG}" 2020-1-1-0:0:0\n')
        bare.sh("systemctl start logrotate.service")
        done = product.deploy("v4", shift="50% 1s", memory="128m")
        expect_end(done, 0, "v4 serves all traffic")
        records = load.stop()
    expect_served_by(records, "v1", "v2", "v3", "v4")
    for log in (f"{_LOG}.1", _LOG):
        assert int(bare.sh(f"wc -l < {log}")) > 20, "systemd's logrotate, or NGINX's opening of the new log"
    limits_memory = "No memory limit support" not in bare.sh("docker info 2>&1")
    assert ("Docker says of myexample-v4: " in done.out) is not limits_memory

    bare.reboot()
    assert set(serving(bare, count=10)) == {"v4"}
    assert route(bare)[0] == "-"
    expect_end(product.run("status"), 0, "v4 serves all traffic")
    expect_end(product.deploy("v5"), 0, "v5 serves all traffic")


def _set_up(bare: BareBox, product: Product) -> None:
    """A dry run changes nothing; then `setup` waits for another apt-get, and installs both; then nothing more is to be made."""
    before = bare.sh(_STATE)
    expect_end(product.run("setup", "--dry-run"), 0, "would make package docker.io", "would make package nginx", "nothing was changed")
    assert bare.sh(_STATE) == before
    with _another_apt(bare):
        waiting = product.start("setup")
        time.sleep(6)
        assert waiting.process.poll() is None, waiting.log.read_text()
    expect_end(waiting.finish(), 0, "made package docker.io", "made package nginx", f"The host is ready for {APP_NAME}")
    assert bare.sh("systemctl is-active docker nginx; systemctl is-enabled docker nginx").split() == ["active"] * 2 + ["enabled"] * 2
    assert bare.sh("ls /etc/nginx/sites-enabled") == "", "the package's welcome page would answer in the app's place"
    expect_end(product.run("setup"), 0, "and was before: nothing was changed")


def _lose_a_deployer(bare: BareBox, product: Product) -> None:
    """Kill it while v3 has half of the traffic: v2 has it all again, and v3 ends."""
    dying = product.start_deploy("v3", shift="50% 60s")
    until(lambda: serving(bare, count=20).keys() == {"v2", "v3"}, 20)
    dying.process.kill()
    dying.process.wait(10)
    until(lambda: serving(bare, count=20).keys() == {"v2"}, 20)
    until(lambda: [words.split()[1] for words in containers(bare)] == ["exited", "running", "exited"], 20)
