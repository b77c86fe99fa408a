"""Real local sockets whose other end is on the host: for HTTP to a container, for the Docker SDK and the docker client."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from bluegreen.errors import Unreachable
from bluegreen.host.link import GONE, Channel
from bluegreen.host.meter import Meter

__all__ = ["DockerSocket", "Pump"]

_CHUNK = 65536
_GONE = (*GONE, Unreachable)

#: sshd allows 10 sessions on a connection; one is the guardian's, one a command's, and two are shells that wait for a command.
_SLOTS = 6
#: Docker closes a connection on which nothing was asked for 5 minutes.
_SPARE_SECONDS = 100.0


class Pump:
    """Carries bytes between a socket and a channel, both ways, half-closes included, on two threads, until both ways have ended.

    With `process`, a process on the host is at the other end. One that ends without a word is explained by its exit status, which comes
    after the end of its output, so the socket's end is told only then.
    """

    def __init__(self, sock: socket.socket, channel: Channel, meter: Meter, at_end: Callable[[], None], *, process: bool = False) -> None:
        self._socket = sock
        self._channel = channel
        self._meter = meter
        self._at_end = at_end
        self._answered = True
        self._process = process
        self._up = threading.Thread(target=self._carry_up, name="bluegreen-up", daemon=True)
        self._down = threading.Thread(target=self._carry_down, name="bluegreen-down", daemon=True)
        self._up.start()
        self._down.start()

    def _carry_up(self) -> None:
        try:
            while data := self._socket.recv(_CHUNK):
                if self._answered:
                    self._answered = False
                    self._meter.add()
                self._channel.sendall(data)
            self._channel.shutdown_write()
            # The other end of the socket may still want to read; only when it is gone altogether is the channel of no more use.
            poll = select.poll()
            poll.register(self._socket, 0)
            poll.poll()
        except _GONE:
            pass
        with contextlib.suppress(*_GONE):
            self._channel.close()

    def _carry_down(self) -> None:
        heard = False
        try:
            while data := self._channel.recv(_CHUNK):
                heard = self._answered = True
                self._socket.sendall(data)
            if not self._process or (heard and self._answered):
                self._socket.shutdown(socket.SHUT_WR)
            # A channel may end its output and still take input; its exit status, or its closing, is the end of both.
            self._channel.recv_exit_status()
        except _GONE:
            with contextlib.suppress(*_GONE):
                self._channel.close()
        self._at_end()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._up.join()
        self._socket.close()


class DockerSocket:
    """A private unix socket; each connection to it becomes one `docker system dial-stdio` on the host.

    One such process is started ahead of need, so that a new connection costs no round trips.
    """

    def __init__(self, dial: Callable[[], Channel], meter: Meter, now: Callable[[], float]) -> None:
        self.problem = ""
        self._dial = dial
        self._meter = meter
        self._now = now
        self._slots = threading.BoundedSemaphore(_SLOTS)
        self._lock = threading.Lock()
        self._spare: tuple[Channel, float] | None = None
        self._closed = False
        self._directory = Path(tempfile.mkdtemp(prefix="bluegreen-"))
        self.path = self._directory / "docker.sock"
        if len(str(self.path)) > 100:  # sockaddr_un holds 108 bytes on Linux, 104 on macOS
            shutil.rmtree(self._directory)
            self._directory = Path(tempfile.mkdtemp(prefix="bluegreen-", dir="/tmp"))
            self.path = self._directory / "docker.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="bluegreen-docker", daemon=True).start()
        self._in_background(self._prepare_spare)

    def _in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="bluegreen-docker", daemon=True).start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._in_background(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        try:
            channel = self._take_spare()
            if channel is None:
                self._slots.acquire()
                try:
                    channel = self._dial()
                except BaseException:
                    self._slots.release()
                    raise
                self._meter.add(2)
        except _GONE as error:
            self.problem = self.problem or str(error)
            connection.close()
            return
        Pump(connection, channel, self._meter, lambda: self._ended(channel), process=True)
        self._prepare_spare()

    def _ended(self, channel: Channel) -> None:
        """Keep what a failed dial-stdio wrote: it is the reason why Docker cannot be used."""
        self._slots.release()
        if channel.exit_status not in {0, -1}:
            said = b""
            while channel.recv_stderr_ready() and (data := channel.recv_stderr(_CHUNK)):
                said = (said + data)[-4096:]
            self.problem = said.decode(errors="replace").strip() or f"docker system dial-stdio ended with status {channel.exit_status}"

    def _take_spare(self) -> Channel | None:
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is None:
            return None
        channel, since = spare
        if channel.closed or channel.eof_received or self._now() - since > _SPARE_SECONDS:
            channel.close()
            self._ended(channel)
            return None
        return channel

    def _prepare_spare(self) -> None:
        """Start the next dial-stdio ahead of need, if there is room for it."""
        if self._closed or self.problem or self._spare is not None or not self._slots.acquire(blocking=False):
            return
        try:
            channel = self._dial()
        except _GONE:
            self._slots.release()
            return
        self._keep_spare(channel)

    def _keep_spare(self, channel: Channel) -> None:
        with self._lock:
            surplus, self._spare = self._spare, (channel, self._now())
        if surplus is not None:
            with contextlib.suppress(*_GONE):
                surplus[0].close()
            self._slots.release()

    def close(self) -> None:
        """Take no more connections and remove the socket; the connections under way end with the SSH connection."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self._directory, ignore_errors=True)
