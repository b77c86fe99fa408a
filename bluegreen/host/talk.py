"""A process on the host that we converse with, line by line: the guardian."""

from __future__ import annotations

import threading

from bluegreen.errors import Unreachable
from bluegreen.host import Clock
from bluegreen.host.link import GONE, Channel
from bluegreen.host.meter import Meter
from bluegreen.host.patience import SLICE, until

__all__ = ["Talk"]


class Talk:
    """Lines to and from one process. `send` may be called on any thread, `read` on one at a time."""

    def __init__(self, channel: Channel, clock: Clock, meter: Meter, timeout: float) -> None:
        self._channel = channel
        self._channel.settimeout(SLICE)
        self._clock = clock
        self._meter = meter
        self._timeout = timeout
        self._sending = threading.Lock()
        self._asked = True
        self._ended = False
        self._input = b""
        self._complaint = b""

    def send(self, line: str) -> None:
        """Send one line; the newline is added. Raises `Unreachable` when the process or the connection has ended."""
        self.send_bytes(f"{line}\n".encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        until_when = self._clock.now() + self._timeout
        with self._sending:
            self._asked = True
            while data:
                try:
                    sent = self._channel.send(data)
                except TimeoutError:
                    sent = 0
                except GONE as error:
                    raise self._gone() from error
                if self._channel.closed or self._clock.now() > until_when:
                    raise self._gone()
                data = data[sent:]

    def read(self, timeout: float) -> str | None:
        """The next line without its newline; None at the end of output. Raises TimeoutError when none came in time, and `Cancelled`."""
        if not until(self._clock, self._clock.now() + timeout, self._fill):
            raise TimeoutError
        if self._asked:
            self._meter.add()
            self._asked = False
        line, newline, rest = self._input.partition(b"\n")
        self._input = rest
        return line.decode(errors="replace") if line or newline else None

    def _fill(self, seconds: float) -> bool:
        """Whether a line, or the end, is there."""
        if b"\n" in self._input or self._ended:
            return True
        self._channel.settimeout(max(seconds, 0.001))
        try:
            data = self._channel.recv(65536)
        except TimeoutError:
            return False
        finally:
            self._channel.settimeout(SLICE)
            self._listen_to_complaints()
        self._ended = not data
        self._input += data
        return b"\n" in self._input or self._ended

    def _listen_to_complaints(self) -> None:
        while self._channel.recv_stderr_ready() and (data := self._channel.recv_stderr(65536)):
            self._complaint = (self._complaint + data)[-4096:]

    def complaint(self) -> str:
        """The last of what the process wrote to its standard error, for an error message."""
        self._listen_to_complaints()
        return self._complaint.decode(errors="replace").strip()

    def close_input(self) -> None:
        """Tell the process that nothing more will come."""
        try:
            self._channel.shutdown_write()
        except GONE:
            return

    def close(self) -> None:
        """Stop listening to the process; its input ends."""
        try:
            self._channel.close()
        except GONE:
            return

    def status(self) -> int | None:
        """Its exit status; None while it runs, -1 when a signal or the end of the connection left none."""
        if self._ended:  # the status follows the end of output by a moment
            self._channel.status_event.wait(1.0)
        return self._channel.exit_status if self._channel.exit_status_ready() else None

    def _gone(self) -> Unreachable:
        complaint = self.complaint()
        return Unreachable(
            "The process on the host that this deployment talks to has ended, or hears nothing any more.",
            means=f"The last it said: {complaint}" if complaint else "The connection is lost, or somebody ended it.",
        )
