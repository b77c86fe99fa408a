"""However a guardian ends, the traffic is back, the candidate is drained and stopped, and the lock is free."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bluegreen.errors import Cancelled, GuardianLost, Locked
from bluegreen.host.clock import SystemClock
from bluegreen.host.guardian import start_guardian
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Color, Split
from tests.box import Box
from tests.e2e.colors import Colors, connect, guard
from tests.e2e.product import ROOT, serving

_ARMED = Split(green=50, hot=True)
_PROCESSES = "pgrep -f '^bash -c .*bluegreen-[g]uardian'"


@contextmanager
def deployer(box: Box, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another deployment, in a process that can be killed, once it has armed its split."""
    command = (sys.executable, "-m", "tests.e2e.deployer", box.name, *words)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "armed\n"
            yield process
        finally:
            process.kill()


def until(box: Box, condition: str, seconds: float = 10.0) -> float:
    """How long it took until a bash condition held on the box."""
    began = time.monotonic()
    box.sh(f"for ((i = 0; i < {int(seconds * 100)}; i++)); do {condition} && exit 0; sleep 0.01; done; exit 1")
    return time.monotonic() - began


def back(split: str = "000") -> str:
    """The condition that the armed route is that split."""
    return f"[[ $(readlink /run/bluegreen/web) == */{split} ]]"


def free(box: Box) -> float:
    """How long it took until the lock was free and nobody was left who could hold it."""
    return until(box, "flock -n /var/lib/bluegreen/apps/web/lock true", 15)


@pytest.mark.usefixtures("colors")
def test_left_by_an_exception_traffic_follows_the_committed_route(box: Box, connection: Connection) -> None:
    """An exception that leaves the block takes the armed route with it, and the lock is free at once."""
    with contextlib.suppress(ZeroDivisionError), start_guardian(connection, guard(), SystemClock(60)) as guardian:
        guardian.arm(Split(green=100))
        raise ZeroDivisionError
    assert serving(box) == {"blue": 40}
    with start_guardian(connection, guard(lock_timeout=0), SystemClock(60)) as guardian:
        assert guardian.routes().committed == Split(green=0)


@pytest.mark.usefixtures("colors")
def test_a_killed_deployer_s_traffic_goes_back_in_a_moment(box: Box) -> None:
    """By kill -9 of the deployment: the end of its connection is enough."""
    with deployer(box, _ARMED.name, "15") as process:
        process.kill()
        assert until(box, back()) < 1.0
        free(box)
    assert serving(box) == {"blue": 40}


@pytest.mark.usefixtures("colors")
def test_a_frozen_deployer_loses_its_traffic_and_its_connection(box: Box) -> None:
    """SIGSTOP: nothing ends, but no beat comes; when it wakes up it has no channel left to act with."""
    sessions = box.sh("pgrep -u ubuntu -x sshd")
    with deployer(box, _ARMED.name, "2") as process:
        process.send_signal(signal.SIGSTOP)
        assert 1.0 < until(box, back()) < 4.0
        free(box)
        assert box.sh("pgrep -u ubuntu -x sshd") == sessions
        process.send_signal(signal.SIGCONT)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("lost")


@pytest.mark.usefixtures("colors")
def test_a_killed_guardian_s_sentinel_brings_the_traffic_back(box: Box) -> None:
    """By kill -9 of the guardian itself: traffic is back, the deployment can act no longer, the lock is free."""
    with deployer(box, _ARMED.name, "15") as process:
        box.sh(f"kill -9 $({_PROCESSES} | head -n 1)")
        assert until(box, back()) < 1.0
        free(box)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("lost")
    assert box.sh(_PROCESSES, check=False) == ""


@pytest.mark.usefixtures("colors")
def test_a_killed_sentinel_is_replaced_and_the_guardian_still_goes_back(box: Box) -> None:
    """Without its sentinel the guardian guards on."""
    with deployer(box, _ARMED.name, "15") as process:
        box.sh(f"kill -9 $({_PROCESSES} | tail -n 1)")
        process.kill()
        assert until(box, back()) < 1.0
        free(box)


@pytest.mark.usefixtures("colors")
def test_the_candidate_of_a_dead_deployment_is_drained_and_stopped(box: Box) -> None:
    """It had traffic: a long answer under way is finished first, then it is stopped for good, and only then is the lock free."""
    with deployer(box, "100-hot", "15", "green") as process:
        slow = subprocess.Popen(("curl", "-s", f"http://{box.address}/slow?ms=2500"), stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        process.kill()
        assert until(box, back()) < 1.0
        assert box.docker("inspect", "-f", "{{.State.Running}}", "web-green") == "true"
        free(box)
        assert '"version": "green"' in slow.communicate()[0]
    assert box.docker("inspect", "-f", "{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}", "web-green") == "false no"
    assert serving(box) == {"blue": 40}


def test_a_committed_candidate_outlives_a_deployer_that_dies_before_it_says_so(box: Box, colors: Colors) -> None:
    """From the commit on a fault rolls forward: what was watched over is live now."""
    opened = connect(box)
    with start_guardian(opened, guard(), SystemClock(60)) as guardian:
        guardian.watch_over(colors.container(Color.GREEN), drain=1, stop=1)
        guardian.arm(Split(green=100, hot=True))
        guardian.commit()
        opened.close()
        with pytest.raises(GuardianLost):
            guardian.routes()
    free(box)
    assert box.docker("inspect", "-f", "{{.State.Running}}", "web-green") == "true"
    assert serving(box) == {"green": 40}


@pytest.mark.usefixtures("colors")
def test_a_second_deployment_waits_and_is_told_for_whom(box: Box, connection: Connection) -> None:
    """The holder is named once, then the waiting one gets the lock when it is free."""
    waits: list[str] = []
    with deployer(box, "000", "15") as process:
        with pytest.raises(Locked, match="the deployer"), start_guardian(connection, guard(lock_timeout=1, waits=waits), SystemClock(60)):
            pytest.fail("two deployments held the lock")
        assert waits == ["the deployer"]
        process.kill()
        with start_guardian(connection, guard(lock_timeout=20, owner="run 2"), SystemClock(60)) as guardian:
            assert guardian.routes().committed == Split(green=0)
            assert box.read("/var/lib/bluegreen/apps/web/owner") == "run 2"


@pytest.mark.usefixtures("colors")
def test_a_waiting_deployment_can_be_cancelled_and_leaves_nothing(box: Box, connection: Connection) -> None:
    """The wait for the lock ends with the run, on the host too."""
    clock = SystemClock(1.0)
    with deployer(box, "000", "15"):
        with pytest.raises(Cancelled), start_guardian(connection, guard(lock_timeout=60), clock):
            pytest.fail("two deployments held the lock")
        until(box, f"(($({_PROCESSES} | wc -l) == 2))")


@pytest.mark.usefixtures("colors")
def test_a_guardian_leaves_no_process_behind(box: Box, connection: Connection) -> None:
    """Neither itself nor its sentinel, and its line in the process list holds nothing but names and numbers."""
    with start_guardian(connection, guard(owner="secret-owner"), SystemClock(60)) as guardian:
        guardian.routes()
        listed = box.sh("ps -eo args | grep [b]luegreen-guardian")
        assert "secret-owner" not in listed
        assert max(len(line) for line in listed.splitlines()) < 120
    assert box.sh(_PROCESSES, check=False) == ""
