"""Bad days of a host: whatever it lacks or holds, the reader learns what to do there and the live release's users learn nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import APP_NAME, Standing, containers, expect_end, expect_served_by, users
from tests.e2e.product import Done

_OTHER_SITE = "client-max-body-size"
_SITE = f"/etc/nginx/conf.d/bluegreen-{APP_NAME}.conf"
_SLEEPER = ("python:3.12-slim", "sleep", "600")


@pytest.fixture(scope="module")
def standing(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The box as new, with v1 on it; every test leaves it so."""
    running_box.reset()
    return Standing(running_box, tmp_path_factory.mktemp("hosts"), url=f"http://{running_box.address}/")


@contextmanager
def _file(box: Box, path: str, text: str) -> Iterator[None]:
    """Somebody else's file on the host, for a while."""
    box.write(path, text)
    try:
        yield
    finally:
        box.sh(f"rm {path}")


@contextmanager
def _stranger(box: Box, name: str, *words: str) -> Iterator[str]:
    """A container that is not ours. Yields its id, and asserts that it ran on."""
    made = box.docker("run", "-d", "--name", name, *words, *_SLEEPER)
    try:
        yield made
        assert box.docker("inspect", "-f", "{{.Id}} {{.State.Running}} {{.RestartCount}}", name) == f"{made} true 0"
    finally:
        box.docker("rm", "-f", name)


def test_no_docker(standing: Standing) -> None:
    """A host without Docker is told how to get it."""

    def deploy() -> Done:
        with standing.box.without("docker"):
            return standing.product.deploy("v2")

    standing.expect_through(deploy, 4, "The host has no docker command", "Install Docker", "Nothing was changed")


_ROOTLESS = """
    home=/tmp/rootless; mkdir $home; socket=unix://$home/sock
    there="--data-root $home/data --exec-root $home/run --pidfile $home/pid --host $socket"
    unshare --net dockerd --rootless --bridge none --iptables=false $there &> $home/log &
    until docker -H $socket version &> /dev/null; do sleep 0.1; done
    runuser -l ubuntu -c "docker context create rootless --docker host=$socket && docker context use rootless"
"""
_NO_ROOTLESS = """
    runuser -l ubuntu -c "docker context use default && docker context rm rootless"
    pid=$(cat /tmp/rootless/pid); kill $pid; while [[ -e /proc/$pid ]]; do sleep 0.1; done; rm -r /tmp/rootless
"""


def test_a_rootless_docker(standing: Standing) -> None:
    """NGINX could reach none of its containers: it is refused by its name, before anything is built in the wrong place."""
    standing.box.sh(_ROOTLESS)
    try:
        standing.expect_bad_day(4, "The host's Docker is rootless", "docker context use default", "Nothing was changed")
    finally:
        standing.box.sh(_NO_ROOTLESS)


def test_a_smoke_test_where_nothing_is_forwarded(standing: Standing) -> None:
    """The health check goes another way, by the host's curl; a smoke test has no other, and says what to allow."""
    with standing.box.without_forwarding():
        standing.expect_bad_day(
            4, "The smoke test cannot reach the candidate", "AllowTcpForwarding yes", "myexample-v1 serves all traffic", smoke_test="true"
        )


def test_no_permission_on_docker(standing: Standing) -> None:
    """A user outside of the group `docker` is told the command that puts him in."""
    standing.expect_bad_day(4, "may not use Docker", "permission denied", "usermod -aG docker", "Nothing was changed", username="plain")


def test_no_sudo(standing: Standing) -> None:
    """A user who cannot make what a deployment needs is told the line that lets him."""
    standing.expect_bad_day(4, "`sudo -n true` fails", "/etc/sudoers.d/90-dockeronly", "Nothing was changed", username="dockeronly")


def test_no_nginx(standing: Standing) -> None:
    """A host without NGINX is told how to get it."""
    with standing.box.without("nginx"):
        standing.expect_bad_day(4, "The host has no NGINX", "apt-get install nginx", "Nothing was changed")


def test_nginx_stopped(standing: Standing, tmp_path: Path) -> None:
    """A stopped NGINX is no way to move traffic: nothing moves, and whoever starts it finds the old release serving."""
    box = standing.box
    box.sh("nginx -s stop; while [ -e /run/nginx.pid ]; do sleep 0.1; done")
    try:
        done = standing.product.deploy("v2")
    finally:
        box.sh("nginx; until curl -s -o /dev/null localhost; do sleep 0.1; done")
    expect_end(done, 4, "NGINX does not", "myexample-v1 serves all traffic")
    standing.expect_untouched(done)
    with users(box, tmp_path / "load.jsonl", get=100) as load:
        box.sh("sleep 1")
        expect_served_by(load.stop(), "v1")


def test_nginx_broken_by_somebody_else(standing: Standing) -> None:
    """A configuration that was broken before us is not touched, and the error names the file and line."""
    box = standing.box
    before = box.sh(f"stat -c '%i %Y %s' {_SITE}; cat /run/nginx.pid")
    with _file(box, "/etc/nginx/conf.d/zz-somebody.conf", "server { }\nnonsense here;\n"):
        standing.expect_bad_day(4, "broken before this deployment", "zz-somebody.conf:2", "nginx -t", **{_OTHER_SITE: "60m"})
    assert box.sh(f"stat -c '%i %Y %s' {_SITE}; cat /run/nginx.pid") == before


