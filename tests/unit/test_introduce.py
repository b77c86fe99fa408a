"""From a portrait to the workflow's inputs: what is taken over, what becomes a secret, and what is told instead, with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bluegreen.decide.introduce import app_of, introduce, unsaid
from bluegreen.decide.portray import places_of
from bluegreen.inputs.parse import phrases, places, quantities
from bluegreen.model.ask import ConnectionAsk
from bluegreen.model.init_report import InitReport
from bluegreen.model.neighbor import Published
from bluegreen.model.options import option_problems
from bluegreen.model.portrait import Mount, NetworkEnd, Portrait
from bluegreen.model.site import Way

WEB = Portrait(
    name="shop-web-1",
    image="registry.example.com/team/shop:v7",
    image_id="sha256:1",
    ports=(8000,),
    published=(Published(address="0.0.0.0", port=9000, container_port=8000),),  # noqa: S104 - Docker's spelling
    addresses=("172.18.0.3",),
    health_path="/healthz",
)
_METRICS = Published(address="", port=9100, container_port=9100)
_NAMELESS = Mount(kind="volume", source="ff", target="/d", anonymous=True)
WAY = Way(url="https://shop.example/", place="127.0.0.1:9000")
ACCESS = ConnectionAsk(host="198.51.100.7", port=22, username="ubuntu", key="k", fingerprints=("SHA256:x",))


def told(web: Portrait = WEB, *beside: Portrait, way: Way = WAY, **access: Any) -> InitReport:
    return introduce("shop", web, beside, way, replace(ACCESS, **access))


def inputs(web: Portrait = WEB, *beside: Portrait, way: Way = WAY, **access: Any) -> dict[str, str]:
    """The inputs; one that is a secret as `$NAME`."""
    return {one.name: one.text or f"${one.secret}" for one in told(web, *beside, way=way, **access).inputs}


def worker(**changes: Any) -> Portrait:
    return replace(WEB, **{"name": "shop-worker-1", "service": "worker", "command": ("python", "-m", "worker"), "published": (), **changes})


def test_the_least_that_a_workflow_needs() -> None:
    """A container without any setting; what the inputs' defaults say is left out, and said where it may be wrong."""
    assert inputs() == {
        "host": "$EC2_HOST",
        "username": "ubuntu",
        "key": "$EC2_KEY",
        "fingerprint": "$EC2_FINGERPRINT",
        "image": "registry.example.com/team/shop",
        "container-port": "8000",
        "health-path": "/healthz",
        "url": "https://shop.example/",
        "site": "include",
        "adopt": "shop-web-1",
    }
    assert told().notes == ()
    assert "no HEALTHCHECK that asks for one. A release is asked for `/`, the default" in told(replace(WEB, health_path="")).notes[0]


def test_the_way_to_the_host_is_the_one_that_was_gone() -> None:
    """Another port, a key with a passphrase, known_hosts instead of a fingerprint."""
    seen = inputs(port=2222, passphrase="p", fingerprints=(), known_hosts="h ssh-ed25519 AAAA")
    assert (seen["port"], seen["passphrase"], seen["known-hosts"]) == ("2222", "$EC2_PASSPHRASE", "$EC2_KNOWN_HOSTS")
    assert "fingerprint" not in seen


@pytest.mark.parametrize(
    ("image", "container", "app"),
    [
        ("shop", "web", "shop"),
        ("registry.example.com:5000/team/shop_web:v1", "web", "shop-web"),
        ("shop@sha256:" + "a" * 64, "web", "shop"),
        ("sha256:" + "a" * 64, "Shop_Web_1", "shop-web-1"),
        ("a" * 12, "1", "app"),
    ],
)
def test_the_app_is_called_as_its_image_is(image: str, container: str, app: str) -> None:
    """Or as its container, where the image has no name left."""
    assert app_of(replace(WEB, image=image, name=container)) == app


def test_another_name_of_the_app_is_said() -> None:
    """As the default would be the image's own, which may begin with a digit."""
    for image in ("team/backend:v1", "2048-shop"):
        assert inputs(replace(WEB, image=image))["app"] == "shop"
    nameless = inputs(replace(WEB, image="sha256:" + "a" * 64))
    assert nameless["image"] == "shop"
    assert "app" not in nameless


@pytest.mark.parametrize("memory", [6 * 1024**2, 512 * 1024**2, 3 * 1024**3, 10_000 * 1024, 10_000_001])
def test_sizes_are_read_back_as_they_were(memory: int) -> None:
    """By the very parser of the input."""
    assert quantities.memory(inputs(replace(WEB, memory=memory))["memory"]) == memory


