"""Containers on a real engine, through the real connection: what is created, what is seen of it, and that nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bluegreen.errors import CandidateFailed, HostNotReady
from bluegreen.model.color import Color
from bluegreen.model.container import Container, RestartPolicy, Role
from tests.e2e.engine.room import Room
from tests.e2e.waiting import until


def test_a_candidate_is_created_unexposed_and_with_all_its_settings(room: Room) -> None:
    """Nothing is published, nothing restarts it, its log cannot fill the disk, and docker shows each setting."""
    settings = {
        "env": (("TOKEN", "hunter2 $HOME"), ("EMPTY", "")),
        "volumes": (f"{room.app}-data:/data", "/etc/hostname:/host:ro"),
        "memory": 64 << 20,
        "cpus": 0.5,
        "options": ("--init", "--ulimit", "nofile=99:99", "--tmpfs", "/scratch", "--add-host=db:10.9.9.9", "--read-only", "-u", "1000"),
    }
    started = room.start(settings=settings)
    host = json.loads(room.shown(started, "{{json .HostConfig}}"))
    assert room.shown(started, "{{json .NetworkSettings.Ports}}") in {'{"8000/tcp":null,"9000/udp":null}', "{}"}
    assert host["PortBindings"] in ({}, None)
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (64 << 20, 64 << 20, 500_000_000)
    seen = room.box.docker(
        "exec", started.id, "sh", "-c", 'id -u; ulimit -n; echo "$TOKEN"; touch /x; touch /scratch/x; getent hosts db', check=False
    )
    assert seen.split() == ["1000", "99", "hunter2", "$HOME", "10.9.9.9", "db"]
    assert room.box.docker("exec", started.id, "cat", "/host")
    assert started.address == room.engine.network(room.app).blue[0]
    assert room.shown(started, f'{{{{(index .NetworkSettings.Networks "bluegreen-{room.app}").IPAddress}}}}') == started.address


def test_no_secret_is_in_any_process_list_of_the_host(room: Room) -> None:
    """Settings travel in the API's body; the container's own environment is not an argument."""
    room.start(settings={"env": (("TOKEN", "hunter2-in-no-list"),)})
    assert "hunter2-in-no-list" not in room.box.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")


def test_what_is_listed_is_what_was_created(room: Room) -> None:
    """Color, version, role, address, port and process are read back from the host."""
    blue = room.start()
    green = room.engine.create(room.spec(color=Color.GREEN, name=f"{room.app}-v2", version="v2", release_id="4567cdef", address=""))
    listed = {container.color: container for container in room.engine.list(room.app)}
    assert listed[Color.BLUE] == blue
    assert blue.pid > 1
    assert room.box.sh(f"cat /proc/{blue.pid}/comm") == "sh"
    assert (listed[Color.GREEN].version, listed[Color.GREEN].release_id, listed[Color.GREEN].running) == ("v2", "4567cdef", False)
    assert (blue.port, blue.role, blue.exit_code, blue.restarts, blue.oom_killed) == (8000, Role.WEB, 0, 0, False)
    assert green.id == listed[Color.GREEN].id


def test_containers_of_others_are_not_seen(room: Room) -> None:
    """Not another app's, not a stranger with our name, not one that somebody runs by hand from our image."""
    assert room.image is not None
    room.box.docker("run", "-d", "--name", f"{room.app}-v1", room.image.id)
    room.box.docker("run", "-d", "--label", f"bluegreen.app={room.app}", room.image.id)
    assert room.engine.list(room.app) == ()
    assert room.engine.list("small") == ()


def test_a_taken_name_does_not_stop_a_release(room: Room) -> None:
    """Names are a courtesy: the release's id is added, then its color."""
    room.box.docker("create", "--name", f"{room.app}-v1", "small:v1")
    names = [room.engine.create(room.spec(address="")).name for _ in range(2)]
    assert names == [f"{room.app}-v1-0123abcd", f"{room.app}-v1-0123abcd-blue"]
    with pytest.raises(HostNotReady, match=f"{room.app}-v1-0123abcd-blue"):
        room.engine.create(room.spec(address=""))


def test_an_address_that_something_else_took_is_named_with_its_holder(room: Room) -> None:
    """The message says which container has it, and how to free it."""
    network = room.engine.network(room.app)
    room.box.docker("run", "-d", "--name", f"{room.app}-thief", "--network", network.name, "--ip", network.blue[0], "small:v1")
    with pytest.raises(HostNotReady, match=f"{room.app}-thief") as refused:
        room.start()
    assert f"docker network disconnect {network.name} {room.app}-thief" in refused.value.todo
    assert room.box.docker("inspect", "-f", "{{.State.Running}}", f"{room.app}-thief") == "true"


@pytest.mark.parametrize(
    ("settings", "command", "said"),
    [
        ({"volumes": ("./data:/data",)}, (), "volumes"),
        ({"volumes": ("/etc/hostname:/etc",)}, (), "volumes"),
        ({"networks": ("nowhere",)}, (), "networks"),
        ({"options": ("--user", "nobody-here")}, (), "--user"),
        ({"options": ("--log-opt", "colour=red")}, (), "--log-opt"),
        ({"options": ("--gpus", "all")}, (), "GPU"),
        ({"memory": 1 << 20}, (), "memory"),
        ({"cpus": 4096.0}, (), "cpus"),
        ({}, ("no-such-program",), "container-command"),
        ({}, ("/etc/hostname",), "executable"),
    ],
)
def test_settings_that_docker_refuses_name_their_input(
    room: Room, settings: dict[str, object], command: tuple[str, ...], said: str
) -> None:
    """Docker's own words, what they mean, and which input to correct."""
    with pytest.raises(CandidateFailed) as failed:
        room.start(*command, settings=settings)
    assert said in " ".join(failed.value.lines())
    assert failed.value.todo


