"""Our end of the guardian, the process on the host that holds the app's lock and moves its traffic: see scripts/guardian*.sh."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bluegreen.errors import Cancelled, GuardianLost, HostNotReady, Unreachable
from bluegreen.host import Clock, Guard, Routes, Seen
from bluegreen.host.guardian_errors import lost, meaning, refusal
from bluegreen.host.peek import read_events, read_recipes
from bluegreen.host.script import load_script
from bluegreen.host.site_text import prefix
from bluegreen.host.ssh import Connection, Talk
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container
from bluegreen.model.event import Event
from bluegreen.model.nginx_container import nginx_command
from bluegreen.model.release import Release
from bluegreen.model.traffic import each_attempt

__all__ = ["HostGuardian", "start_guardian"]

_ANSWER = 40.0
_LONGEST_BEAT = 2.0
_BEATS_PER_LEASE = 7.5


@contextmanager
def start_guardian(connection: Connection, guard: Guard, clock: Clock, nginx: str = "") -> Iterator[HostGuardian]:
    """Take the app's lock on the host and keep it until the block is left, however it is left. `nginx` names the container NGINX runs in.

    Raises `Locked` when another deployment holds the lock for longer than `guard.lock_timeout`, `HostNotReady` on an unprepared host.
    """
    script = load_script("bluegreen-guardian", "guardian_traffic.sh", "splits.sh", "ask.sh", "past.sh", "guardian_end.sh", "guardian.sh")
    owner = " ".join(guard.owner.split())
    argv = script.argv(guard.app, prefix(guard.app), f"{guard.lease:g}", f"{guard.lock_timeout:.0f}", nginx)
    talk = connection.talk(argv, script.text + f"{owner}\n".encode())
    stop = threading.Event()
    interval = min(_LONGEST_BEAT, guard.lease / _BEATS_PER_LEASE)
    beating = threading.Thread(target=_beat, args=(talk, stop, interval), name="bluegreen-beat", daemon=True)
    beating.start()
    try:
        _await_lock(talk, guard, clock)
        guardian = HostGuardian(talk, guard, clock, nginx)
        try:
            yield guardian
        finally:
            guardian.leave()
    finally:
        stop.set()
        talk.close()
        beating.join(interval)


class HostGuardian:
    """Implements `bluegreen.host.Guardian`. One verb at a time, on any thread."""

    def __init__(self, talk: Talk, guard: Guard, clock: Clock, nginx: str) -> None:
        self._talk = talk
        self._guard = guard
        self._clock = clock
        self._nginx = nginx
        self._turn = threading.Lock()
        self._number = 0

    def routes(self) -> Routes:
        """Both links, read now."""
        return self.look()[0]

    def look(self) -> tuple[Routes, tuple[Release, ...]]:
        """Both links and the recipes kept on the host; one that cannot be read is no recipe."""
        links, *recipes = self._ask("look").split("\t")
        committed, armed = links.split(" ")
        return Routes(committed=Split.parse(committed), armed=Split.parse(armed)), read_recipes(recipes)

    def arm(self, split: Split) -> None:
        """Make `split` the armed route, and prove it through NGINX."""
        self._ask("arm", split.name, failing="The traffic could not be moved")

    def disarm(self) -> None:
        """Let traffic follow the committed route again. The armed link stays and agrees, unless nothing was ever committed."""
        self._ask("disarm", failing="The traffic was taken back, but not all of it arrives there")

    def commit(self) -> None:
        """Make what is armed the committed route; nothing is watched over any more."""
        self._ask("commit", failing="The route could not be committed")

    def adopt(self, split: Split) -> None:
        """Make `split` the committed route of an app that never had one."""
        self._ask("adopt", split.name, failing="The running app could not be adopted")

    def forsake(self) -> None:
        """The app has no route any more."""
        self._ask("forsake")

    def settle(self, split: Split) -> None:
        """Make `split` both the committed and the armed route, proved."""
        self._ask("settle", split.name, failing="The traffic could not be moved")

    def save(self, release: Release) -> None:
        """Keep the recipe of a release in a 0600 file."""
        self._ask("save", release.id, release.to_json(), failing="The release's recipe could not be kept")

    def mark(self, release: Release) -> None:
        """Replace the recipe of a release that was committed."""
        self._note("save", release.id, release.to_json())

    def forget(self, release_id: str) -> None:
        """Remove a recipe."""
        self._note("forget", release_id)

    def sweep(self, stay: Iterable[str]) -> tuple[str, ...]:
        """Remove every file among the recipes that is none of these releases', and links left half-made; their paths."""
        return tuple(self._ask("sweep", *stay).split())

    def watch_over(self, container: Container, *, drain: float, stop: float) -> None:
        """If the deployment ends before a commit or `release_watch`, drain and stop this container after taking its traffic away."""
        self._note("watch", container.id, str(container.port), f"{drain:.0f}", f"{stop:.0f}")

    def release_watch(self) -> None:
        """Nothing is watched over any more."""
        self._note("unwatch")

    def connections(self, containers: Iterable[Container]) -> int:
        """How many connections are established on the containers' ports now."""
        places = [f"{container.pid}:{container.port}" for container in containers if container.pid]
        return int(self._ask("connections", *places)) if places else 0

    def open_preview(self, color: Color) -> str:
        """The Host header under which that color answers on the preview server until the guardian ends."""
        token = secrets.token_hex(16)
        self._note("preview", color.value, token)
        return f"candidate-{token}.{self._guard.app}.bluegreen.localhost"

    def seen(self, token: str) -> Seen | None:
        """What the access log says about the request that carried `token`; None when it is not there."""
        line = self._ask("seen", token)
        if not line:
            return None
        entry = json.loads(line)
        return Seen(upstreams=tuple(filter(None, each_attempt(entry["upstream"]))), group=entry["group"])

    def record(self, event: str, **details: str) -> None:
        """Append to the app's journal."""
        entry = {"at": self._clock.utc(), "event": event, "by": self._guard.owner, **details}
        self._note("record", json.dumps(entry))

    def history(self) -> tuple[Event, ...]:
        """What became of the app's releases, the oldest first."""
        return read_events(self._ask("history").split("\t"))

    def leave(self) -> None:
        """Say goodbye, and wait until the lock is free or the guardian stays behind alone to drain. A lost one needs no goodbye."""
        with contextlib.suppress(Unreachable, Cancelled):
            self._ask("bye")

    def _ask(self, verb: str, *words: str, failing: str = "") -> str:
        """What follows `ok` in the answer. Raises `HostNotReady` for a `no`, and `GuardianLost` when there is no answer."""
        with self._turn:
            self._send(verb, *words)
            try:
                answer = self._answer()
            except GuardianLost:
                raise
            except Unreachable as error:
                raise lost(error.means) from error
        kind, _, rest = answer.partition(" ")
        if kind == "ok":
            return rest
        raise HostNotReady(
            f"{failing or f'The guardian could not do `{verb}`'}: {rest}.",
            means=meaning(rest, self._nginx),
            todo=f"Run `{nginx_command(self._nginx)} -t`, `namei -l /var/lib/bluegreen/splits /run/bluegreen` and `df -h /var/lib`"
            " on the host, then deploy again.",
        )

    def _note(self, verb: str, *words: str) -> None:
        """Say something whose answer decides nothing: what is said after it is heard after it, and a round trip is saved."""
        with self._turn:
            self._send(verb, *words)

    def _send(self, verb: str, *words: str) -> None:
        self._number += 1
        try:
            self._talk.send(" ".join((str(self._number), verb, *words)))
        except Unreachable as error:
            raise lost(error.means) from error

    def _answer(self) -> str:
        """The answer to the last line sent; those to lines that somebody stopped waiting for are passed over."""
        while True:
            try:
                line = self._talk.read(_ANSWER)
            except TimeoutError as error:
                self._talk.close()
                raise lost(f"It did not answer within {_ANSWER:g} s, so it was left to take the traffic back.") from error
            if line is None:
                raise lost(self._talk.complaint())
            number, _, answer = line.partition(" ")
            if number == str(self._number):
                return answer


def _beat(talk: Talk, stop: threading.Event, interval: float) -> None:
    """Tell the guardian that we live; when the words do not arrive any more it acts by itself."""
    while not stop.wait(interval):
        try:
            talk.send("beat")
        except Unreachable:
            return


def _await_lock(talk: Talk, guard: Guard, clock: Clock) -> None:
    """Until the guardian holds the lock and is ready for verbs."""
    deadline = clock.now() + guard.lock_timeout + _ANSWER
    while True:
        clock.check()
        try:
            line = talk.read(max(0.0, min(1.0, deadline - clock.now())))
        except TimeoutError as error:
            if clock.now() < deadline:
                continue
            raise lost("It did not say within its time whether it has the lock.") from error
        kind, _, rest = (line or "").partition(" ")
        if kind == "ready":
            return
        if kind == "waiting":
            guard.on_wait(rest)
            continue
        raise refusal(kind, rest, guard, talk.complaint())
