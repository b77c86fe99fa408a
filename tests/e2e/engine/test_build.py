"""Images built on a box from a checkout here: what travels, what can be seen of secrets, what a failure says, and that a cancel ends it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bluegreen.errors import Cancelled, NoImage
from bluegreen.host.build_client import LocalDocker, find_client
from bluegreen.host.clock import SystemClock
from bluegreen.host.engine import DockerEngine
from bluegreen.model.ask import BuildAsk
from bluegreen.model.container import Image
from tests.box import Box
from tests.e2e.engine.room import CountingSocket, Room, connected, context

SECRET = "hunter2-is-my-secret"
_BUILDX = """#!/bin/bash
# A docker client as GitHub's runners have it, as far as any machine can have one: newer than 22, with the plugin buildx.
# The plugin's words are turned into those of the real client, which may speak BuildKit itself; what it was given is kept.
case "$1 $2" in
    "--version ") echo "Docker version 28.0.4, build b8034c0" ;;
    "buildx version") echo "github.com/docker/buildx v0.23.0 28c90ea" ;;
    "buildx build")
        printf '%s\\n' "$@" > "$(dirname "$0")/words"
        shift 2
        words=()
        while [ $# -gt 0 ]; do
            case "$1" in
                --builder) shift ;;
                --load) ;;
                *) words+=("$1") ;;
            esac
            shift
        done
        exec REAL build "${words[@]}"
        ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def room(running_box: Box) -> Iterator[Room]:
    """One connection for all tests here."""
    running_box.reset()
    with connected(running_box) as room:
        yield room


def ask(directory: Path, **changes: Any) -> BuildAsk:
    values: dict[str, Any] = {"app": "shop", "image": "shop", "version": "v1", "context": directory}
    return BuildAsk(**(values | changes))


def built(room: Room, asked: BuildAsk) -> tuple[Image, list[str]]:
    lines: list[str] = []
    return room.engine.build(asked, lines.append), lines


def real_client() -> str:
    """The client of this machine that the product would use."""
    client = find_client(os.environ)
    if client is None:
        raise RuntimeError
    return client.path


def test_an_image_is_built_and_is_the_same_when_nothing_changed(room: Room, tmp_path: Path) -> None:
    """`unchanged` is the same image id: nothing in the image may vary by run."""
    directory = context(tmp_path, "FROM debian:bookworm-slim\nCOPY . /app\nEXPOSE 8000\n", a_txt="a", b_log="b")
    (directory / ".dockerignore").write_text("*.log\n")
    image, lines = built(room, ask(directory))
    time.sleep(1.1)
    again, _ = built(room, ask(directory))
    assert image == again
    assert (image.tags, image.ports) == (("shop:v1",), (8000,))
    assert lines[0].startswith("Builder: BuildKit on the host")
    assert any("COPY . /app" in line for line in lines)
    assert room.box.docker("run", "--rm", "shop:v1", "ls", "/app").split() == ["Dockerfile", "a.txt"]
    assert room.engine.images("shop")[0].id == image.id


def test_only_what_changed_travels(room: Room, tmp_path: Path) -> None:
    """The second build of a large checkout sends the file that changed, not the checkout."""
    (tmp_path / "run").mkdir()
    directory = context(tmp_path / "large", "FROM debian:bookworm-slim\nCOPY . /app\n", small_txt="one")
    for number in range(20):
        (directory / f"asset-{number}").write_bytes(os.urandom(1 << 20))
    with CountingSocket(room.connection.docker_socket(), tmp_path / "run") as counting:
        engine = DockerEngine(counting.path, SystemClock(120))
        engine.build(ask(directory), lambda _: None)
        first, counting.up = counting.up, 0
        (directory / "small.txt").write_text("two")
        image = engine.build(ask(directory, version="v2"), lambda _: None)
        second = counting.up
        engine.close()
    assert first > 20 << 20
    assert second < first * 0.05
    assert room.box.docker("run", "--rm", image.id, "cat", "/app/small.txt") == "two"


def test_secrets_are_in_no_argument_no_output_and_no_image(room: Room, tmp_path: Path) -> None:
    """They travel in the environment and in private files; what a build step prints of them is masked."""
    dockerfile = (
        "FROM debian:bookworm-slim\nARG TOKEN\n"
        'RUN --mount=type=secret,id=npm test -s /run/secrets/npm && cat /run/secrets/npm && sleep 2 && echo "arg=$TOKEN" > /arg\n'
    )
    asked = ask(context(tmp_path, dockerfile), args=(("TOKEN", "value-of-the-argument"),), secrets=(("npm", SECRET),))
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        image, lines = built(room, asked)
    finally:
        done.set()
        watcher.join()
    assert any("--build-arg TOKEN" in arguments and "--secret" in arguments for arguments in seen)
    for hidden in (SECRET, "value-of-the-argument"):
        assert not any(hidden in text for text in (*seen, *lines, repr(asked)))
    assert any("***" in line for line in lines)
    assert SECRET not in room.box.docker("history", "--no-trunc", image.id)
    assert room.box.docker("run", "--rm", image.id, "cat", "/arg") == "arg=value-of-the-argument"


def test_a_stage_and_another_dockerfile_can_be_named(room: Room, tmp_path: Path) -> None:
    """`target` and `file` mean what they mean to docker build."""
    directory = context(tmp_path, "FROM scratch\n")
    (directory / "ops").mkdir()
    (directory / "ops" / "Web.Dockerfile").write_text(
        "FROM debian:bookworm-slim AS web\nRUN touch /web\nFROM web AS other\nRUN touch /other\n"
    )
    image, _ = built(room, ask(directory, file=Path("ops/Web.Dockerfile"), target="web"))
    assert room.box.docker("run", "--rm", image.id, "sh", "-c", "ls /web /other 2>&1", check=False).startswith("ls: cannot access '/other'")


