"""The access log as it grows: one process on the host that talks, and nobody who waits for it."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bluegreen.host.link import GONE, Channel, RefusedError
from bluegreen.host.ssh import Connection

__all__ = ["FollowedLog", "follow_access_log"]

# `-F` goes on with the new file after a rotation. Its parent is the connection's own sshd process, so `--pid` ends it with the connection
# even while nobody logs anything: a pipe that nobody reads is noticed only by writing to it.
# Where it trusts no inotify, on overlayfs for one, it looks only every second unless it is told otherwise.
_FOLLOW = 'export LC_ALL=C; exec tail --lines=0 --sleep-interval=0.2 -F --pid="$PPID" -- "$1"'
_HARMLESS = re.compile(r"has (been replaced|appeared|become accessible)|following (new|end of)|file truncated")
_CHUNK = 65536


@contextmanager
def follow_access_log(connection: Connection, app: str) -> Iterator[FollowedLog]:
    """Follow the app's log from now on. The process is started beside what else goes on, and costs nobody a round trip."""
    argv = ("bash", "-c", _FOLLOW, "bluegreen-access-log", f"/var/log/bluegreen/{app}.log")
    log = FollowedLog(lambda: connection.follow(argv))
    try:
        yield log
    finally:
        log.close()


class FollowedLog:
    """Implements `bluegreen.host.AccessLog`. `start` opens the channel on a thread of its own."""

    def __init__(self, start: Callable[[], Channel]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._channel: Channel | None = None
        self._closed = False
        self._problem = ""
        self._rest = b""
        self._said = b""
        threading.Thread(target=self._open, name="bluegreen-access-log", daemon=True).start()

    def read(self) -> tuple[str, ...]:
        """The whole lines that came since the last time."""
        with self._lock:
            channel = self._channel
        if channel is None:
            return ()
        ended = bool(channel.eof_received or channel.closed)
        received = [self._rest]
        while channel.recv_ready() and (data := channel.recv(_CHUNK)):
            received.append(data)
        *whole, self._rest = b"".join(received).split(b"\n")
        self._listen_to_complaints(channel, ended=ended)
        return tuple(line.decode(errors="replace") for line in whole)

    def problem(self) -> str:
        """Why no more lines come."""
        return self._problem

    def close(self) -> None:
        """Listen no longer; the process ends with it."""
        with self._lock:
            self._closed = True
            channel, self._channel = self._channel, None
        if channel is not None:
            with contextlib.suppress(*GONE):
                channel.close()

    def _open(self) -> None:
        try:
            channel = self._start()
        except RefusedError as error:
            self._problem = f"the host allows no further session on this connection ({error})"
            return
        except GONE:
            self._problem = "the connection is lost"
            return
        with self._lock:
            if not self._closed:
                self._channel = channel
                return
        with contextlib.suppress(*GONE):
            channel.close()

    def _listen_to_complaints(self, channel: Channel, *, ended: bool) -> None:
        """`tail` goes on after most that it complains of; the last word counts, and that it is there again is no complaint."""
        while channel.recv_stderr_ready() and (data := channel.recv_stderr(_CHUNK)):
            self._said = (self._said + data)[-4096:]
        lines = [line for line in self._said.decode(errors="replace").splitlines() if line.strip()]
        said = lines[-1].removeprefix("tail: ") if lines and not _HARMLESS.search(lines[-1]) else ""
        self._problem = said or ("it is not followed any more" if ended else "")
