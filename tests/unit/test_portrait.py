"""What a container was made with, read from the engine's own description of it and of its image."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from bluegreen.host.engine_body import container_body
from bluegreen.host.engine_portrait import portrait_of
from bluegreen.model.neighbor import Published
from bluegreen.model.option_list import ALLOWED
from bluegreen.model.options import option_words, parse_options
from bluegreen.model.portrait import Mount, NetworkEnd, Portrait
from bluegreen.model.release import Settings
from tests.unit.test_container_body import spec

_IMAGE = {
    "Config": {
        "Env": ["PATH=/usr/bin", "VERSION=dev"],
        "Cmd": ["python", "-m", "shop"],
        "Entrypoint": ["tini", "--"],
        "WorkingDir": "/app",
        "User": "app",
        "Labels": {"maintainer": "us"},
        "ExposedPorts": {"8000/tcp": {}},
    }
}


def portrait(host: dict[str, Any] | None = None, *, mounts: list[dict[str, Any]] | None = None, **config: Any) -> Portrait:
    """A container of that image that was made with no settings but these."""
    return portrait_of(_container(host or {}, mounts=mounts, **config), _IMAGE)


def _container(host: dict[str, Any], *, mounts: list[dict[str, Any]] | None = None, **config: Any) -> dict[str, Any]:
    return {
        "Name": "/shop-web-1",
        "Image": "sha256:abc",
        "State": {"Running": True},
        "Config": {"Image": "shop:v7", "Hostname": "0123456789ab", **_IMAGE["Config"], **config},
        "HostConfig": {"NetworkMode": "shop_default", "ShmSize": 64 * 1024**2, "IpcMode": "private", "Runtime": "runc", **host},
        "Mounts": mounts or [],
        "NetworkSettings": {
            "Networks": {
                "bridge": {"IPAddress": "172.17.0.2"},
                "shop_default": {"IPAddress": "172.18.0.3", "Aliases": ["web", "shop-web-1", "0123456789ab"]},
            }
        },
    }


def test_what_the_image_says_is_no_setting() -> None:
    """A release has all of that by itself."""
    seen = portrait()
    assert seen == Portrait(
        name="shop-web-1",
        image="shop:v7",
        image_id="sha256:abc",
        ports=(8000,),
        workdir="/app",
        addresses=("172.17.0.2", "172.18.0.3"),
        networks=(NetworkEnd(name="shop_default", aliases=("web",)),),
    )


def test_an_image_with_a_digest_of_a_registry_was_pulled() -> None:
    """One that was built on the host has none."""
    assert portrait_of(_container({}), {**_IMAGE, "RepoDigests": ["shop@sha256:1"]}).pulled
    assert not portrait().pulled


def test_variables_are_those_that_differ_and_their_values_are_not_shown() -> None:
    """Also when somebody prints the whole portrait."""
    seen = portrait(Env=["PATH=/usr/bin", "VERSION=v7", "SECRET_KEY=hunter2=="])
    assert seen.env == (("VERSION", "v7"), ("SECRET_KEY", "hunter2=="))
    assert "hunter2" not in repr(seen)


def test_command_and_entrypoint() -> None:
    """`--entrypoint` takes one word; the engine then drops the image's own command."""
    assert portrait(Cmd=["python", "-m", "other"]).command == ("python", "-m", "other")
    other = portrait(Entrypoint=["sh", "-c"], Cmd=["exec shop"])
    assert (other.options, other.command) == ((("--entrypoint", "sh"),), ("-c", "exec shop"))
    assert portrait(Entrypoint=None).options == (("--entrypoint", ""),)


def test_mounts() -> None:
    """A path, a volume, one that nobody named, and what is neither."""
    seen = portrait(
        mounts=[
            {"Type": "bind", "Source": "/srv/data", "Destination": "/data", "Mode": "ro,Z", "RW": False},
            {"Type": "volume", "Name": "shop_spool", "Source": "/var/lib/…", "Destination": "/spool", "Mode": "z", "RW": True},
            {"Type": "volume", "Name": "f" * 64, "Source": "/var/lib/…", "Destination": "/cache", "Mode": "", "RW": True},
            {"Type": "tmpfs", "Destination": "/tmp/x", "Mode": "", "RW": True},
        ]
    )
    assert [one.text for one in seen.mounts[:2]] == ["/srv/data:/data:ro,Z", "shop_spool:/spool"]
    assert [one.anonymous for one in seen.mounts] == [False, False, True, False]
    assert seen.mounts[3] == Mount(kind="tmpfs", source="", target="/tmp/x")


