"""From an environment and a command line to an `Ask`, or to all the reasons why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluegreen.errors import BadInput
from bluegreen.inputs import understand
from bluegreen.inputs.parse.log_rules import DEFAULT_FAIL
from bluegreen.model.ask import Ask, Command, Room, ShiftStep
from bluegreen.model.release import RunInfo

PIN = "SHA256:" + "a" * 43
LEAST = {
    "INPUT_HOST": "203.0.113.7",
    "INPUT_USERNAME": "ubuntu",
    "INPUT_KEY": "PRIVATE KEY",
    "INPUT_FINGERPRINT": PIN,
    "INPUT_IMAGE": "org/myapp",
    "INPUT_VERSION": "v2",
}


def ask(*argv: str, commit: str = "", **inputs: str) -> Ask:
    """What the least of inputs and these come to; `commit` is the checkout's."""
    environ = LEAST | {f"INPUT_{name.upper()}" if name.islower() else name: value for name, value in inputs.items()}
    asked = understand(environ, argv, commit=lambda _folder: commit, read_key=lambda _path: "KEY OF FILE")
    assert isinstance(asked, Ask)
    return asked


def problems(*argv: str, **inputs: str) -> list[str]:
    """What is wrong with them."""
    with pytest.raises(BadInput) as caught:
        ask(*argv, **inputs)
    return caught.value.problems


def test_the_least_of_inputs_deploys_with_the_documented_defaults() -> None:
    """Every default is the README's."""
    asked = ask()
    assert asked.command is Command.DEPLOY
    assert asked.build
    assert (asked.build.tag, asked.build.context, asked.build.file) == ("org/myapp:v2", Path(), None)
    assert (asked.app.app, asked.app.settings.container_port, asked.app.room) == ("myapp", 0, Room.REFUSE)
    assert (asked.connection.port, asked.connection.timeout, asked.connection.fingerprints) == (22, 30, (PIN,))
    assert (asked.expect.path, asked.expect.host, asked.expect.status) == ("/", "", ((200, 399),))
    assert (asked.expect.timeout, asked.expect.interval, asked.expect.successes) == (60, 1, 3)
    assert (asked.logs.ready, asked.logs.fail, asked.logs.allow) == ("", DEFAULT_FAIL, ())
    assert asked.traffic.steps == (ShiftStep(share=10, hold=10), ShiftStep(share=50, hold=10))
    assert (asked.traffic.watch, asked.traffic.listen, asked.traffic.server_names, asked.traffic.body_size) == (10, ("80",), ("_",), "50m")
    assert (asked.retire.drain_timeout, asked.retire.stop_timeout, asked.retire.keep) == (30, 10, 1)
    assert (asked.control.deadline, asked.control.lock_timeout, asked.control.lease) == (1800, 600, 15)
    assert (asked.control.verbose, asked.control.summary, asked.control.json) == (False, True, False)
    assert asked.run == RunInfo()


def test_a_flag_and_its_variable_come_to_the_same_and_the_flag_wins() -> None:
    """`INPUT_HOST=…` and `--host …` do the same."""
    assert (
        ask(health_path="/x", verbose="true")
        == ask("--health-path", "/x", "--verbose")
        == ask("--health_path=/x", "--verbose", health_path="/y")
    )
    assert ask("--key-file", "f").connection.key == "KEY OF FILE"


def test_both_spellings_of_a_variable_are_accepted() -> None:
    """GitHub keeps the dash when it starts a container action."""
    assert understand({**LEAST, "INPUT_HEALTH-PATH": "/x"}, []) == ask(health_path="/x")


def test_an_input_that_is_empty_or_blank_is_not_given() -> None:
    """Every input of a composite action is set, most of them empty."""
    assert ask(shift="", timeout=" \n", keep="", memory="") == ask()


def test_all_problems_are_told_at_once_and_each_names_its_input() -> None:
    """Flags, values and what is missing."""
    told = problems("--zzz", key="", port="0", shift="10", volumes="./a:/a\n/b", tls_certificate="/c.pem")
    named = {line.split("`")[1] for line in told}
    assert named == {"--zzz", "key", "port", "shift", "volumes", "tls-certificate-key"}
    assert len([line for line in told if line.startswith("`volumes`")]) == 2


def test_an_empty_secret_says_that_it_may_not_be_configured() -> None:
    """The commonest first failure."""
    (told,) = problems(key="")
    assert told.startswith("`key` is empty: is the secret configured for this repository or environment?")
    assert "forks" in told
    assert "Dependabot" in told


def test_no_problem_repeats_a_secret() -> None:
    """Neither a variable's nor a build secret's line."""
    told = problems(env="hunter2", build_secrets="hunter2", build_args="hunter2", username="", known_hosts="hunter2")
    assert len(told) == 5
    assert "hunter2" not in "".join(told)


def test_one_of_fingerprint_and_known_hosts_is_required() -> None:
    """And a wrong fingerprint is one problem, not two."""
    (told,) = problems(fingerprint="")
    assert told.startswith("`known-hosts` is empty and so is `fingerprint`")
    (told,) = problems(fingerprint="SHA256:x")
    assert told.startswith("`fingerprint`")
    assert ask(fingerprint="", known_hosts="h ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==").connection.known_hosts


