"""Logs: what the containers of one color log, or a worker of it, read without the lock and without changing anything."""

from __future__ import annotations

from collections import deque

from bluegreen.errors import Cancelled, HostNotReady
from bluegreen.host import Clock, Host
from bluegreen.model.ask import Ask, LogsAsk, Whose
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Role
from bluegreen.model.logs_report import Logged, LogsReport
from bluegreen.model.observed import Observed
from bluegreen.model.progress import Progress
from bluegreen.stages.secrets import hide_secrets

__all__ = ["logs"]

_POLL = 0.5
_LOOK_EVERY = 10
_REMEMBERED = 10_000


def logs(ask: Ask, host: Host, tell: Progress, clock: Clock) -> LogsReport:
    """Show the last lines, and with `follow` what comes, until the run is interrupted: that is how following ends, and no failure.

    Who is live may change meanwhile: then its successor is followed.
    """
    shown: deque[Logged] = deque(maxlen=_REMEMBERED)
    reader = _Reader(ask, host, tell, shown)
    reader.choose()
    reader.read(tail=ask.show.lines)
    if ask.show.follow:
        try:
            with host.waiting():
                _follow(reader, clock)
        except Cancelled:
            tell.say("no longer following")
    return LogsReport(app=ask.app.app, lines=tuple(shown))


def _follow(reader: _Reader, clock: Clock) -> None:
    rounds = 0
    while True:
        clock.wait(_POLL)
        rounds += 1
        if rounds % _LOOK_EVERY == 0:
            reader.choose()
        reader.read()


class _Reader:
    """Reads the log of whoever it has chosen, and remembers how far."""

    def __init__(self, ask: Ask, host: Host, tell: Progress, shown: deque[Logged]) -> None:
        self._ask = ask
        self._host = host
        self._tell = tell
        self._shown = shown
        self._chosen: tuple[Container, ...] = ()
        self._read_to: dict[str, str] = {}

    def choose(self) -> None:
        """Look who it is now. Raises `HostNotReady` when there is nobody, unless there was somebody before."""
        peek = self._host.peek(self._ask.app.app)
        seen = peek.with_containers(self._host.containers.list(self._ask.app.app))
        for release in peek.releases:
            hide_secrets(release.settings.env, self._tell)
        found = _whose(seen, self._ask.show)
        if not found and not self._chosen:
            raise _no_process(self._ask, seen) if self._ask.show.process else _nobody(self._ask)
        if found and {c.id for c in found} != {c.id for c in self._chosen}:
            self._tell.say(f"the log of {' and '.join(c.name for c in found)}")
            self._chosen = found

    def read(self, *, tail: int = 0) -> None:
        """Show what was logged since the last time, or so many last lines."""
        lines = []
        for container in self._chosen:
            fresh = self._host.containers.logs(container, after=self._read_to.get(container.id, ""), tail=tail)
            if fresh:
                self._read_to[container.id] = fresh[-1].at
            lines += [Logged(at=line.at, container=container.name, text=line.text) for line in fresh]
        for line in sorted(lines, key=lambda line: line.at)[-tail:]:
            self._shown.append(line)
            self._tell.logged(line.text if len(self._chosen) == 1 else f"{line.container} | {line.text}")


def _whose(seen: Observed, show: LogsAsk) -> tuple[Container, ...]:
    """The containers of that color that run, else the one of it that was created last; of a worker always the last."""
    color = {Whose.BLUE: Color.BLUE, Whose.GREEN: Color.GREEN, Whose.LIVE: seen.live_color}.get(show.whose)
    if show.whose is Whose.CANDIDATE and seen.live_color is not None:
        color = seen.live_color.other
    role = Role.PROCESS if show.process else Role.WEB
    slot = sorted(
        (c for c in seen.containers if (c.role, c.color, c.process) == (role, color, show.process)), key=lambda container: container.created
    )
    # A worker that failed is what its reader wants to hear of, though its predecessor may go on in the same color.
    running = () if show.process else tuple(container for container in slot if container.running)
    return running or tuple(slot[-1:])


def _nobody(ask: Ask) -> HostNotReady:
    return HostNotReady(
        f"There is no {ask.show.whose.value} container of {ask.app.app} on this host.",
        means="The app was never deployed here, or not in that color; a candidate is there only while a deployment runs or is paused.",
        state="Nothing was changed.",
        todo="`command: status` shows what there is.",
    )


def _no_process(ask: Ask, seen: Observed) -> HostNotReady:
    workers = sorted({(c.process, c.color.value) for c in seen.containers if c.role is Role.PROCESS})
    there = " and ".join(f"`{name}` in {color}" for name, color in workers)
    return HostNotReady(
        f"There is no {ask.show.whose.value} process `{ask.show.process}` of {ask.app.app} on this host; "
        + (f"there is {there}." if there else "there is no other process either."),
        means="The name is another one in the input `processes`, or that release has no such process."
        " A worker whose successor failed goes on in the color of its own release.",
        state="Nothing was changed.",
        todo="`command: status` shows which processes there are; `color` chooses the release.",
    )
