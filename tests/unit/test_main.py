"""The program as a whole, without a host: what it prints where, its exit code, and how it takes a signal or a bug of ours."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from bluegreen.__main__ import AHEAD, Surroundings, function_of, main
from bluegreen.errors import Unreachable
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask, Command
from bluegreen.model.progress import Progress
from tests.fakes import FakeClock, FakeHost
from tests.unit.test_inputs_ask import LEAST

ON_GITHUB = {**LEAST, "GITHUB_ACTIONS": "true", "INPUT_KEY": "hunter2-first-line\nhunter2-second-line"}


class Program:
    """One run; `happen` is what happens instead of a connection, and without it there is a host in memory."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.connected = 0
        self.happen: Exception | None = None
        self.signals: tuple[signal.Signals, ...] = ()

    def run(self, *argv: str, **environ: str) -> int:
        """The exit code."""
        return main(argv, Surroundings(environ=environ, out=self.out, err=self.err, connect=self._connect))

    @property
    def printed(self) -> str:
        """What a person sees."""
        return self.out.getvalue() + self.err.getvalue()

    @contextmanager
    def _connect(self, _ask: Ask, clock: Clock, _tell: Progress) -> Iterator[Host]:
        self.connected += 1
        for number in self.signals:
            signal.raise_signal(number)
        clock.check()
        if self.happen:
            raise self.happen
        yield FakeHost(FakeClock())


@pytest.fixture
def program() -> Program:
    """A run that has not begun."""
    return Program()


@pytest.mark.parametrize("command", Command)
def test_every_command_can_be_done(command: Command) -> None:
    """It is loaded by its name only when it is asked for."""
    assert function_of(command).__name__ == command.value


@pytest.mark.parametrize("name", AHEAD)
def test_what_is_loaded_ahead_is_there(name: str) -> None:
    """A name that leads nowhere would only be noticed by its slowness."""
    assert find_spec(name.format("deploy"))


def test_help_needs_nothing(program: Program) -> None:
    """No input, no host."""
    assert program.run("--help") == 0
    assert "Usage:" in program.out.getvalue()
    assert not program.connected


def test_bad_input_is_told_and_nothing_is_contacted(program: Program, tmp_path: Path) -> None:
    """Exit code 2; the step's outputs say `failed`."""
    outputs = tmp_path / "outputs"
    environ = {"INPUT_HOST": "203.0.113.7", "GITHUB_OUTPUT": str(outputs), "RUNNER_TEMP": str(tmp_path)}
    assert program.run("deploy", "--prot", "22", **environ) == 2
    for part in ("`--prot` is not a flag; did you mean `--port`?", "`key` is empty", "`username` is empty"):
        assert part in " ".join(program.printed.split())
    assert not program.connected
    assert "failed" in outputs.read_text()


def test_the_runner_hides_secrets_before_anything_else_is_printed(program: Program) -> None:
    """Also when the inputs are wrong."""
    for argv in ([], ["--zzz"]):
        program.out.truncate(0)
        program.run(*argv, **ON_GITHUB)
        lines = program.out.getvalue().strip("\0").splitlines()
        assert lines[:2] == ["::add-mask::hunter2-first-line", "::add-mask::hunter2-second-line"]
        assert "hunter2" not in "".join(line for line in lines if not line.startswith("::add-mask::"))


def test_nothing_is_masked_in_a_terminal(program: Program) -> None:
    """The command would print the very secret."""
    program.run(**{**ON_GITHUB, "GITHUB_ACTIONS": ""})
    assert "hunter2" not in program.printed


def test_one_of_our_errors_ends_with_its_exit_code(program: Program) -> None:
    """And with all of its parts."""
    program.happen = Unreachable("Nobody answers at 203.0.113.7:22.", todo="Open port 22.")
    assert program.run(**LEAST) == 3
    assert "Nobody answers" in program.printed
    assert "Open port 22." in program.printed


def test_a_report_that_cannot_be_written_changes_nothing(program: Program, tmp_path: Path) -> None:
    """Neither the exit code nor what a person reads; it is a warning."""
    (tmp_path / "file").touch()
    program.happen = Unreachable("Nobody answers.")
    assert program.run(**{**LEAST, "RUNNER_TEMP": str(tmp_path / "file" / "temp")}) == 3
    assert "Nobody answers." in program.printed
    assert "could not be written" in program.printed


class TestBug:
    """Any other exception."""

    def test_shows_no_traceback_and_not_its_text(self, program: Program) -> None:
        """The text may hold anything, also a secret nobody told us of."""
        program.happen = KeyError("hunter2")
        assert program.run(**LEAST) == 1
        assert "Traceback" not in program.printed
        assert "hunter2" not in program.printed
        assert "bug" in program.printed
        assert "issue" in program.printed

    def test_shows_a_traceback_without_secrets_when_asked_for_more(self, program: Program) -> None:
        """For the report of the bug."""
        program.happen = KeyError("hunter2-first-line")
        assert program.run("--verbose", **ON_GITHUB) == 1
        shown = [line for line in program.printed.splitlines() if not line.startswith("::add-mask::")]
        assert any("Traceback" in line for line in shown)
        assert not any("hunter2" in line for line in shown)

    def test_in_the_reporting_itself_is_one_line(self) -> None:
        """Even then no traceback."""

        class Broken(io.StringIO):
            def write(self, _text: str, /) -> int:
                raise RuntimeError

        err = io.StringIO()
        assert main(["--help"], Surroundings(environ={}, out=Broken(), err=err)) == 1
        assert err.getvalue().count("\n") == 1
        assert "RuntimeError" in err.getvalue()


@pytest.mark.parametrize(
    "signals", [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGHUP,), (signal.SIGINT, signal.SIGTERM, signal.SIGTERM)]
)
def test_a_signal_cancels_the_run_and_more_of_them_change_nothing(program: Program, signals: tuple[signal.Signals, ...]) -> None:
    """The runner sends two; what undoes the run must not be interrupted by the second."""
    before = signal.getsignal(signal.SIGTERM)
    program.signals = signals
    assert program.run(**LEAST) == 130
    assert "cancelled" in program.printed.lower()
    assert signal.getsignal(signal.SIGTERM) is before


def test_json_goes_to_standard_output_and_words_to_standard_error(program: Program) -> None:
    """So that `… status --json | jq` works."""
    assert program.run("status", "--json", **ON_GITHUB) == 0
    assert json.loads(program.out.getvalue())["app"] == "myapp"
    assert "::add-mask::hunter2-first-line" in program.err.getvalue()
    program.out.truncate(0)
    program.out.seek(0)
    program.happen = Unreachable("Nobody answers.")
    assert program.run("deploy", "--json", **LEAST) == 3
    assert json.loads(program.out.getvalue())["exit_code"] == 3
    assert "Nobody answers." in program.err.getvalue()
