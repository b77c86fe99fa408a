"""Which engines are refused, by what `GET /info` says: each with its own name and a way out."""

from __future__ import annotations

from typing import Any

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.host.engine_kind import engine_of

# As Debian's own engine answers, shortened to what is looked at and what stands beside it.
DEBIAN: dict[str, Any] = {
    "ServerVersion": "20.10.24+dfsg1",
    "OSType": "linux",
    "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default", "name=cgroupns"],
    "Name": "box",
}
# What Docker Desktop and rootless engines answer, from the reports of their users (docker/cli issue 4672) and Docker's documentation:
# neither runs on the machines of these tests, though `dockerd --rootless` does (tests/e2e/test_bad_hosts.py).
DESKTOP = {"OperatingSystem": "Docker Desktop", "ServerVersion": "24.0.6", "Name": "docker-desktop"}
ROOTLESS = {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]}


def test_an_ordinary_engine_is_taken() -> None:
    """Whatever it runs on, and with user namespaces, which leave the network as it is."""
    assert engine_of(DEBIAN).version == "20.10.24+dfsg1"
    assert engine_of({**DEBIAN, "ServerVersion": "29.1.0", "SecurityOptions": ["name=userns"]}).version == "29.1.0"
    assert engine_of({**DEBIAN, "SecurityOptions": None}).version == "20.10.24+dfsg1"


@pytest.mark.parametrize(
    ("told", "what", "todo"),
    [
        pytest.param(ROOTLESS, "The host's Docker is rootless", "docker context use default", id="rootless"),
        pytest.param(DESKTOP, "The host's Docker is Docker Desktop", "Install Docker Engine", id="desktop"),
        pytest.param({**DESKTOP, "ServerVersion": "master"}, "Docker Desktop", "Install Docker Engine", id="desktop of version master"),
        pytest.param({"OSType": "windows"}, "runs windows containers", "Linux host", id="windows"),
        pytest.param({"ServerVersion": "19.03.15"}, "Docker 19.03.15, and 20.10 is the oldest", "Upgrade", id="old"),
        pytest.param({"ServerVersion": ""}, "Docker of an unknown version", "Upgrade", id="no version"),
    ],
)
def test_an_engine_that_cannot_serve_is_refused_by_name(told: dict[str, Any], what: str, todo: str) -> None:
    """NGINX would reach none of its containers, and the probe could only say that nothing answers."""
    with pytest.raises(HostNotReady, match=what) as refused:
        engine_of({**DEBIAN, **told})
    assert todo in refused.value.todo