def test_settings_become_inputs_that_our_own_parsers_take() -> None:
    """Volumes, networks, limits, command and options."""
    mounts = (Mount(kind="bind", source="/srv/d", target="/d", modes=("ro",)), Mount(kind="volume", source="shop_up", target="/up"))
    seen = inputs(
        replace(
            WEB,
            mounts=mounts,
            networks=(NetworkEnd(name="shop_default"), NetworkEnd(name="metrics")),
            cpus=1.5,
            command=("sh", "-c", "exec python -m shop | tee log"),
            options=(("--init",), ("--user", "1000:1000")),
            stop_timeout=45,
        )
    )
    assert places.volumes(seen["volumes"]) == ("/srv/d:/d:ro", "shop_up:/up")
    assert (seen["networks"], seen["cpus"], seen["stop-timeout"]) == ("shop_default\nmetrics", "1.5", "45s")
    assert phrases.command(seen["container-command"]) == ("sh", "-c", "exec python -m shop | tee log")
    assert (seen["container-options"], option_problems(seen["container-options"])) == ("--init --user 1000:1000", [])


@pytest.mark.parametrize(("target", "warned"), [("/srv/app", True), ("/srv", True), ("/srv/app/data", False), ("/srv/application", False)])
def test_a_volume_over_the_code_is_told(target: str, warned: bool) -> None:  # noqa: FBT001 - a case of the table
    """A new release would run the old code."""
    mount = Mount(kind="bind", source="/srv/shop", target=target)
    notes = told(replace(WEB, workdir="/srv/app", mounts=(mount,))).notes
    assert any("would run the code that lies there now" in note for note in notes) is warned


class TestSecrets:
    """No value of a variable is told."""

    ENV = (("DATABASE_URL", "postgres://shop:pa55word@db/shop"), ("SECRET_KEY", "hunter2hunter2"), ("DEBUG", "0"))

    def test_variables_are_one_secret_whose_names_are_told(self) -> None:
        """With the command that shows what goes into it, on the host."""
        (secret,) = (one for one in told(replace(WEB, env=self.ENV)).secrets if one.name == "APP_ENV")
        assert secret.holds.endswith("one NAME=value a line: DATABASE_URL, DEBUG, SECRET_KEY")
        assert secret.command.endswith("shop-web-1 | grep -E '^(DATABASE_URL|DEBUG|SECRET_KEY)='")
        assert inputs(replace(WEB, env=self.ENV))["env"] == "$APP_ENV"

    @pytest.mark.parametrize("command", [("shop", "--key", "hunter2hunter2"), ("shop", "--password", "other"), ("shop", "amqp://a:b@mq/")])
    def test_a_command_that_may_hold_one_becomes_one(self, command: tuple[str, ...]) -> None:
        """The same for options and for the command of a worker."""
        web = replace(WEB, env=self.ENV, command=command, options=(("--health-cmd", " ".join(command)),))
        seen = told(web, worker(command=(*command, "w")))
        shown = {one.name: one.secret for one in seen.inputs if one.secret.startswith("APP")}
        names = ("env", "container-command", "container-options", "processes")
        assert shown == dict(zip(names, ("APP_ENV", "APP_COMMAND", "APP_OPTIONS", "APP_PROCESSES"), strict=True))
        assert set(shown.values()) <= {one.name for one in seen.secrets}
        assert not any(word in repr(seen) for word in ("hunter2", "pa55word", "other", "a:b@"))

    def test_a_value_of_several_lines_is_told_as_what_it_is(self) -> None:
        """No line of `env` can hold it."""
        seen = told(replace(WEB, env=(("CERT", "-----BEGIN\nhunter2"),)))
        assert not any(one.name == "env" for one in seen.inputs)
        assert any("The variable CERT spans several lines" in note and "`volumes`" in note for note in seen.notes)
        assert "hunter2" not in repr(seen)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"options": (("--privileged",),)}, "`--privileged`: it would give the release the whole host; name what it needs with --cap-add"),
        ({"options": (("--link", "/db:/web/db"),)}, "`--link /db:/web/db`: the old links bypass networks; put both containers on one"),
        ({"options": (("--pid", "host"),)}, "`--pid host`: no input has it; see whether the app works without it"),
        ({"options": (("--security-opt", "seccomp={…}"),)}, "`--security-opt seccomp={…}`: no input has it"),
        ({"options": (("--log-driver",),)}, "`--log-driver`: a release is judged by its log"),
        (
            {"published": (*WEB.published, _METRICS)},
            "`--publish 9100:9100`: nothing is published",
        ),
        ({"pulled": True}, "came from a registry, and the workflow builds it"),
        ({"labels": ("traefik.enable",)}, "Its labels are left out (traefik.enable)"),
        (
            {"networks": (NetworkEnd(name="n", aliases=("web",)),)},
            "On n others may call it web, and no release has that name. Have them ask https",
        ),
        (
            {"mounts": (_NAMELESS,)},
            "add `ff:/d` to `volumes`, and never remove shop-web-1",
        ),
        ({"mounts": (Mount(kind="tmpfs", source="", target="/t"),)}, "try `--tmpfs /t` in `container-options`"),
    ],
)
def test_what_no_input_takes_over_is_told_with_what_to_do(changes: dict[str, Any], note: str) -> None:
    """And the workflow does without it."""
    seen = told(replace(WEB, **changes))
    assert any(note in one for one in seen.notes), seen.notes
    assert not {one.name for one in seen.inputs} & {"container-options", "volumes"}


