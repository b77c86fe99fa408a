"""One command on the host: its input fed, its output gathered, none of the three able to block the others."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from bluegreen.host.link import GONE, Channel
from bluegreen.host.patience import SLICE

__all__ = ["Completed", "Execution"]

_CHUNK = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a command ended. `status` is -1 when a signal ended it."""

    status: int
    out: str
    err: str


class Execution:
    """A command under way on a channel."""

    def __init__(self, channel: Channel, stdin: bytes) -> None:
        self._channel = channel
        self._stdin = stdin
        self._out: list[bytes] = []
        self._err: list[bytes] = []
        self._ended = False
        channel.settimeout(SLICE)
        if stdin:
            # sshd opens the channel's window only after it has started the command, so sending waits, and must not keep us from reading.
            threading.Thread(target=self._feed, name="bluegreen-stdin", daemon=True).start()
        else:
            channel.shutdown_write()

    def _feed(self) -> None:
        rest = memoryview(self._stdin)
        try:
            while rest and not self._channel.closed:
                try:
                    rest = rest[self._channel.send(rest[:_CHUNK].tobytes()) :]
                except TimeoutError:
                    continue
            self._channel.shutdown_write()
        except GONE:
            return  # the command has ended without reading all of its input, or the connection has: the reader notices

    def finished(self, seconds: float) -> bool:
        """Whether the command has ended and all its output is here; waits for a change that long at most."""
        if not self._ended:
            self._gather(seconds)
            return False
        if not self._channel.status_event.wait(seconds):
            return False
        self._gather_errors()
        return True

    def _gather(self, seconds: float) -> None:
        self._channel.settimeout(max(seconds, 0.001))
        try:
            data = self._channel.recv(_CHUNK)
        except TimeoutError:
            data = None
        self._gather_errors()
        if data:
            self._out.append(data)
        self._ended = data == b""

    def _gather_errors(self) -> None:
        while self._channel.recv_stderr_ready() and (data := self._channel.recv_stderr(_CHUNK)):
            self._err.append(data)

    def completed(self) -> Completed:
        """How it ended; only after `finished` was true."""
        out, err = (b"".join(parts).decode(errors="replace") for parts in (self._out, self._err))
        return Completed(status=self._channel.exit_status, out=out, err=err)