def test_ports_limits_and_labels() -> None:
    """Only what is published over TCP, the names of labels, and none of compose's."""
    labels = {"maintainer": "us", "com.docker.compose.service": "web", "traefik.enable": "true"}
    ports = {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}], "53/udp": [{"HostIp": "", "HostPort": "53"}], "9/tcp": None}
    seen = portrait(
        {"PortBindings": ports, "Memory": 512 * 1024**2, "CpuQuota": 150_000, "CpuPeriod": 100_000}, Labels=labels, StopTimeout=30
    )
    assert seen.published == (Published(address="127.0.0.1", port=9000, container_port=8000),)
    assert (seen.memory, seen.cpus, seen.stop_timeout) == (512 * 1024**2, 1.5, 30)
    assert (seen.service, seen.labels) == ("web", ("traefik.enable",))


@pytest.mark.parametrize(
    ("test", "path"),
    [
        (["CMD", "curl", "-f", "http://localhost:8000/healthz"], "/healthz"),
        (["CMD-SHELL", "wget -qO- 'http://127.0.0.1/up/' || exit 1"], "/up/"),
        (["CMD", "pg_isready"], ""),
    ],
)
def test_a_health_check_of_docker_s_tells_the_path(test: list[str], path: str) -> None:
    """Where it asks the container itself over HTTP."""
    seen = portrait(Healthcheck={"Test": test, "Interval": 1_500_000_000, "Retries": 4})
    assert seen.health_path == path
    assert ("--health-interval", "1.5s") in seen.options
    assert ("--health-retries", "4") in seen.options


_OPTIONS = """--add-host db:10.0.0.5 --cap-add NET_ADMIN --cap-drop ALL --cpu-shares 512 --cpuset-cpus 0-1 --device /dev/fuse:/dev/fuse:rwm
--dns 10.0.0.2 --dns-option ndots:1 --dns-search example.org --group-add 999 --gpus all --hostname shop.example --init
--health-cmd 'curl -f localhost' --health-interval 5s --health-retries 2 --health-start-period 1s --health-timeout 3s
--log-driver local --log-opt max-size=5m --memory-reservation 67108864 --oom-score-adj 100 --pids-limit 200 --read-only --runtime nvidia
--security-opt no-new-privileges --shm-size 268435456 --stop-signal SIGINT --sysctl net.core.somaxconn=1024 --tmpfs /tmp:size=8m --tty
--ulimit nofile=1024:2048 --user 1000:1000 --workdir /srv --entrypoint sh"""


def test_every_option_that_a_release_is_given_is_read_back() -> None:
    """What `container-options` would make of the words is what the container was made with."""
    words = option_words(_OPTIONS)
    # Labels are left out by decision, and the other switches a health check off.
    assert {word for word in words if word.startswith("--")} == set(ALLOWED) - {"--label", "--no-healthcheck"}
    options = parse_options(words)
    body = container_body(
        spec(Settings(container_port=8000, options=words)), options, {"Type": options.log_driver, "Config": dict(options.log_options)}
    )
    mine = {name: value for name, value in body.items() if name not in {"HostConfig", "NetworkingConfig", "Labels", "Env", "Image"}}
    seen = portrait(body["HostConfig"], **mine)
    assert parse_options([word for option in seen.options for word in option]) == options
    assert parse_options(["--no-healthcheck"]) == parse_options(portrait(Healthcheck={"Test": ["NONE"]}).options[0])


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ({"Privileged": True}, ("--privileged",)),
        ({"NetworkMode": "host"}, ("--network", "host")),
        ({"NetworkMode": "container:abc"}, ("--network", "container:abc")),
        ({"PidMode": "host"}, ("--pid", "host")),
        ({"IpcMode": "host"}, ("--ipc", "host")),
        ({"Links": ["/db:/web/db"]}, ("--link", "/db:/web/db")),
        ({"Memory": 1024**3, "MemorySwap": -1}, ("--memory-swap", "-1")),
        ({"LogConfig": {"Type": "splunk", "Config": {"splunk-token": "hunter2"}}}, ("--log-driver",)),
    ],
)
def test_what_no_release_can_have_is_there_to_be_told(host: dict[str, Any], words: tuple[str, ...]) -> None:
    """In the words of `docker run`, and without what a log driver is given."""
    assert portrait(host).options == (words,)


def test_docker_s_own_choices_are_no_settings() -> None:
    """Twice the memory as swap, its own log with a limit, its own runtime."""
    assert portrait({"Memory": 1024**3, "MemorySwap": 2 * 1024**3, "Runtime": "io.containerd.runc.v2"}).options == ()
    assert shlex.join(portrait({"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}}).options[0]) == "--log-opt max-size=10m"
