"""The engine's own side: logs, images, and an engine that cannot be used."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bluegreen.errors import HostNotReady, Unreachable
from bluegreen.model.ask import BuildAsk
from tests.box import Box
from tests.e2e.engine.room import Room, connected, context, small_image
from tests.e2e.waiting import until


def said_after(room: Room, *command: str, options: tuple[str, ...] = (), wait: str = "end") -> list[str]:
    """All lines of a container's log, once a certain one has come."""
    started = room.start(*command, settings={"options": options})
    lines: list[str] = []

    def came() -> bool:
        lines[:] = [line.text for line in room.engine.logs(started)]
        return wait in lines

    until(came)
    return lines


def test_the_engine_tells_its_version(room: Room) -> None:
    """As `docker version` does."""
    assert room.engine.engine().version == room.box.docker("version", "-f", "{{.Server.Version}}")


def test_logs_are_read_on_where_they_were_left(room: Room) -> None:
    """Both streams, each line once, the newest ones alone when only those are wanted."""
    speak = (
        "for i in 1 2 3; do echo out $i; echo err $i >&2; done; until [ -e /asked ]; do sleep 0.05; done; echo later; echo end; sleep 60"
    )
    started = room.start("sh", "-c", speak)
    until(lambda: len(room.engine.logs(started)) >= 6)
    first = room.engine.logs(started)
    assert sorted(line.text for line in first) == ["err 1", "err 2", "err 3", "out 1", "out 2", "out 3"]
    assert room.engine.logs(started, after=first[-1].at) == ()
    room.box.docker("exec", started.id, "touch", "/asked")
    until(lambda: len(room.engine.logs(started)) >= 8)
    assert [line.text for line in room.engine.logs(started, after=first[-1].at)] == ["later", "end"]
    assert [line.text for line in room.engine.logs(started, tail=1)] == ["end"]
    room.engine.remove(started)
    assert room.engine.logs(started) == ()


def test_long_lines_terminals_and_other_drivers_are_read_alike(room: Room) -> None:
    """Nothing about how a container logs may hide what it says."""
    long = "printf '%40000s\\n' x | tr ' ' a; printf 'caf\\303\\251 \\033[1mbold\\033[0m\\n'; echo end; sleep 9"
    expected = ["a" * 39999 + "x", "café \x1b[1mbold\x1b[0m", "end"]
    assert said_after(room, "sh", "-c", long) == expected
    assert said_after(replace(room, app=f"{room.app}t"), "sh", "-c", long, options=("--tty",)) == expected
    assert said_after(replace(room, app=f"{room.app}l"), "sh", "-c", long, options=("--log-driver", "local")) == expected
    for suffix in "tl":
        for container in room.engine.list(f"{room.app}{suffix}"):
            room.engine.remove(container)


def test_an_image_is_kept_while_something_needs_it(room: Room, tmp_path: Path) -> None:
    """Untagged when it has another name, kept under a container even a stopped one, gone when nothing needs it."""
    for version in ("v1", "v2"):
        ask = BuildAsk(app=room.app, image=room.app, version=version, context=context(tmp_path / version, _COPY, file_txt=version))
        room.engine.build(ask, lambda _: None)
    tags = [tag for image in room.engine.images(room.app) for tag in image.tags]
    assert tags == [f"{room.app}:v2", f"{room.app}:v1"]
    image = room.engine.image(f"{room.app}:v1")
    assert image is not None
    held = room.engine.create(room.spec(image_id=image.id))
    assert room.engine.remove_image(f"{room.app}:v1") is False
    room.engine.remove(held)
    room.box.docker("tag", f"{room.app}:v1", f"{room.app}:again")
    assert room.engine.remove_image(f"{room.app}:v1")
    assert room.engine.image(image.id) is not None
    assert room.engine.remove_image(f"{room.app}:again")
    assert room.engine.image(image.id) is None
    assert room.engine.remove_image(f"{room.app}:never-was")