class TestVersion:
    """Where the version comes from."""

    def test_is_the_input_or_the_images_tag(self) -> None:
        """One of them."""
        assert ask(version="v3").build == ask(version="", image="org/myapp:v3").build
        (told,) = problems(image="org/myapp:v3")
        assert "`v2` is not the tag in `image`, which is `v3`" in told

    def test_is_else_the_checkouts_commit_before_the_events(self) -> None:
        """A workflow may check out another `ref` than the one it runs for."""
        by_checkout, by_event = ask(version="", commit="abc1234", GITHUB_SHA="d" * 40), ask(version="", GITHUB_SHA="d" * 40)
        assert by_checkout.build
        assert by_checkout.build.version == "abc1234"
        assert by_event.build
        assert by_event.build.version == "ddddddd"

    def test_must_come_from_somewhere(self) -> None:
        """Outside of a checkout it is required."""
        assert problems(version="")[0].startswith("`version` is empty")


class TestWhatACommandNeeds:
    """Deploying needs an image, the others an app."""

    def test_deploy_needs_an_image(self) -> None:
        """To build it."""
        assert problems(image="")[0].startswith("`image` is empty")

    def test_rollback_and_status_need_an_app_and_no_checkout(self) -> None:
        """An image names one too."""
        for command in ("rollback", "status"):
            assert ask(command, image="", app="myapp", context="/nowhere").build is None
            assert ask(command).app.app == "myapp"
            assert problems(command, image="")[0].startswith("`app` is empty and so is `image`")

    def test_an_image_that_names_no_app_needs_one(self) -> None:
        """The name goes into paths, so it is short and plain."""
        assert "can name an app" in problems(image="a" * 50)[0]
        assert ask(image="a" * 50, app="short").app.app == "short"

    def test_the_folder_to_build_from_must_be_there(self) -> None:
        """A workflow without a checkout is common."""
        assert "is `actions/checkout` a step before this one?" in problems(context="/nowhere")[0]


class TestTogether:
    """What follows from several inputs."""

    def test_variables_of_the_input_win_over_those_of_the_file(self, tmp_path: Path) -> None:
        """Each name once."""
        (tmp_path / "e").write_text("A=file\nB=file\n")
        assert ask(env="B=input\nC=input", env_file=str(tmp_path / "e")).app.settings.env == (("A", "file"), ("B", "input"), ("C", "input"))
        assert ask(env_file="host:/etc/e").app.host_env_file == "/etc/e"

    def test_the_health_check_calls_the_app_by_a_name_it_knows(self) -> None:
        """Else frameworks answer 400."""
        assert ask(server_name="*.e.com www.e.com").expect.host == "www.e.com"
        assert ask(url="https://e.com/").expect.host == "e.com"
        assert ask(server_name="e.com", health_host="internal").expect.host == "internal"

    def test_a_certificate_moves_the_default_port(self) -> None:
        """Port 80 is for the redirect then."""
        tls = {"tls_certificate": "/c.pem", "tls_certificate_key": "/k.pem"}
        assert ask(**tls).traffic.listen == ("443",)
        assert ask(**tls, listen="8443").traffic.listen == ("8443",)

    def test_a_dockerfile_is_found_from_the_working_directory_or_from_the_context(self, tmp_path: Path) -> None:
        """docker/build-push-action has the first, many people write the second."""
        (tmp_path / "x.Dockerfile").touch()
        from_context = ask(context=str(tmp_path), file="x.Dockerfile").build
        assert from_context
        assert from_context.file == Path("x.Dockerfile")
        from_here = ask(context=str(tmp_path), file="nowhere/Dockerfile").build
        assert from_here
        assert from_here.file == Path("nowhere/Dockerfile").absolute()

    def test_the_ci_run_is_known_by_its_number_and_address(self) -> None:
        """A waiting deployment shows the address."""
        environ = {"GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "77", "GITHUB_RUN_NUMBER": "5", "GITHUB_WORKFLOW": "ship"}
        assert ask(**environ).run == RunInfo(repository="o/r", workflow="ship", number=5, url="https://github.com/o/r/actions/runs/77")


def test_container_options_that_would_break_the_deployment_are_refused() -> None:
    """With the reason that `model/options.py` gives."""
    assert ask(container_options="--init --shm-size 256m").app.settings.options == ("--init", "--shm-size", "256m")
    told = problems(container_options="--init -p 80:80 --restart always")
    assert len(told) == 2
    assert all(line.startswith("`container-options`: ") for line in told)


def test_no_secret_shows_in_the_repr_of_what_was_asked() -> None:
    """An `Ask` may end up in a message."""
    asked = ask(key="hunter2", passphrase="hunter2", env="A=hunter2", build_secrets="a=hunter2", build_args="A=hunter2")
    assert "hunter2" not in repr(asked)


def test_a_workflow_cannot_ask_for_what_is_printed_for_a_person() -> None:
    """`init` is for the command line; there it wants to know the container, and no image."""
    asked = {**LEAST, "INPUT_COMMAND": "init", "INPUT_FROM_CONTAINER": "shop-web-1"}
    with pytest.raises(BadInput, match="`init` is for the command line only"):
        understand(asked, [])
    del asked["INPUT_COMMAND"]
    understood = understand({**asked, "INPUT_IMAGE": ""}, ["init"])
    assert isinstance(understood, Ask)
    assert (understood.init_from, understood.app.app, understood.build) == ("shop-web-1", "", None)
    with pytest.raises(BadInput, match="`from-container` is empty"):
        understand(LEAST, ["init"])
