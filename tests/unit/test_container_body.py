"""What the engine is told about a container."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bluegreen.host import ContainerSpec
from bluegreen.host.engine_body import container_body
from bluegreen.host.engine_read import inspected_container, listed_container
from bluegreen.model.color import Color
from bluegreen.model.container import Network, Role
from bluegreen.model.option_list import ALLOWED, Kind
from bluegreen.model.options import parse_options
from bluegreen.model.release import Settings

NETWORK = Network(name="bluegreen-shop", subnet="10.0.0.0/24", blue=("10.0.0.2",), green=("10.0.0.18",))
VALUES = {
    "--add-host": "db:10.0.0.9",
    "--cpu-shares": "512",
    "--device": "/dev/null",
    "--dns": "10.0.0.9",
    "--gpus": "all",
    "--health-interval": "7s",
    "--health-retries": "5",
    "--health-start-period": "7s",
    "--health-timeout": "7s",
    "--label": "team=shop",
    "--log-driver": "local",
    "--log-opt": "max-size=5m",
    "--memory-reservation": "32m",
    "--oom-score-adj": "100",
    "--pids-limit": "99",
    "--security-opt": "no-new-privileges",
    "--shm-size": "96m",
    "--sysctl": "net.core.somaxconn=99",
    "--tmpfs": "/scratch",
    "--ulimit": "nofile=99",
    "--workdir": "/srv",
}


def body(*options: str, **changes: Any) -> dict[str, Any]:
    settings = Settings(container_port=8000, options=options, **changes.pop("settings", {}))
    return container_body(spec(settings, **changes), parse_options(options), None)


def spec(settings: Settings, **changes: Any) -> ContainerSpec:
    values: dict[str, Any] = {
        "app": "shop",
        "name": "shop-v2",
        "color": Color.GREEN,
        "release_id": "0123abcd",
        "version": "v2",
        "image_id": "sha256:1",
        "settings": settings,
        "role": Role.WEB,
        "network": NETWORK,
        "address": "10.0.0.18",
    }
    return ContainerSpec(**(values | changes))


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_every_option_that_passes_reaches_docker(name: str) -> None:
    """An option that was accepted and then changed nothing would be a lie."""
    words = (name,) if ALLOWED[name].kind is Kind.SWITCH else (name, VALUES.get(name, "1"))
    given, plain = body(*words), body()
    given["Labels"].pop("bluegreen.settings")
    plain["Labels"].pop("bluegreen.settings")
    if ALLOWED[name].field.startswith("log_"):
        assert parse_options(words) != parse_options(())  # the log is decided by the creator, which the end-to-end tests see
    else:
        assert given != plain


def test_nothing_is_exposed_and_nothing_restarts() -> None:
    """A candidate gets no traffic and does not come back by itself before it is committed."""
    host = body()["HostConfig"]
    assert "PortBindings" not in host
    assert host["PublishAllPorts"] is False
    assert host["RestartPolicy"] == {"Name": "no"}
    assert host["NetworkMode"] == "bluegreen-shop"


def test_a_label_of_the_user_cannot_replace_one_of_ours() -> None:
    """A container is found again by ours; the list refuses theirs before, this is the second lock."""
    labels = body("--label", "team=a")["Labels"]
    assert labels["team"] == "a"
    assert labels["bluegreen.color"] == "green"


def test_memory_cannot_be_swapped() -> None:
    """A release that swaps is slow instead of dead."""
    host = body(settings={"memory": 1 << 30, "cpus": 0.5})["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 1 << 30
    assert host["NanoCpus"] == 500_000_000


def test_the_image_s_own_command_runs_unless_there_is_another() -> None:
    """The release command replaces the settings' command, and that the image's."""
    assert body()["Cmd"] is None
    assert body(settings={"container_command": ("serve",)})["Cmd"] == ["serve"]
    assert body(settings={"container_command": ("serve",)}, words=("migrate", "--all"))["Cmd"] == ["migrate", "--all"]


def test_what_was_created_is_read_back_by_its_labels() -> None:
    """The same color, release, version, settings, role and port."""
    made = body()
    ends = {"bluegreen-shop": made["NetworkingConfig"]["EndpointsConfig"]["bluegreen-shop"]}
    shared = {"Id": "1", "NetworkSettings": {"Networks": ends}}
    listed = listed_container(
        "shop",
        {**shared, "Names": ["/other/alias", "/shop-v2"], "Labels": made["Labels"], "State": "exited", "Status": "Exited (3) 1 hour ago"},
    )
    state = {"Running": True, "Restarting": True, "StartedAt": "0001-01-01T00:00:00Z"}
    inspected = inspected_container(
        "shop", {**shared, "Name": "/shop-v2", "Image": "sha256:1", "Config": {"Labels": made["Labels"]}, "State": state}
    )
    assert listed is not None
    assert inspected is not None
    assert (listed.name, listed.address, listed.exit_code, listed.running) == ("shop-v2", "10.0.0.18", 3, False)
    assert (inspected.version, inspected.port, inspected.role) == ("v2", 8000, Role.WEB)
    assert not inspected.running
    assert inspected.started_at == ""


@pytest.mark.parametrize("labels", [{}, {"bluegreen.app": "shop"}, {"bluegreen.app": "shop", "bluegreen.color": "red"}])
def test_a_container_without_all_our_labels_is_not_ours(labels: dict[str, str]) -> None:
    """An image that we built gives its label to every container that somebody runs from it by hand."""
    assert listed_container("shop", {"Id": "1", "Labels": labels}) is None


def test_the_body_is_json() -> None:
    """It is sent as such."""
    assert json.loads(json.dumps(body(*(word for name, value in VALUES.items() for word in (name, value)))))