@pytest.mark.parametrize(
    ("dockerfile", "changes", "said"),
    [
        ("FROM debian:bookworm-slim\nRUN echo why it fails; exit 7\n", {}, "why it fails"),
        ("FROM debian:bookworm-slim\n", {"target": "nope"}, "check target"),
        ("FROM no-such-image-anywhere:v9\n", {}, "base image"),
        ("FROMM debian\n", {}, "unknown instruction"),
    ],
)
def test_a_build_that_fails_shows_its_last_lines(room: Room, tmp_path: Path, dockerfile: str, changes: dict[str, str], said: str) -> None:
    """What the build printed last is in the error, and what to do where that is known."""
    with pytest.raises(NoImage) as failed:
        built(room, ask(context(tmp_path, dockerfile), **changes))
    assert said in "\n".join(failed.value.lines())
    assert "shop:v1" in failed.value.what


def test_a_missing_dockerfile_or_checkout_is_named_with_its_path(room: Room, tmp_path: Path) -> None:
    """The usual first mistake in a workflow: no checkout."""
    with pytest.raises(NoImage, match=f"no Dockerfile at {tmp_path}/Dockerfile"):
        built(room, ask(tmp_path))
    with pytest.raises(NoImage, match=f"no directory {tmp_path}/app") as failed:
        built(room, ask(tmp_path / "app"))
    assert "actions/checkout" in failed.value.todo


def test_a_build_argument_that_would_steer_docker_itself_is_refused(room: Room, tmp_path: Path) -> None:
    """Arguments travel in the client's environment."""
    with pytest.raises(NoImage, match="PATH"):
        built(room, ask(context(tmp_path), args=(("PATH", "/tmp"),)))


@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"])
def test_a_build_that_hangs_ends_with_the_deadline(room: Room, tmp_path: Path, path: str) -> None:
    """With either builder; and no docker client is left running."""
    directory = context(tmp_path, f"FROM debian:bookworm-slim\nRUN sleep 30 # {time.time()}\n")
    engine = DockerEngine(room.connection.docker_socket(), clock := SystemClock(3), local=LocalDocker({**os.environ, "PATH": path}, clock))
    began = time.monotonic()
    with pytest.raises(Cancelled):
        engine.build(ask(directory), lambda _: None)
    assert time.monotonic() - began < 9
    assert not any(str(directory).encode() in file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.parent.exists())
    engine.close()


def test_without_a_client_the_classic_builder_is_used_and_says_so(room: Room, tmp_path: Path) -> None:
    """Slower, but a runner without docker can deploy."""
    directory = context(tmp_path, "FROM debian:bookworm-slim\nARG TOKEN\nCOPY . /app\nRUN echo $TOKEN; ls /app\n", a_txt="a", b_log="b")
    (directory / ".dockerignore").write_text("*.log\n")
    engine = DockerEngine(room.connection.docker_socket(), clock := SystemClock(60), local=LocalDocker({"PATH": "/nowhere"}, clock))
    lines: list[str] = []
    image = engine.build(ask(directory, args=(("TOKEN", "value-of-the-argument"),)), lines.append)
    assert "classic builder" in lines[0]
    assert "***" in lines
    assert room.box.docker("run", "--rm", image.id, "ls", "/app").split() == ["Dockerfile", "a.txt"]
    with pytest.raises(NoImage, match="BuildKit"):
        engine.build(ask(directory, secrets=(("npm", SECRET),)), lines.append)
    with pytest.raises(NoImage, match=r"exit 7|non-zero code: 7"):
        engine.build(ask(context(tmp_path / "bad", "FROM debian:bookworm-slim\nRUN exit 7\n")), lines.append)
    engine.close()


def test_buildx_is_used_where_the_client_has_it(room: Room, tmp_path: Path) -> None:
    """On the host's own engine, whatever builder an earlier step of the workflow has chosen, and loaded there."""
    (tmp_path / "bin").mkdir()
    client = tmp_path / "bin" / "docker"
    client.write_text(_BUILDX.replace("REAL", real_client()))
    client.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "BUILDX_BUILDER": "builder-of-an-earlier-step"}
    engine = DockerEngine(room.connection.docker_socket(), clock := SystemClock(60), local=LocalDocker(environment, clock))
    lines: list[str] = []
    image = engine.build(ask(context(tmp_path / "app"), secrets=(("npm", SECRET),)), lines.append)
    words = (tmp_path / "bin" / "words").read_text().splitlines()
    assert "docker buildx 0.23.0" in lines[0]
    assert words[:5] == ["buildx", "build", "--builder", "default", "--load"]
    assert image == room.engine.image("shop:v1")
    engine.close()


def test_no_input_of_ours_reaches_the_client(room: Room, tmp_path: Path) -> None:
    """The SSH key is an input, and the docker client has no business with it."""
    (tmp_path / "bin").mkdir()
    client = tmp_path / "bin" / "docker"
    client.write_text(f'#!/bin/bash\nenv > "$(dirname "$0")/env"\nexec {real_client()} "$@"\n')
    client.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "INPUT_KEY": SECRET, "DOCKER_HOST": "tcp://127.0.0.1:1"}
    engine = DockerEngine(room.connection.docker_socket(), clock := SystemClock(60), local=LocalDocker(environment, clock))
    engine.build(ask(context(tmp_path / "app")), lambda _: None)
    given = (tmp_path / "bin" / "env").read_text()
    assert "INPUT_KEY" not in given
    assert f"DOCKER_HOST=unix://{room.connection.docker_socket()}" in given
    engine.close()
