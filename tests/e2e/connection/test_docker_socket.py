"""Docker through the SSH connection to a box: the SDK, the docker client with BuildKit, and what is known when there is no Docker."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest
import requests

from bluegreen.errors import Unreachable
from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from bluegreen.host.tunnel import DockerSocket
from tests.box import Box
from tests.box.images import BASE
from tests.e2e.connection.private_sshd import ask_box

_CLIENT = "/usr/bin/docker"


@pytest.fixture
def connection(box: Box, meter: Meter) -> Iterator[Connection]:
    """Logged in to the box as its deploy user."""
    with Connection.open(ask_box(box), SystemClock(120), meter) as opened:
        yield opened


@pytest.fixture
def engine(connection: Connection) -> Iterator[docker.APIClient]:
    """Docker's SDK through the tunnel."""
    client = docker.APIClient(base_url=f"http+unix://{connection.docker_socket()}", version="1.41", timeout=20)
    yield client
    client.close()


@pytest.fixture
def container(box: Box) -> str:
    """A running container that logs a line every 0.1 s."""
    return box.docker("run", "-d", BASE, "sh", "-c", "while true; do date; sleep 0.1; done")


def test_the_socket_is_private_and_goes_away(box: Box) -> None:
    """Whoever may open it is root on the host, so only we may, and only while we are connected."""
    with Connection.open(ask_box(box), SystemClock(60), Meter()) as connection:
        path = connection.docker_socket()
        assert connection.docker_socket() == path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_the_sdk_talks_to_the_hosts_engine(box: Box, engine: docker.APIClient) -> None:
    """Not to the engine of the machine that runs the deployment."""
    assert engine.info()["ID"] == box.docker("info", "-f", "{{.ID}}")


def test_a_call_on_an_open_socket_costs_one_round_trip(engine: docker.APIClient, meter: Meter) -> None:
    """The SDK keeps its connection, so only the first call may cost more."""
    engine.ping()
    before = meter.count
    for _ in range(10):
        engine.ping()
    assert meter.count == before + 10


def test_many_connections_take_turns(connection: Connection, engine: docker.APIClient) -> None:
    """An sshd allows 10 sessions: what is beyond our share waits, and nothing fails; commands still find room."""
    socket_url = f"http+unix://{connection.docker_socket()}"
    versions: list[str] = []

    def ask() -> None:
        client = docker.APIClient(base_url=socket_url, version="1.41", timeout=20)
        versions.append(client.version()["Version"])
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    assert connection.run(("echo", "room")).out == "room\n"
    for thread in threads:
        thread.join(20)
    assert versions == [engine.version()["Version"]] * 30


def test_the_docker_client_builds_with_buildkit_and_secrets(box: Box, connection: Connection, tmp_path: Path) -> None:
    """BuildKit's session is a hijacked connection that both sides half-close; a second build moves only what changed."""
    context = tmp_path / "context"
    context.mkdir()
    steps = f"FROM {BASE}\nCOPY big /big\nRUN --mount=type=secret,id=word sha256sum /big && wc -c < /run/secrets/word\n"
    (context / "Dockerfile").write_text(steps)
    (context / "big").write_bytes(os.urandom(20_000_000))
    environment = {**os.environ, "DOCKER_BUILDKIT": "1", "DOCKER_HOST": f"unix://{connection.docker_socket()}", "WORD": "secret"}
    argv = (_CLIENT, "build", "--progress=plain", "--secret", "id=word,env=WORD", "-t", "bg-tunnel:1", str(context))
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
        seconds.append(time.monotonic() - began)
        assert done.returncode == 0, done.stderr
        assert "secret" not in done.stderr.replace("id=word", "").replace("type=secret", "").replace("/run/secrets/word", "")
    assert box.docker("images", "-q", "bg-tunnel:1")
    assert seconds[1] < seconds[0]