def test_a_container_that_cannot_join_a_network_is_not_left_behind(room: Room) -> None:
    """Half a container would be in the way next time."""
    with pytest.raises(CandidateFailed):
        room.engine.create(room.spec(settings={"networks": ("host",)}))
    assert room.engine.list(room.app) == ()


def test_further_networks_are_joined_before_the_start_without_an_alias(room: Room) -> None:
    """DNS is no traffic switch: until a release is committed nobody finds it by the app's name."""
    room.box.docker("network", "create", f"{room.app}-db")
    started = room.start(settings={"networks": (f"{room.app}-db",)})
    ends = json.loads(room.shown(started, "{{json .NetworkSettings.Networks}}"))
    assert set(ends) == {f"bluegreen-{room.app}", f"{room.app}-db"}
    assert room.app not in (ends[f"{room.app}-db"]["Aliases"] or [])


def test_a_killed_container_is_seen_as_what_killed_it(room: Room) -> None:
    """Out of memory is not an exit like another."""
    # Docker listens for the kernel's kill only a moment after the start, and it hears of the kill and of the container's end in any order,
    # and forgets the first when it comes second: so a shell waits before and after, and ends as the killed process did.
    hungry = room.start("sh", "-c", "sleep 1; tail /dev/zero; ended=$?; sleep 1; exit $ended", settings={"memory": 16 << 20})
    until(lambda: not room.engine.inspect(hungry).running, 20)
    ended = room.engine.inspect(hungry)
    assert (ended.oom_killed, ended.exit_code, ended.pid) == (True, 137, 0)


def test_an_exit_a_restart_and_a_removal_are_seen(room: Room) -> None:
    """All that a probe has to notice at once."""
    once = room.start("sh", "-c", "exit 3")
    until(lambda: not room.engine.inspect(once).running)
    assert room.engine.inspect(once).exit_code == 3
    room.engine.set_restart(once, RestartPolicy.UNLESS_STOPPED)
    room.engine.start(once)
    until(lambda: room.engine.inspect(once).restarts > 0)
    room.box.docker("rm", "-f", once.id)
    gone = room.engine.inspect(once)
    assert (gone.running, gone.exit_code, gone.pid) == (False, 137, 0)


def test_a_container_is_changed_even_as_it_ends(room: Room) -> None:
    """Docker refuses for a moment: the process is gone, and the engine has yet to hear of it."""
    for number in range(6):
        brief = room.start("sleep", "0.2", name=f"brief-{number}", address="")
        room.engine.set_restart(brief, RestartPolicy.UNLESS_STOPPED)
        room.engine.set_restart(brief, RestartPolicy.NO)
        while room.engine.inspect(brief).running:
            room.engine.set_restart(brief, RestartPolicy.NO)
        assert room.shown(brief, "{{.HostConfig.RestartPolicy.Name}}") == "no"
        room.engine.remove(brief)


def test_docker_s_health_is_passed_on(room: Room) -> None:
    """An image with a HEALTHCHECK speaks for itself."""
    ill = room.start(settings={"options": ("--health-cmd", "exit 1", "--health-interval", "100ms", "--health-retries", "1")})
    assert ill.health in {"starting", "unhealthy"}
    until(lambda: room.engine.inspect(ill).health == "unhealthy")


def test_stopping_is_gentle_first(room: Room) -> None:
    """SIGTERM and time to finish; SIGKILL to one that does not listen; nothing to one that does not run."""
    polite, deaf = room.start(), room.start("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done", name="deaf", address="")
    until(lambda: bool(room.engine.logs(polite)))
    for container in (polite, deaf):
        room.engine.stop(container, 1)
        room.engine.stop(container, 1)
    assert room.engine.inspect(polite).exit_code == 0
    assert [line.text for line in room.engine.logs(polite)] == ["ready", "bye"]
    assert room.engine.inspect(deaf).exit_code == 137


def test_removing_takes_no_volume_along(room: Room) -> None:
    """Neither a named one nor the image's own: somebody's data may be there."""
    started = room.start(settings={"volumes": (f"{room.app}-kept:/kept",)})
    anonymous = room.shown(started, '{{range .Mounts}}{{if eq .Destination "/state"}}{{.Name}}{{end}}{{end}}')
    room.engine.remove(started)
    room.engine.remove(started)
    assert room.engine.list(room.app) == ()
    assert {anonymous, f"{room.app}-kept"} <= set(room.box.docker("volume", "ls", "-q").split())


def test_memory_in_use_is_measured_without_the_page_cache(room: Room) -> None:
    """The room gate doubles it: a cache that the kernel would give back must not count."""
    reader = room.start("sh", "-c", "head -c 60000000 /dev/urandom > /state/big; cat /state/big > /dev/null; echo read; exec sleep 60")
    until(lambda: bool(room.engine.logs(reader)), 20)
    assert 0 < room.engine.memory_use(reader) < 30_000_000
    room.engine.stop(reader, 0)
    assert room.engine.memory_use(reader) == 0


def test_few_round_trips(room: Room) -> None:
    """Over the ocean each costs a tenth of a second."""

    def counted(act: Callable[[], object]) -> int:
        before = room.meter.count
        act()
        return room.meter.count - before

    started: list[Container] = []
    spec = room.spec()
    assert counted(lambda: room.engine.network(room.app)) == 1
    assert counted(lambda: started.append(room.engine.create(spec))) == 1
    assert counted(lambda: room.engine.list(room.app)) == 1
    assert counted(lambda: room.engine.start(started[0])) == 2
    assert counted(lambda: room.engine.list(room.app)) == 2
    assert counted(lambda: room.engine.logs(started[0])) == 1
