"""The guardian on a real host: it alone moves an app's traffic, and believes nothing that NGINX does not show."""

from __future__ import annotations

import re
import subprocess

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.host import Routes
from bluegreen.host.clock import SystemClock
from bluegreen.host.guardian import HostGuardian, start_guardian
from bluegreen.host.ssh import Connection
from bluegreen.model.color import Color, Split
from bluegreen.model.release import Release, Settings
from tests.box import Box
from tests.e2e.colors import Colors, guard
from tests.e2e.product import serving
from tests.e2e.waiting import until

_SETTINGS = Settings(container_port=8000, env=(("KEY", "a 'b' \"c\" $d\\"),))
_RELEASE = Release(app="web", version="v1", image="web", image_id="sha256:1", settings=_SETTINGS)


def test_moved_traffic_arrives_where_the_split_says(box: Box, guardian: HostGuardian) -> None:
    """Users see the split at once, one percent fine, and the committed color again after a disarm."""
    guardian.arm(Split(green=30, hot=True))
    share = serving(box, count=200)
    assert share["blue"] + share["green"] == 200
    assert 25 < share["green"] < 100
    guardian.arm(Split(green=100))
    assert serving(box) == {"green": 40}
    guardian.disarm()
    assert serving(box) == {"blue": 40}


@pytest.mark.usefixtures("colors")
def test_a_commit_survives_the_guardian_and_a_reboot(box: Box, connection: Connection) -> None:
    """What was committed serves on; what was only armed does not outlive a reboot."""
    with start_guardian(connection, guard(), SystemClock(60)) as guardian:
        guardian.arm(Split(green=100, hot=True))
        guardian.commit()
        guardian.settle(Split(green=100))
        assert guardian.routes() == Routes(committed=Split(green=100), armed=Split(green=100))
    assert serving(box) == {"green": 40}
    box.sh("rm -r /run/bluegreen")
    assert serving(box) == {"green": 40}


def test_a_directory_that_nginx_cannot_read_fails_the_proof(box: Box, guardian: HostGuardian) -> None:
    """Everything would go blue without a word; the proof through NGINX says so."""
    box.sh("chgrp ubuntu /var/lib/bluegreen/splits && chmod 0750 /var/lib/bluegreen/splits")
    with pytest.raises(HostNotReady, match="bucket 00 goes to none, not to green"):
        guardian.arm(Split(green=100))
    box.sh("chmod 0755 /var/lib/bluegreen/splits")


def test_a_log_that_cannot_be_read_stops_a_shift_and_not_the_way_back(box: Box, guardian: HostGuardian) -> None:
    """A paused deployment that is aborted days later, when somebody's logrotate has made the log root's own."""
    guardian.arm(Split(green=10, hot=True))
    guardian.commit()
    box.sh("chmod 0600 /var/log/bluegreen/web.log")
    with pytest.raises(HostNotReady, match=r"access log /var/log/bluegreen/web.log cannot be read by ubuntu"):
        guardian.arm(Split(green=50, hot=True))
    guardian.settle(Split(green=0))
    assert guardian.routes() == Routes(committed=Split(green=0), armed=Split(green=0))
    assert serving(box) == {"blue": 40}
    box.sh("chmod 0640 /var/log/bluegreen/web.log")


def test_a_stopped_nginx_fails_the_proof(box: Box, guardian: HostGuardian) -> None:
    """No move counts that nobody has seen; the way back is not refused for it."""
    box.sh("nginx -s stop; while pgrep -x nginx; do sleep 0.05; done")
    with pytest.raises(HostNotReady, match="NGINX does not answer"):
        guardian.arm(Split(green=100))
    guardian.disarm()
    box.sh("nginx")
    assert serving(box) == {"blue": 40}


@pytest.mark.usefixtures("colors")
def test_a_split_that_lacks_a_file_is_no_ground_to_stand_on(box: Box, connection: Connection) -> None:
    """It would send a bucket to the wrong color."""
    box.sh("rm /var/lib/bluegreen/splits/050/17")
    with pytest.raises(HostNotReady, match="not whole"), start_guardian(connection, guard(), SystemClock(60)):
        pytest.fail("it started")


def test_recipes_are_kept_private_and_come_back_as_they_were(box: Box, guardian: HostGuardian) -> None:
    """Quotes and dollars in the environment survive; a broken file is passed over; a forgotten one is gone."""
    guardian.save(_RELEASE)
    box.sh("echo nonsense > /var/lib/bluegreen/apps/web/releases/ffffffff.json")
    assert guardian.look()[1] == (_RELEASE,)
    assert box.sh(f"stat -c '%a %U' /var/lib/bluegreen/apps/web/releases/{_RELEASE.id}.json") == "600 ubuntu"
    guardian.forget(_RELEASE.id)
    assert guardian.look()[1] == ()


def test_connections_are_counted_where_they_are_served(box: Box, colors: Colors, guardian: HostGuardian) -> None:
    """An answer under way counts for its own color only."""
    both = [colors.container(color) for color in Color]
    # NGINX keeps a connection for a second after its last answer.
    until(lambda: guardian.connections(both) == 0)
    with subprocess.Popen(("curl", "-s", "-o", "/dev/null", f"http://{box.address}/slow?ms=1500")):
        until(lambda: guardian.connections(both) > 0)
        assert [guardian.connections([one]) for one in both] == [1, 0]
    until(lambda: guardian.connections(both) == 0)


def test_the_preview_shows_one_color_to_those_who_know_its_name(box: Box, guardian: HostGuardian) -> None:
    """The candidate answers before any user reaches it, with the real Host; a guessed name does not, nor the name afterwards."""
    name = guardian.open_preview(Color.GREEN)
    guardian.routes()
    ask = "curl -s -o /dev/stdout -w '%{{http_code}}' -H 'Host: {}' http://127.0.0.1:29173/"
    assert '"version": "green"' in box.sh(ask.format(name))
    assert box.sh(ask.format(re.sub("[0-9a-f]{32}", "0" * 32, name))).endswith("404")
    assert serving(box) == {"blue": 40}
    guardian.leave()
    assert box.sh(ask.format(name)).endswith("404")


def test_the_log_tells_where_a_marked_request_went(box: Box, colors: Colors, guardian: HostGuardian) -> None:
    """How the front door is proved; the query string is not in the log."""
    token = "0123456789abcdef" * 2
    guardian.arm(Split(green=100))
    box.sh(f"curl -s -H 'X-Bluegreen-Probe: {token}' 'http://127.0.0.1/?secret=1'")
    seen = guardian.seen(token)
    assert seen is not None
    assert seen.upstreams == (f"{colors.address(Color.GREEN)}:8000",)
    assert seen.group.endswith("_green")
    assert guardian.seen("f" * 32) is None
    assert "secret" not in box.read("/var/log/bluegreen/web.log")