def test_an_image_that_somebody_made_from_ours_is_not_ours(room: Room, tmp_path: Path) -> None:
    """It inherits our labels, and must not be cleaned up with our images."""
    room.engine.build(
        BuildAsk(app=room.app, image=f"docker.io/library/{room.app}", version="v1", context=context(tmp_path)), lambda _: None
    )
    room.box.sh(f"printf 'FROM {room.app}:v1\nRUN touch /theirs\n' | docker build -q -t theirs:v1 -")
    assert [image.tags for image in room.engine.images(room.app)] == [(f"{room.app}:v1",)]
    room.box.docker("tag", "theirs:v1", f"{room.app}-theirs:v1")
    assert [image.tags for image in room.engine.images(room.app)] == [(f"{room.app}:v1",)]


def test_an_image_tells_its_ports_and_its_size(room: Room) -> None:
    """Only TCP ports can be an app's."""
    assert room.image is not None
    assert room.image.ports == (8000,)
    assert room.image.size > 10_000_000
    assert room.engine.image("no-such-image:v1") is None


def test_an_image_that_lost_its_tag_is_still_found(room: Room, tmp_path: Path) -> None:
    """Building a version again leaves its earlier image without a name, and disks fill up with those."""
    for text in ("one", "two"):
        ask = BuildAsk(app=room.app, image=room.app, version="v1", context=context(tmp_path, _COPY, file_txt=text))
        room.engine.build(ask, lambda _: None)
    tagged, lost = sorted(room.engine.images(room.app), key=lambda image: image.tags, reverse=True)
    assert (tagged.tags, lost.tags) == ((f"{room.app}:v1",), ())
    assert room.engine.remove_image(lost.id)
    assert [image.id for image in room.engine.images(room.app)] == [tagged.id]


def test_the_host_s_own_log_options_are_respected(running_box: Box) -> None:
    """An owner who limits logs in daemon.json has decided; the next container shows it."""
    running_box.reset()
    running_box.write("/etc/docker/daemon.json", json.dumps({"log-opts": {"max-size": "77k", "max-file": "2"}}))
    running_box.sh(
        "kill -TERM $(cat /run/docker.pid); sleep 1; for _ in {1..100}; do docker info &> /dev/null && exit 0; sleep 0.1; done; exit 1"
    )
    try:
        with connected(running_box) as room:
            room.image = small_image(room.engine)
            config = json.loads(room.shown(room.engine.create(room.spec()), "{{json .HostConfig.LogConfig.Config}}"))
            assert config == {"max-size": "77k", "max-file": "2"}
    finally:
        running_box.reset()


def test_a_user_without_docker_s_permission_is_told_how_to_get_it(running_box: Box) -> None:
    """The usual first mistake on a new host."""
    with connected(running_box, user="plain") as room, pytest.raises(HostNotReady) as refused:
        room.engine.engine()
    assert "usermod -aG docker" in refused.value.todo


def test_a_host_without_docker_is_told_so(running_box: Box) -> None:
    """It says what to install."""
    with running_box.without("docker"), connected(running_box) as room, pytest.raises(HostNotReady, match="no docker command") as refused:
        room.engine.engine()
    assert "Install Docker" in refused.value.todo


def test_an_engine_that_is_down_or_hangs_is_told_apart(running_box: Box) -> None:
    """The one is started, the other looked at."""
    running_box.sh("kill -STOP $(cat /run/docker.pid)")
    try:
        with connected(running_box, timeout=2) as room, pytest.raises(HostNotReady, match="within 2 seconds"):
            room.engine.engine()
    finally:
        running_box.sh("kill -CONT $(cat /run/docker.pid)")
    running_box.sh("mv /run/docker.sock /run/docker.sock.away")
    try:
        with connected(running_box) as room, pytest.raises(HostNotReady, match="does not run") as refused:
            room.engine.engine()
        assert "systemctl" in refused.value.todo
    finally:
        running_box.sh("mv /run/docker.sock.away /run/docker.sock")


# The SDK leaves the socket that could not be connected to the garbage collector (docker/transport/unixconn.py, 7.2).
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_is_lost_is_not_the_host_s_fault(running_box: Box) -> None:
    """Nothing is concluded about containers that cannot be seen."""
    with connected(running_box) as room:
        room.engine.engine()
        room.connection.close()
        with pytest.raises(Unreachable):
            room.engine.list(room.app)
    gc.collect()


_COPY = 'FROM debian:bookworm-slim\nCOPY file.txt /\nCMD ["sleep", "60"]\n'