def test_a_site_that_somebody_edited_is_not_overwritten(standing: Standing) -> None:
    """An edit of our file is theirs: it stays, and the error says how to keep it."""
    box = standing.box
    box.sh(f"cp -a {_SITE} /root/site && echo '# mine' >> {_SITE}")
    try:
        standing.expect_bad_day(4, f"Somebody edited {_SITE}", ".edited", **{_OTHER_SITE: "60m"})
        assert box.sh(f"tail -n 1 {_SITE}") == "# mine"
    finally:
        box.sh(f"mv /root/site {_SITE}")


def test_another_site_of_the_same_name_is_in_the_way(standing: Standing) -> None:
    """NGINX would only warn and go on serving the other site: file and line are named, and nothing is changed."""
    box = standing.box
    with _file(box, "/etc/nginx/conf.d/theirs.conf", "server {\n  listen 80;\n  server_name www.example.test;\n}\n"):
        box.sh("nginx -s reload")
        standing.expect_bad_day(4, "/etc/nginx/conf.d/theirs.conf:1", "www.example.test", server_name="www.example.test")
    box.sh("nginx -s reload")


def test_names_taken_by_strangers(standing: Standing) -> None:
    """A taken name has substitutes; when those are taken too, the error names all. Strangers are never removed by their name."""
    taken = ["myexample-v2"]
    with ExitStack() as strangers:
        while len(taken) < 4:
            strangers.enter_context(_stranger(standing.box, taken[-1]))
            done = standing.expect_bad_day(7 if len(taken) < 3 else 4, bad="exit")
            found = re.search(rf"{taken[-1]}-[0-9a-z]+", done.out)
            taken.append(found[0] if found else "none")
            if len(taken) == 4:
                expect_end(done, 4, "already has containers named", ", ".join(taken[:3]), "docker inspect", "rename or remove them")
    assert taken[3] == "none"


def test_the_address_taken_by_a_stranger(standing: Standing) -> None:
    """The candidate's fixed address in use by something that is not ours: it is named, with the way to move it."""
    box = standing.box
    green = re.search(r"upstream bg_\w{8}_green \{\s+zone .*;\s+server ([\d.]+):", box.read(_SITE))
    assert green is not None
    with _stranger(box, "squatter", "--network", f"bluegreen-{APP_NAME}", "--ip", green[1]):
        standing.expect_bad_day(4, f"The address {green[1]}", "squatter", "docker network disconnect", "myexample-v1 serves all traffic")


def test_no_room_for_a_second_release(standing: Standing) -> None:
    """Numbers and remedies, before anything is built."""
    before = sorted(standing.box.docker("images", "-q").split())
    done = standing.expect_bad_day(4, "1024000 MiB", "are available", "room: warn", "Nothing was built", memory="1000g")
    assert "Builder:" not in done.out
    assert sorted(standing.box.docker("images", "-q").split()) == before


def test_an_env_file_that_is_not_on_the_host(standing: Standing) -> None:
    """The path is named."""
    standing.expect_bad_day(4, "/etc/none.env", "cannot be read", env_file="host:/etc/none.env")


def test_a_network_that_is_not_on_the_host(standing: Standing) -> None:
    """The network is named, with the command that makes it."""
    standing.expect_bad_day(
        7, "network database not found", "docker network create", "myexample-v1 serves all traffic", networks="database"
    )


def test_a_url_where_nothing_answers(standing: Standing) -> None:
    """TLS ends at a load balancer: said before anything is started, with the URL to give."""
    address = standing.box.address
    told = f"Nothing answers GET https://{address}/", "load balancer", f"http://{address}/", "Nothing was started"
    standing.expect_bad_day(4, *told, url=f"https://{address}/")


def test_a_wrong_front_door_goes_back(standing: Standing, tmp_path: Path) -> None:
    """A `url` that does not lead here means that users would not reach the release: back, although nothing else is wrong."""
    box, reload = standing.box, "nginx -s reload; sleep 1"
    with _file(box, "/etc/nginx/conf.d/theirs.conf", "server { listen 8081; location / { return 200 theirs; } }\n"):
        box.sh(reload)
        with users(box, tmp_path / "load.jsonl") as load:
            done = standing.product.deploy("v2", shift="50% 1s", url=f"http://{box.address}:8081/")
            records = load.stop()
    box.sh(reload)
    expect_end(done, 4, "Your users do not reach this site", "answered 200", "myexample-v1 serves all traffic")
    standing.expect_untouched(done)
    expect_served_by(records, "v1", "v2")


def test_after_all_that_a_good_release_needs_no_help(standing: Standing, tmp_path: Path) -> None:
    """The next deployment succeeds with no manual step, unnoticed as well, on a host that forwards no connections."""
    with standing.box.without_forwarding(), users(standing.box, tmp_path / "load.jsonl") as load:
        done = standing.product.deploy("v2", shift="50% 2s")
        records = load.stop()
    expect_end(done, 0, "v2 serves all traffic")
    expect_served_by(records, "v1", "v2")
    assert [line.split()[:2] for line in containers(standing.box)] == [["myexample-v1", "exited"], ["myexample-v2", "running"]]
