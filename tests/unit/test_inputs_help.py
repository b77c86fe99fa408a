"""The help of the command line: what it lists for which command, and in which words."""

from __future__ import annotations

import pytest

from bluegreen.inputs import Help, understand
from bluegreen.inputs.field import SHIFTS
from bluegreen.model.ask import Command


class TestHelp:
    """`--help` is worth reading."""

    def test_names_every_input_with_its_variable_and_default(self) -> None:
        """For all commands together."""
        shown = understand({}, ["--help"])
        assert isinstance(shown, Help)
        for word in (
            "--health-path",
            "INPUT_HEALTH_PATH",
            "default: 10% 10s, 50% 10s",
            "(INPUT_KEY)",
            "--key-file FILE",
            "Exit codes:",
            "  130  ",
        ):
            assert word in shown.text
        assert max(map(len, shown.text.splitlines())) <= 120

    def test_of_a_command_holds_only_what_it_reads(self) -> None:
        """`status` builds nothing, a log is read under no URL, and `abort` keeps no release."""
        for command, others in (("status", "--build-args"), ("logs", "--url"), ("abort", "--keep"), ("init", "--nginx")):
            shown = understand({}, [command, "--help"])
            assert isinstance(shown, Help)
            assert "--host" in shown.text
            assert f"{others} " not in shown.text

    @pytest.mark.parametrize("command", [command for command in Command if command not in SHIFTS])
    def test_of_a_command_promises_only_what_it_does(self, command: Command) -> None:
        """What moves no traffic commits nothing; and `init` says when it needs the URL."""
        shown = understand({}, [command.value, "--help"])
        assert isinstance(shown, Help)
        assert "before the commit" not in shown.text
        assert ("needed where NGINX's" in shown.text) == (command is Command.INIT)

    def test_comes_before_any_problem(self) -> None:
        """Someone who asks for help has the rest wrong, often."""
        assert isinstance(understand({}, ["deploy", "--zzz", "--help"]), Help)
