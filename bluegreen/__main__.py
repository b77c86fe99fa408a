"""Environment and flags in, exit code out: builds the real host, clock and report, and does what was asked."""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from bluegreen.errors import BadInput, BlueGreenError
from bluegreen.host import Clock, Host
from bluegreen.host.clock import SystemClock
from bluegreen.inputs import Help, mask_commands, secrets_asked, secrets_given, understand
from bluegreen.model.ask import Ask, Command
from bluegreen.model.outcome import Outcome
from bluegreen.model.progress import Progress
from bluegreen.report import Answer, Detail, Places, Reporter, Run, Stream, finish, greet, places, reporter

__all__ = ["AHEAD", "Surroundings", "function_of", "main"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_UNTOLD = "bluegreen-action met a bug of its own ({}), and another one while it reported that. Please tell us: {}\n"
_ISSUES = "https://github.com/org/bluegreen-action/issues"

AHEAD = (
    "bluegreen.host.facts",
    "bluegreen.host.remote",
    "bluegreen.host.engine",
    "bluegreen.commands.{}",
    "bluegreen.host.site_template",
    "bluegreen.report.finishing",
)
"""What a run needs besides, in the order of need: it is loaded while the host lets us in and builds. `{}` is the command."""


def _connect(ask: Ask, clock: SystemClock, tell: Progress) -> AbstractContextManager[Host]:
    """The real host. What speaks SSH and Docker is imported only now: help, and the refusal of bad inputs, need not wait for it."""
    from bluegreen.host.build_client import LocalDocker  # noqa: PLC0415

    local = LocalDocker(os.environ, clock)
    if ask.command is Command.DEPLOY:
        local.look()
    from bluegreen.host.connect import connect  # noqa: PLC0415

    names = [name.format(ask.command.value) for name in AHEAD]
    threading.Thread(target=_load, args=(names,), name="bluegreen-load", daemon=True).start()
    return connect(ask, clock, tell, local)


def _load(names: Iterable[str]) -> None:
    """Import these; what cannot be imported says so where it is needed."""
    for name in names:
        with suppress(Exception):
            import_module(name)


def function_of(command: Command) -> Callable[[Ask, Host, Progress, Clock], Outcome | Answer]:
    """What does that: the function of its name, in the module of its name."""
    module = import_module(f"bluegreen.commands.{command.value}")
    return cast("Callable[[Ask, Host, Progress, Clock], Outcome | Answer]", getattr(module, command.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run stands in: its environment, where it prints, and how it gets to a host."""

    environ: Mapping[str, str]
    out: Stream
    err: Stream
    connect: Callable[[Ask, SystemClock, Progress], AbstractContextManager[Host]] = _connect

    def told(self, *, json: bool) -> Stream:
        """Where people read: with `--json` standard output is not theirs."""
        return self.err if json else self.out

    def mask(self, secrets: Iterable[str], *, json: bool) -> None:
        """Have the runner hide these from now on; it obeys commands on either stream."""
        if self.environ.get("GITHUB_ACTIONS") == "true":
            stream = self.told(json=json)
            stream.write("".join(f"{line}\n" for line in mask_commands(secrets)))
            stream.flush()

    def places(self, *, summary: bool) -> Places:
        """Where the reports go: on a runner a new folder of its temporary ones, else nowhere."""
        temporary = self.environ.get("RUNNER_TEMP", "")
        return places(self.environ, directory=_new_folder(Path(temporary)) if temporary else None, summary=summary)


def main(argv: Sequence[str], around: Surroundings) -> int:
    """Do what the inputs ask for and return the exit code. No exception leaves it."""
    try:
        secrets = secrets_given(around.environ)
        around.mask(secrets, json="--json" in argv)
        try:
            asked = understand(around.environ, argv)
        except BadInput as error:
            return _refuse(error, argv, secrets, around)
        if isinstance(asked, Help):
            around.out.write(f"{asked.text}\n")
            return 0
        return _obey(asked, around)
    except Exception as error:  # noqa: BLE001 — the last line: a traceback may show secrets, and never helps a user
        around.err.write(_UNTOLD.format(type(error).__name__, _ISSUES))
        return 1


def _obey(ask: Ask, around: Surroundings) -> int:
    secrets = secrets_asked(ask)
    around.mask(set(secrets).difference(secrets_given(around.environ)), json=ask.control.json)
    clock = SystemClock(ask.control.deadline)
    tell = reporter(
        around.environ,
        clock=clock,
        stream=around.told(json=ask.control.json),
        secrets=secrets,
        detail=Detail.VERBOSE if ask.control.verbose else Detail.NORMAL,
    )
    run = Run(
        command=ask.command.value,
        app=ask.app.app,
        version=ask.build.version if ask.build else "",
        host=ask.connection.host,
        url=ask.traffic.url,
    )
    with _cancelled_by_signals(clock):
        greet(tell, run)
        end = _end(ask, tell, clock, around)
        where = around.places(summary=ask.control.summary)
        return finish(tell, end, run=run, where=where, json_stream=around.out if ask.control.json else None)


def _end(ask: Ask, tell: Reporter, clock: SystemClock, around: Surroundings) -> Outcome | Answer | Exception:
    try:
        with around.connect(ask, clock, tell) as host:
            tell.round_trips = host.round_trips
            return function_of(ask.command)(ask, host, tell, clock)
    except BlueGreenError as error:
        return error
    except Exception as error:  # noqa: BLE001 — a bug is reported like any other end
        if ask.control.verbose:
            for line in "".join(traceback.format_exception(error)).splitlines():
                tell.output(line)
        return error


def _refuse(error: BadInput, argv: Sequence[str], secrets: Sequence[str], around: Surroundings) -> int:
    """End a run whose inputs nobody could understand."""
    json = "--json" in argv
    tell = reporter(around.environ, clock=SystemClock(0.0), stream=around.told(json=json), secrets=secrets)
    run = Run(command=argv[0] if argv and argv[0] in {command.value for command in Command} else Run().command)
    return finish(tell, error, run=run, where=around.places(summary=True), json_stream=around.out if json else None)


def _new_folder(inside: Path) -> Path:
    """A folder for the reports of this run alone; where none can be made, one that will fail to be written and be told so."""
    try:
        return Path(tempfile.mkdtemp(prefix="bluegreen-report-", dir=inside))
    except OSError:
        return inside / "bluegreen-report"


@contextmanager
def _cancelled_by_signals(clock: SystemClock) -> Iterator[None]:
    """The first signal cancels the run. Later ones find it cancelled already, and its undoing goes on."""
    before = {number: signal.signal(number, lambda _number, _frame: clock.cancel()) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run() -> int:
    """The program: this process's own words, environment and streams, which never fail for a character they cannot spell."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    return main(sys.argv[1:], Surroundings(environ=os.environ, out=sys.stdout, err=sys.stderr))


if __name__ == "__main__":
    sys.exit(run())
