"""The instruments themselves: a box that reboots and resets as said, a load that misses nothing, a proxy that is far away."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.box import Box
from tests.box.delay import DelayProxy
from tests.box.watch import Watch
from tests.e2e.product import APP, ROOT, serving
from tests.load import MIX, Kind, Load, Target
from tests.load.checker import Died, Phase, cut, healthy_load

SITE = """
upstream app { server %s:8000; keepalive 32; keepalive_timeout 1s; }
map $http_upgrade $connection_header { default upgrade; '' ''; }
server {
    listen 80 default_server;
    location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_header;
    }
}
"""

TEST = """
import pathlib, sys, time
from tests.box import Box
from tests.box.watch import Watch
from tests.load import Load, Target
box = Box(sys.argv[1])
with Watch(box, "killed"), Load(Target(address=box.address), pathlib.Path(sys.argv[2], "load.jsonl")) as load:
    print(load.pid, flush=True)
    time.sleep(3600)
"""


def application(box: Box, name: str, *, bad: str = "", labels: tuple[str, ...] = (), restart: str = "no") -> str:
    """Run the test application on the box under that name, which is its version too; its address."""
    files = subprocess.run(("tar", "-C", str(APP), "-c", "."), capture_output=True, check=True).stdout
    box.engine("exec", "-i", box.container, "docker", "build", "-q", "-t", "app:test", "-", data=files)
    words = [word for label in labels for word in ("--label", label)]
    box.docker("run", "-d", "--name", name, "--restart", restart, "-e", f"VERSION={name}", "-e", f"BAD={bad}", *words, "app:test")
    return box.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", name)


def expose(box: Box, address: str) -> None:
    """Serve that address on port 80, and wait until it is."""
    box.write("/etc/nginx/conf.d/app.conf", SITE % address)
    box.sh("nginx -s reload")
    deadline = time.monotonic() + 10
    while not any(version.startswith("v") for version in serving(box, count=1)):
        assert time.monotonic() < deadline, "the application never answered on port 80"
        time.sleep(0.05)


@pytest.mark.parametrize("hard", [False, True])
def test_a_reboot_empties_run_and_keeps_everything_else(box: Box, *, hard: bool) -> None:
    """Daemons come back, containers as their restart policy says, /run is new, address and identity stay."""
    application(box, "lasting", restart="unless-stopped")
    application(box, "passing")
    box.sh("mkdir /run/bluegreen; touch /var/lib/kept")
    before = (box.address, box.known_hosts)
    box.reboot(hard=hard)
    assert box.docker("ps", "--format", "{{.Names}}").split() == ["lasting"]
    assert box.sh("ls -d /run/bluegreen /var/lib/kept", check=False) == "/var/lib/kept"
    assert (box.address, box.known_hosts) == before
    assert box.ssh("sudo -n whoami") == "root"
    assert box.sh("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/", check=False) == "000"
    box.sh("rm /var/lib/kept")


def test_a_reset_box_is_as_new(box: Box) -> None:
    """Whatever a test did to Docker, NGINX, SSH, users and the firewall is undone in seconds."""
    look = (
        "cd /etc; find nginx ssh sudoers.d tmpfiles.d logrotate.d /var/lib/bluegreen /run/bluegreen -type f -exec sha256sum {} +;"
        "sha256sum passwd shadow group; iptables -S INPUT; docker ps -aq; docker images -q; docker volume ls -q; command -v nginx;"
        "docker network ls --format '{{.Name}}'; ls /var/log/nginx /tmp"
    )
    new = box.sh(look, check=False)
    application(box, "left-over", restart="always")
    box.docker("network", "create", "left-over")
    box.docker("volume", "create", "left-over")
    box.sh(
        "mkdir -p /var/lib/bluegreen/apps/x /run/bluegreen; echo 'broken {' > /etc/nginx/conf.d/bluegreen-x.conf; rm /etc/sudoers.d/90*;"
        "useradd someone; echo 'MaxSessions 1' >> /etc/ssh/sshd_config; iptables -A INPUT -p tcp --dport 80 -j DROP; mkdir -p /etc/docker;"
        "echo '{\"debug\": true}' > /etc/docker/daemon.json; mv $(command -v nginx) /usr/sbin/nginx.bluegreen-box-hidden"
    )
    began = time.monotonic()
    box.reset()
    assert box.sh(look, check=False) == new
    assert box.ssh("sudo -n whoami") == "root"
    assert time.monotonic() - began < 10


def test_a_blocked_port_is_silent_or_closed(box: Box) -> None:
    """DROP lets a client wait, REJECT answers it at once, and afterwards the port is as it was."""
    with box.blocked(22), pytest.raises(TimeoutError), socket.create_connection((box.address, 22), timeout=1):
        pass
    with box.blocked(22, how="REJECT"), pytest.raises(ConnectionRefusedError), socket.create_connection((box.address, 22), timeout=1):
        pass
    assert box.ssh("echo open") == "open"


def test_three_hundred_users_a_second_are_all_answered(box: Box, tmp_path: Path) -> None:
    """Through the box's NGINX, for five seconds, of every kind: none fails and none is late, so what a test sees is the product's."""
    expose(box, application(box, "v1"))
    rates = {**MIX, Kind.GET: 200.0, Kind.POST: 80.0}
    with Load(Target(address=box.address), tmp_path / "load.jsonl", rates=rates, websocket_seconds=1.0) as load:
        time.sleep(5)
    records = load.records()
    assert {record.kind for record in records} == {kind for kind, rate in rates.items() if rate}
    assert [record for record in records if record.failed or cut(record, 30.0)] == []
    # A WebSocket that had to leave at once has met no version.
    assert {record.version for record in records if record.events or record.kind is not Kind.WEBSOCKET} == {"v1"}
    assert healthy_load(records, sum(rates.values())) == []


def test_every_dropped_request_is_a_failed_one_and_is_not_sent_again(box: Box, tmp_path: Path) -> None:
    """The app drops 1 POST in 50 and says so in its log: as many failures are recorded, and the app met each request once.

    POSTs, because NGINX itself repeats a GET whose kept upstream connection broke.
    """
    expose(box, application(box, "v1", bad="drop=50"))
    with Load(Target(address=box.address), tmp_path / "load.jsonl", rates={Kind.POST: 150.0}) as load:
        time.sleep(4)
    records = load.records()
    met = [line for line in box.docker("logs", "v1").splitlines() if "kind=post" in line]
    dropped = [line for line in met if "dropped" in line]
    assert len(dropped) >= 10
    assert sum(record.failed for record in records) == len(dropped)
    assert len(records) == len(met)


def test_a_websocket_that_the_server_sends_away_is_seen_with_its_code(box: Box, tmp_path: Path) -> None:
    """A stopped app says 1001 to its WebSockets; long before a drain timeout that is a cut."""
    expose(box, application(box, "v1"))
    with Load(
        Target(address=box.address), tmp_path / "load.jsonl", rates={Kind.WEBSOCKET: 5.0}, websocket_seconds=2.5, timeout=1.0
    ) as load:
        time.sleep(1.5)
        box.docker("stop", "v1")
    # One that was just leaving by itself, so that both said goodbye, is not sent away.
    sent_away = [record for record in load.records() if record.code == 1001 and not record.ended_by_us]
    assert sent_away
    assert all(cut(record, 30.0) for record in sent_away)


def test_a_distant_host_takes_its_time(box: Box) -> None:
    """Through the proxy every round trip costs its delay; stalled, nothing passes until it is mended; cut, it ends at once."""
    with DelayProxy(box.address, one_way=0.1) as far:
        command = (
            *("ssh", "-p", str(far.port), "-i", str(box.key_file), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"),
            *("-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "ubuntu@127.0.0.1"),
        )
        began = time.monotonic()
        assert subprocess.run((*command, "echo far"), capture_output=True, text=True, check=True, timeout=30).stdout == "far\n"
        assert 1.0 < time.monotonic() - began < 6.0
        far.one_way = 0.0
        with subprocess.Popen(
            (*command, "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as cat:
            assert cat.stdin is not None
            assert cat.stdout is not None
            cat.stdin.write("one\n")
            cat.stdin.flush()
            assert cat.stdout.readline() == "one\n"
            far.stall()
            cat.stdin.write("two\n")
            cat.stdin.flush()
            time.sleep(0.5)
            assert cat.poll() is None
            far.mend()
            assert cat.stdout.readline() == "two\n"
            far.cut()
            assert cat.wait(5) == 255


def test_the_watch_tells_what_was_declared_and_who_died(box: Box) -> None:
    """The armed route before the committed one, versions by docker's labels, a hot backup with 0, and a death with its time."""

    def labels(color: str, version: str) -> tuple[str, ...]:
        return ("bluegreen.app=x", "bluegreen.role=web", f"bluegreen.color={color}", f"bluegreen.version={version}")

    application(box, "v1", labels=labels("blue", "v1"))
    box.sh("mkdir -p /run/bluegreen /var/lib/bluegreen/apps/x; ln -s ../../splits/000 /var/lib/bluegreen/apps/x/traffic")
    with Watch(box, "x") as watch:
        application(box, "v2", labels=labels("green", "v2"))
        for split in ("000-hot", "050-hot"):
            box.sh(f"ln -sfn /var/lib/bluegreen/splits/{split} /run/bluegreen/x")
            time.sleep(0.3)
        killed = time.time()
        box.sh(f"kill -9 {box.docker('inspect', '-f', '{{.State.Pid}}', 'v2')}")
        time.sleep(0.5)
        box.sh("rm /run/bluegreen/x")
        time.sleep(0.3)
        box.docker("stop", "v1")
        time.sleep(0.3)
    phases, deaths = watch.phases(), watch.deaths()
    assert [dict(phase.shares) for phase in phases] == [{"v1": 100}, {"v1": 100, "v2": 0}, {"v1": 50, "v2": 50}, {"v1": 100}]
    assert deaths == [Died(at=deaths[0].at, version="v2")]
    assert killed - 1 < deaths[0].at < killed + 10
    assert phases == sorted(phases, key=_at)


def test_a_watch_that_goes_blind_is_not_believed(box: Box) -> None:
    """Judged by what it saw until then, right answers would count as wrong ones, and wrong ones as right."""
    with pytest.raises(RuntimeError, match="went blind"), Watch(box, "x"):
        box.sh("pkill -f '[d]ocker events .*bluegreen.app=x'; sleep 0.5")


def test_nothing_outlives_a_test_that_is_killed(running_box: Box, tmp_path: Path) -> None:
    """Neither its users nor its watch on the box: they would hold the machine up for an hour."""
    watched = "pgrep -f '[b]luegreen-box/watch.sh killed'"
    with subprocess.Popen(
        (sys.executable, "-c", TEST, running_box.name, str(tmp_path)), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as test:
        assert test.stdout is not None
        users = os.pidfd_open(int(test.stdout.readline()))
        assert running_box.sh(watched)
        test.kill()
        assert select.select([users], [], [], 10)[0], "its users are still there"
        os.close(users)
    running_box.sh(f"for i in {{1..100}}; do {watched} || exit 0; sleep 0.1; done; exit 1")


def _at(phase: Phase) -> float:
    return phase.at