def test_a_hijacked_stream_carries_input_to_its_end(connection: Connection) -> None:
    """`docker run -i` ends its input by a half-close and still reads the answer."""
    environment = {**os.environ, "DOCKER_HOST": f"unix://{connection.docker_socket()}"}
    argv = (_CLIENT, "run", "--rm", "-i", BASE, "sh", "-c", "wc -c; echo done")
    done = subprocess.run(argv, env=environment, input=b"x" * 3_000_000, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"3000000\ndone\n"


def test_an_abandoned_log_stream_gives_its_session_back(connection: Connection, container: str) -> None:
    """Twelve followers one after another, each left in the middle: more than there are sessions."""
    for _ in range(12):
        with socket.socket(socket.AF_UNIX) as follower:
            follower.settimeout(10)
            follower.connect(str(connection.docker_socket()))
            follower.sendall(f"GET /containers/{container}/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n".encode())
            assert follower.recv(100).startswith(b"HTTP/1.1 200")


def test_why_docker_cannot_be_used_is_known(box: Box) -> None:
    """The client's own sentence, for the error that the engine room makes of it."""
    with Connection.open(ask_box(box, username="plain"), SystemClock(60), Meter()) as connection:
        client = docker.APIClient(base_url=f"http+unix://{connection.docker_socket()}", version="1.41", timeout=10)
        assert connection.docker_problem() == ""
        with pytest.raises(requests.exceptions.ConnectionError):
            client.ping()
        client.close()
        assert "permission denied" in connection.docker_problem()


def test_a_host_without_docker_is_known_too(box: Box) -> None:
    """`docker` is not there at all: the shell says so."""
    with box.without("docker"), Connection.open(ask_box(box), SystemClock(60), Meter()) as connection:
        client = docker.APIClient(base_url=f"http+unix://{connection.docker_socket()}", version="1.41", timeout=10)
        with pytest.raises(requests.exceptions.ConnectionError):
            client.ping()
        client.close()
        assert "not found" in connection.docker_problem()


def test_an_end_without_a_word_is_explained_before_it_is_noticed(connection: Connection) -> None:
    """A process's exit status comes after the end of its output, on a busy host a good while after."""
    tunnel = DockerSocket(lambda: connection.follow(("sh", "-c", "exec >&- 2>&-; sleep 0.5; exit 3")), Meter(), time.monotonic)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(tunnel.path))
        assert client.recv(1) == b""
        assert tunnel.problem == "docker system dial-stdio ended with status 3"
    tunnel.close()


def test_a_vanished_host_ends_what_goes_through_it(box: Box) -> None:
    """Every packet is dropped from one moment on: commands, docker calls and forwarded sockets all end within the timeout."""
    rule = "INPUT -p tcp --dport 22 -j DROP"
    box.keep_default_site()
    with Connection.open(ask_box(box, timeout=2.0), SystemClock(60), Meter()) as connection, ExitStack() as stack:
        client = docker.APIClient(base_url=f"http+unix://{connection.docker_socket()}", version="1.41", timeout=20)
        client.ping()
        end = stack.enter_context(connection.forward("127.0.0.1", 80, timeout=5))
        box.sh(f"iptables -I {rule}")
        try:
            began = time.monotonic()
            with pytest.raises(requests.exceptions.ConnectionError):
                client.ping()
            end.settimeout(1)
            assert end.recv(1) == b""
            with pytest.raises(Unreachable, match="nothing was heard from it for 2 s"):
                connection.run(("true",))
            assert time.monotonic() - began < 10
        finally:
            box.sh(f"iptables -D {rule}")
        client.close()


def test_the_command_on_the_host_is_only_dial_stdio(box: Box, engine: docker.APIClient) -> None:
    """What `ps` on the host shows of us holds nothing but Docker's own words."""
    engine.ping()
    shown = box.sh("pgrep -af dial-stdio")
    commands = {" ".join(line.split()[1:]) for line in shown.splitlines()}
    assert "docker system dial-stdio" in commands
    assert commands <= {"docker system dial-stdio", "bash -c docker system dial-stdio"}
