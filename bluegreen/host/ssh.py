"""The one connection to the host: commands, conversations, forwarded sockets and Docker's own socket, all over one SSH session."""

from __future__ import annotations

import contextlib
import shlex
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tenacity import Retrying, retry_if_exception_type, sleep_using_event, stop_after_delay, wait_fixed

from bluegreen.errors import Unreachable
from bluegreen.host import Clock
from bluegreen.host.command import Completed, Execution
from bluegreen.host.link import GONE, Channel, Link, RefusedError
from bluegreen.host.login import log_in
from bluegreen.host.meter import Meter
from bluegreen.host.patience import Job, until
from bluegreen.host.shells import SHELL, Shells, command_line
from bluegreen.host.talk import Talk
from bluegreen.host.tunnel import DockerSocket, Pump
from bluegreen.model.ask import ConnectionAsk

__all__ = ["Completed", "Connection", "Talk"]

T = TypeVar("T")

_PULSE = 5.0
_DIAL_DOCKER = ("docker", "system", "dial-stdio")


class Connection:
    """A verified, authenticated SSH connection. A context manager; safe to use from several threads."""

    def __init__(self, link: Link, ask: ConnectionAsk, clock: Clock, meter: Meter) -> None:
        self.meter = meter
        self._link = link
        self._ask = ask
        self._clock = clock
        self._docker: DockerSocket | None = None
        self._closing = threading.Event()
        self._shells = Shells(lambda: self._start(SHELL))
        threading.Thread(target=self._keep_alive, name="bluegreen-pulse", daemon=True).start()

    @classmethod
    def open(cls, ask: ConnectionAsk, clock: Clock, meter: Meter) -> Connection:
        """Connect, verify the host, log in. Raises `Unreachable` with the explanation, `BadInput` for an unusable key, `Cancelled`."""
        return cls(log_in(ask, clock, meter), ask, clock, meter)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Run a command to its end. Raises `Unreachable` when the connection is lost or `timeout` passes, never for a status."""
        deadline = self._clock.now() + timeout
        channel, line = self._session(argv, deadline, timeout)
        try:
            execution = Execution(channel, line + stdin)
            self.meter.add(int(bool(line) or bool(stdin)))
            if not until(self._clock, deadline, execution.finished):
                raise self._too_late(argv, timeout)
            completed = execution.completed()
        except GONE as error:
            raise self._lost() from error
        finally:
            with contextlib.suppress(*GONE):
                channel.close()
        if completed.status == -1 and not self._link.is_active():
            raise self._lost()
        return completed

    def talk(self, argv: Sequence[str], stdin: bytes = b"") -> Talk:
        """Start a process to converse with; `stdin` is sent to it first."""
        timeout = self._ask.timeout
        channel, line = self._session(argv, self._clock.now() + timeout, timeout)
        talk = Talk(channel, self._clock, self.meter, timeout)
        if line or stdin:
            talk.send_bytes(line + stdin)
        return talk

    def follow(self, argv: Sequence[str]) -> Channel:
        """The channel of a process that only talks to us. Blocks until it is started, uncounted; raises `RefusedError` or one of `GONE`."""
        return self._start(command_line(argv))

    def forward(self, address: str, port: int, *, timeout: float, ahead: bool = False) -> socket.socket:
        """A socket connected to `address:port` as seen from the host. One that is opened `ahead` of need is not counted.

        Raises ConnectionRefusedError, TimeoutError, PermissionError (the host forbids forwarding) or another OSError; `Unreachable`
        when the SSH connection itself is lost.
        """
        where = f"{address} port {port}"
        try:
            channel = self._open((address, port), self._clock.now() + timeout)
        except RefusedError as error:
            raise _not_forwarded(error, where) from error
        if channel is None:
            message = f"{where} did not answer within {timeout:g} s"
            raise TimeoutError(message)
        self.meter.add(int(not ahead))
        near, far = socket.socketpair()
        Pump(far, channel, self.meter, lambda: None)
        return near

    def docker_socket(self) -> Path:
        """The path of a private unix socket that reaches the host's Docker engine."""
        if self._docker is None:
            self._docker = DockerSocket(self._dial_docker, self.meter, self._clock.now)
        return self._docker.path

    def docker_problem(self) -> str:
        """What `docker system dial-stdio` wrote when it last failed: no permission, no Docker, engine down. Empty when it did not."""
        return self._docker.problem if self._docker else ""

    def close(self) -> None:
        """End everything that goes over this connection."""
        self._closing.set()
        if self._docker:
            self._docker.close()
        self._link.close()

    def __enter__(self) -> Self:
        """The connection itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def _keep_alive(self) -> None:
        """Ask the host for a sign of life every few seconds; the line under the connection notices when it stays out."""
        while not self._closing.wait(min(_PULSE, self._ask.timeout / 3)) and self._link.is_active():
            self._link.line.ask()
            try:
                self._link.global_request("keepalive@openssh.com", wait=True)
            except GONE:
                return

    def _session(self, argv: Sequence[str], deadline: float, timeout: float) -> tuple[Channel, bytes]:
        """A channel on which the command runs once it was sent the bytes that are returned too: a waiting shell's command, or nothing."""
        self._clock.check()
        shell = self._shells.take()
        if shell is not None:
            return shell, f"{command_line(argv)}\n".encode()
        channel = self._admitted(lambda: self._open(None, deadline), self._clock.wait, deadline)
        if channel is None:
            raise self._too_late(argv, timeout)
        self.meter.add(2)
        try:
            self._link.execute(channel, command_line(argv))
        except GONE as error:
            raise self._lost() from error
        return channel, b""

    def _start(self, command: str) -> Channel:
        """Start a command on a thread that no cancellation reaches; it ends with the connection."""
        channel = self._link.open(None, self._ask.timeout)
        self._link.execute(channel, command)
        return channel

    def _dial_docker(self) -> Channel:
        command = command_line(_DIAL_DOCKER)
        return self._admitted(lambda: self._start(command), sleep_using_event(self._closing), self._clock.now() + self._ask.timeout)

    def _admitted(self, attempt: Callable[[], T], pause: Callable[[float], None], deadline: float) -> T:
        """Ask for a session until there is one: sshd counts an old one until its process has ended, a moment after we closed it."""
        while_refused = Retrying(
            retry=retry_if_exception_type(RefusedError),
            wait=wait_fixed(0.05),
            stop=stop_after_delay(deadline - self._clock.now() - 0.2),
            sleep=pause,
            before_sleep=lambda _: self._shells.give_up(),
            reraise=True,
        )
        try:
            return while_refused(attempt)
        except RefusedError as error:
            raise Unreachable(
                f"{self._ask.host} allows no further session on this connection ({error}).",
                means="sshd's MaxSessions is lower than its default of 10, or its user may open none.",
                todo="Set `MaxSessions 10` in /etc/ssh/sshd_config.",
            ) from error

    def _open(self, destination: tuple[str, int] | None, deadline: float) -> Channel | None:
        """A new channel, None at the deadline. Raises `RefusedError`, `Unreachable`, `Cancelled`."""
        given_up = threading.Event()
        seconds = max(0.1, deadline - self._clock.now())

        def work() -> Channel:
            channel = self._link.open(destination, seconds)
            if given_up.is_set():
                channel.close()
            return channel

        job = Job(work)
        opened = False
        try:
            opened = until(self._clock, deadline, job.wait)
        finally:
            if not opened:
                given_up.set()
        try:
            return job.result() if opened else None
        except TimeoutError:
            return None
        except GONE as error:
            raise self._lost() from error

    def _too_late(self, argv: Sequence[str], timeout: float) -> Unreachable:
        command = shlex.join(argv[:3])[:80]
        return Unreachable(
            f"`{command}` on {self._ask.host} did not end within {timeout:g} s.",
            means="The host is overloaded or hangs, or the connection to it is bad.",
            todo="Look at the host: `uptime`, `dmesg | tail`, free memory and disk.",
        )

    def _lost(self) -> Unreachable:
        return Unreachable(
            f"The connection to {self._ask.host} port {self._ask.port} was lost: {self._link.line.lost or 'it ended'}.",
            means="The host went down or rebooted, its sshd was stopped, or the network between here and there failed.",
            todo="Check that the host runs, then deploy again: what this run left behind is recovered first.",
        )


def _not_forwarded(error: RefusedError, where: str) -> OSError:
    words = str(error)
    if error.code == 1:
        return PermissionError(f"the host's sshd forbids forwarded connections (AllowTcpForwarding): {words}")
    if "refused" in words.lower():
        return ConnectionRefusedError(f"{where} refuses connections")
    if "timed out" in words.lower():
        return TimeoutError(f"{where} does not answer")
    return OSError(f"{where}: {words or 'the host cannot connect to it'}")
