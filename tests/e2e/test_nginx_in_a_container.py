"""NGINX as a container of the user's, as docs/nginx-in-a-container.md has it: the same guarantees, under load."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.box import Box
from tests.box.images import NGINX
from tests.e2e.deploying import APP_NAME, QUICK, expect_end, expect_served_by, users
from tests.e2e.product import ROOT, Product, serving

_PAGE = (ROOT / "docs" / "nginx-in-a-container.md").read_text()
_SETUP = shlex.split(re.findall(r"^```sh\n(.*?)\n```", _PAGE, re.DOTALL | re.MULTILINE)[0])[2:]
_COMPOSE: dict[str, Any] = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)[0])
_SERVICE: dict[str, Any] = _COMPOSE["services"]["nginx"]
_NAME = str(_SERVICE["container_name"])
_NETWORK = f"bluegreen-{APP_NAME}"
_CONF = "/srv/web/conf.d"


def _up(box: Box, *, lacking: str = "") -> None:
    """What `docker compose up --force-recreate` makes of the page's file, but for mounts and networks with that word in them."""
    assert _COMPOSE["networks"] == {_NETWORK: {"external": True}}
    box.docker("rm", "-f", _NAME, check=False)
    box.docker("network", "create", "web_default", check=False)
    volumes = [volume.replace("./", "/srv/web/") for volume in _SERVICE["volumes"] if not lacking or lacking not in volume]
    options = [word for port in _SERVICE["ports"] for word in ("-p", port)] + [word for volume in volumes for word in ("-v", volume)]
    box.docker("create", "--name", _NAME, "--restart", _SERVICE["restart"], "--network", "web_default", *options, _SERVICE["image"])
    for network in _SERVICE["networks"]:
        if network != "default" and (not lacking or lacking not in network):
            box.docker("network", "connect", network, _NAME)
    box.docker("start", _NAME)


def _processes(box: Box) -> str:
    """NGINX's own processes, as they are in its container."""
    return box.sh(f"docker top {_NAME} -eo pid,args | grep 'nginx: [mw]'")


@pytest.fixture(scope="module")
def box(running_box: Box) -> Iterator[Box]:
    """A host without an NGINX of its own, and the image of the page's at hand; what one test leaves, the next one finds."""
    assert _SERVICE["image"] == NGINX
    running_box.reset()
    running_box.load_image(NGINX, base=True)
    running_box.sh(f"rm -rf {_CONF}; kill $(cat /run/nginx.pid)")
    with running_box.without("/usr/sbin/nginx"):
        yield running_box
    running_box.sh("nginx")


@pytest.fixture
def proxied(product: Product) -> Product:
    """The product, whose workflow names the container."""
    product.inputs |= {**QUICK, "app": APP_NAME, "nginx": f"container:{_NAME}", "lease": "3s"}
    return product


def test_a_container_that_will_not_do_is_refused_with_what_it_lacks(box: Box, proxied: Product) -> None:
    """None of that name, none of our directories in it, a directory made anew since, stopped: each by name, and nothing is done to it."""
    expect_end(proxied.run("status"), 4, f"There is no container called {_NAME} on the host", "Those that run: none")
    expect_end(proxied.run(*_SETUP), 0, f"made the Docker network {_NETWORK}")
    _up(box, lacking="bluegreen")
    seen = box.docker("inspect", _NAME)
    planned = proxied.run("plan", version="v1")
    expect_end(planned, 0, f"In the container {_NAME}, /run/bluegreen of the host is not", f"not attached to the network {_NETWORK}")
    done = proxied.run("cleanup")
    expect_end(done, 4, "/var/log/bluegreen of the host is not mounted", "docker compose up -d", "- /run/bluegreen:/run/bluegreen:ro")
    expect_end(done, 4, f"networks: [default, {_NETWORK}]", "external: true", "Nothing was started")
    assert box.docker("inspect", _NAME) == seen

    _up(box)
    expect_end(proxied.run("cleanup"), 0)
    box.sh("mv /run/bluegreen /run/bluegreen.old && install -d -o root -g docker -m 775 /run/bluegreen")
    done = proxied.deploy("v1")
    expect_end(done, 4, "has another /run/bluegreen than the host", f"docker restart {_NAME}", "Nothing of the candidate is left")
    assert box.sh(f"ls -A {_CONF}") == ""
    box.docker("stop", "-t", "0", _NAME)
    expect_end(proxied.run("status"), 4, f"The container {_NAME}, in which NGINX runs, is exited", f"docker start {_NAME}")


def test_releases_come_and_go_through_it_and_nobody_notices(box: Box, proxied: Product, tmp_path: Path) -> None:
    """Shift, broken release, killed deployer, rollback and log rotation, with no failed request and no reload; a new container goes on."""
    expect_end(proxied.run(*_SETUP), 0)
    _up(box)
    expect_end(proxied.deploy("v1"), 0, "front door: GET http://")
    processes = _processes(box)

    with users(box, tmp_path / "load.jsonl") as load:
        preview = "curl -sf $BLUEGREEN_PREVIEW_URL | grep v2"
        expect_end(proxied.deploy("v2", shift="10% 1s, 50% 1s", smoke_test=preview), 0, "v2 serves all traffic")
        expect_end(proxied.deploy("v3", bad="traceback=3", shift="50% 10s"), 8, f"{APP_NAME}-v2 serves all traffic")
        box.sh(f"logrotate -f /etc/logrotate.d/{_NETWORK}")
        killed = proxied.start_deploy("v4", shift="50% 20s")
        killed.wait_for("50 % of the requests go to")
        box.sh("sleep 0.5")
        killed.process.kill()
        killed.finish()
        expect_end(proxied.run("rollback"), 0, "v1 serves all traffic")
        records = load.stop()
    expect_served_by(records, "v1", "v2", "v3", "v4")
    assert _processes(box) == processes, "a release reloaded NGINX"
    assert box.read(f"/var/log/bluegreen/{APP_NAME}.log"), "nothing is logged since the rotation"

    expect_only_the_host_is_answered(box)

    running = proxied.start_deploy("v5", shift="50% 3s")
    running.wait_for("50 % of the requests go to")
    box.docker("restart", "-t", "0", _NAME)
    assert running.finish().exit_code in {0, 8}, "either it was back in time for the next look, or the release went back"
    assert set(serving(box, count=10)) in ({"v1"}, {"v5"})
    box.docker("rm", "-f", _NAME)
    box.docker("run", "-d", "--name", "guest", "--network", _NETWORK, NGINX)
    _up(box)
    expect_end(proxied.deploy("v6"), 0)
    assert set(serving(box, count=10)) == {"v6"}


def expect_only_the_host_is_answered(box: Box) -> None:
    """Assert that our own server in NGINX tells the host what it serves, and a neighbor on the app's network nothing."""
    address = box.docker("inspect", "-f", f'{{{{(index .NetworkSettings.Networks "{_NETWORK}").IPAddress}}}}', _NAME)
    request = f"GET /site HTTP/1.0\\r\\nHost: {APP_NAME}.bluegreen.localhost\\r\\n\\r\\n"
    ask = f"exec 3<>/dev/tcp/{address}/29173; printf '{request}' >&3; head -n 1 <&3"
    assert "200" in box.sh(ask)
    assert "403" in box.docker("run", "--rm", "--network", _NETWORK, NGINX, "bash", "-c", ask)
