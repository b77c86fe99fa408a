"""The command line says the same as the environment, and never repeats what may be a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bluegreen.inputs.flags import Flags, read_flags
from bluegreen.inputs.model import described
from bluegreen.inputs.world import read_key_file

INPUTS = described()


def read(*argv: str) -> Flags:
    """The flags of a command line whose key files all hold `KEY`."""
    return read_flags(argv, INPUTS, lambda _path: "KEY")


def test_a_flag_stands_for_the_variable_of_the_same_input() -> None:
    """In either spelling, with or without an equals sign."""
    flags = read("deploy", "--host", "h", "--health-path=/x", "--health_host", "e.com")
    assert flags.given == {"INPUT_COMMAND": "deploy", "INPUT_HOST": "h", "INPUT_HEALTH_PATH": "/x", "INPUT_HEALTH_HOST": "e.com"}
    assert not flags.problems


def test_a_list_can_be_repeated_and_nothing_else() -> None:
    """Each item is a line."""
    flags = read("--volumes", "a1:/a", "--volumes", "b1:/b", "--host", "x", "--host", "y")
    assert flags.given["INPUT_VOLUMES"] == "a1:/a\nb1:/b"
    assert flags.problems == ["`--host` is given more than once"]


@pytest.mark.parametrize(
    ("argv", "value"), [(["--verbose"], "true"), (["--verbose", "false"], "false"), (["--no-verbose"], "false"), (["--verbose=no"], "no")]
)
def test_a_switch_needs_no_value(argv: list[str], value: str) -> None:
    """And can be turned off."""
    assert read(*argv).given == {"INPUT_VERBOSE": value}


def test_a_value_may_look_like_a_flag_of_docker() -> None:
    """`container-options` are such words."""
    assert read("--container-options", "--init --shm-size 1g").given == {"INPUT_CONTAINER_OPTIONS": "--init --shm-size 1g"}
    assert read("--container-options", "--init").given == {"INPUT_CONTAINER_OPTIONS": "--init"}


def test_the_word_null_is_a_word() -> None:
    """pydantic-settings' own command line would take it for nothing."""
    assert read("--health-body", "null").given == {"INPUT_HEALTH_BODY": "null"}


def test_a_flag_without_its_value_is_named() -> None:
    """Also when another flag follows."""
    assert read("--host", "--port", "22").problems == ["`--host` needs a value"]
    assert read("--port").problems == ["`--port` needs a value"]


@pytest.mark.parametrize("name", ["key", "passphrase", "env", "build-secrets"])
def test_a_secret_has_no_flag_for_its_value(name: str) -> None:
    """Neither is it repeated, nor read on as something else."""
    for argv in ([f"--{name}", "hunter2", "--json"], [f"--{name}=hunter2", "--json"]):
        flags = read(*argv)
        assert len(flags.problems) == 1
        assert "no place for a secret" in flags.problems[0]
        assert "hunter2" not in repr(flags)
        assert flags.json


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["--kye", "hunter2"], "did you mean `--key-file`?"),
        (["--kye=hunter2"], "did you mean `--key-file`?"),
        (["--passprase", "hunter2"], "did you mean `INPUT_PASSPHRASE`?"),
        (["--sihft", "hunter2"], "did you mean `--shift`?"),
        (["--zzz", "hunter2"], "`--zzz` is not a flag"),
        (["--HUNTER2hunter2=hunter2"], "a word that begins with `-` is not a flag"),
        (["deploy", "hunter2"], "stands alone"),
        (["hunter2"], "none of the commands"),
        (["deplyo"], "did you mean `deploy`?"),
    ],
)
def test_what_is_unknown_is_named_without_what_follows(argv: list[str], hint: str) -> None:
    """What follows may be a secret."""
    flags = read(*argv)
    assert hint in flags.problems[0]
    assert len(flags.problems) == 1
    assert "hunter2" not in repr(flags.problems).lower()


def test_version_alone_asks_for_ours_and_with_a_value_it_is_the_input() -> None:
    """Both meanings are what people expect."""
    assert read("--version").version
    assert read("deploy", "--version", "v2").given["INPUT_VERSION"] == "v2"
    assert read("-h").help
    assert read("status", "--help").help


class TestKeyFile:
    """`--key-file`."""

    def test_gives_the_key(self) -> None:
        """As INPUT_KEY would."""
        assert read("--key-file", "x").given == {"INPUT_KEY": "KEY"}

    def test_is_read_when_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        """Mode 600, as ssh wants it."""
        file = tmp_path / "id"
        file.write_text("KEY\n")
        file.chmod(0o600)
        assert read_key_file(str(file)) == "KEY\n"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_is_refused_when_others_may_read_it(self, tmp_path: Path, mode: int) -> None:
        """The problem says what to do."""
        file = tmp_path / "id"
        file.write_text("KEY\n")
        file.chmod(mode)
        with pytest.raises(ValueError, match="chmod 600"):
            read_key_file(str(file))

    def test_that_is_not_there_is_a_problem_among_the_others(self, tmp_path: Path) -> None:
        """No exception of the system's."""
        flags = read_flags(["--key-file", os.fspath(tmp_path / "none"), "--zzz"], INPUTS, read_key_file)
        assert "cannot be read: No such file" in flags.problems[0]
        assert len(flags.problems) == 2