class TestBeside:
    """Containers of the same image."""

    def test_a_worker_is_a_process_and_the_app_gets_what_it_needs(self) -> None:
        """That is said, and how to stop the worker that runs now."""
        spool, queue = Mount(kind="volume", source="spool", target="/spool"), NetworkEnd(name="queue", aliases=("worker",))
        seen = told(WEB, worker(mounts=(spool,), networks=(queue,), env=(("QUEUE", "q"),)))
        given = {one.name: one.text for one in seen.inputs}
        assert phrases.processes(given["processes"]) == (("worker", ("python", "-m", "worker")),)
        assert (given["volumes"], given["networks"]) == ("spool:/spool", "queue")
        assert seen.notes[0].startswith("Only shop-worker-1 has spool:/spool, queue now.")
        assert "has its own QUEUE" in seen.notes[1]
        assert "`docker update --restart no shop-worker-1 && docker stop shop-worker-1`" in seen.notes[2]

    def test_workers_of_one_service_get_names_of_their_own(self) -> None:
        """So does one whose name means something else; one that runs the image's own command cannot be said."""
        plain = replace(WEB, command=("serve",))
        workers = (worker(), worker(name="shop-worker-2", command=("python", "-m", "worker", "2")), worker(name="w", service="web"))
        given = {one.name: one.text for one in told(plain, *workers).inputs}
        assert [name for name, _ in phrases.processes(given["processes"])] == ["worker", "worker-2", "web-2"]
        assert "no line of `processes` can say how" in told(plain, worker(command=())).notes[0]

    def test_one_that_runs_the_same_may_be_a_replica(self) -> None:
        """It is told, and no process."""
        seen = told(WEB, worker(command=()))
        assert "processes" not in {one.name for one in seen.inputs}
        assert "set `replicas`" in seen.notes[0]

    def test_one_with_an_entrypoint_of_its_own_cannot_be_said(self) -> None:
        """A process has the image's entrypoint."""
        seen = told(WEB, worker(options=(("--entrypoint", "sh"),)))
        assert "processes" not in {one.name for one in seen.inputs}
        assert "no line of `processes` can say how" in seen.notes[0]


def test_what_the_workflow_has_to_say_is_not_hidden_in_it() -> None:
    """A path and an address look like secrets by their variables' names; `***` in their place would be a workflow that does not work."""
    env = (("CERT_FILE", "/etc/ssl/shop.pem"), ("API_URL", "https://shop.example/"), ("DB_PASSWORD", "hunter22"))
    web = replace(WEB, env=env, mounts=(Mount(kind="bind", source="/srv/shop.pem", target="/etc/ssl/shop.pem"),))
    assert list(unsaid(told(web), [web])) == ["hunter22"]


def test_a_secret_of_the_worker_s_own_is_not_in_the_workflow() -> None:
    """Its command becomes a secret as a whole, as the app's own would."""
    sealed = worker(command=("work", "sesame77"), env=(("QUEUE_KEY", "sesame77"),))
    assert inputs(WEB, sealed)["processes"] == "$APP_PROCESSES"
    assert list(unsaid(told(WEB, sealed), [WEB, sealed])) == ["sesame77"]


def test_where_nginx_may_find_it() -> None:
    """Published on every address, on one, on port 80; on Docker's own networks; on the host's."""
    assert dict(places_of(WEB)) == {"172.18.0.3:8000": 8000, "127.0.0.1:9000": 8000, "[::1]:9000": 8000}
    plain = replace(WEB, ports=(80,), published=(Published(address="10.0.0.5", port=80, container_port=80),))
    assert dict(places_of(plain)) == {"172.18.0.3:80": 80, "10.0.0.5:80": 80, "172.18.0.3": 80, "10.0.0.5": 80}
    bare = replace(WEB, published=(), addresses=(), host_network=True)
    assert dict(places_of(bare)) == {"127.0.0.1:8000": 8000}
    assert inputs(bare, way=replace(WAY, place="127.0.0.1:8000"))["adopt"] == "127.0.0.1:8000"
