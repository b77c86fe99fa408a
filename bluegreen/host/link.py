"""paramiko's Transport with what a deployment needs besides: fewer round trips, reasons for refusals, waits that can be left."""

from __future__ import annotations

import logging
import socket
import threading
from typing import cast

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import cMSG_CHANNEL_CLOSE, cMSG_CHANNEL_REQUEST
from paramiko.message import Message

from bluegreen.host.dial import Line
from bluegreen.host.hostkeys import ALGORITHMS, HostKey

__all__ = ["GONE", "Channel", "Link", "RefusedError"]

Channel = paramiko.Channel

#: What paramiko raises when a channel or the connection under it has ended.
GONE = (OSError, EOFError, paramiko.SSHException)

# paramiko logs tracebacks of what we explain ourselves; without a handler Python would print them.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_CLIENT = "SSH-2.0-bluegreen-action"


class RefusedError(Exception):
    """The host refused to open a channel. `code` is RFC 4254's (1 is: prohibited), the text is in the host's words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class _EagerAuth(AuthHandler):
    """Sends the login right behind the request for the login service: one flight instead of two (RFC 4252 allows no surprise between)."""

    allowed: tuple[str, ...] = ()
    partial = False

    def _request_auth(self) -> None:
        super()._request_auth()  # type: ignore[misc]
        accepted = Message()
        accepted.add_string("ssh-userauth")
        super()._parse_service_accept(Message(accepted.asbytes()))  # type: ignore[misc]

    def _parse_service_accept(self, m: Message) -> None:
        """The request behind it is on its way already."""

    def _parse_userauth_failure(self, m: Message) -> None:
        copy = Message(m.asbytes())
        self.allowed = tuple(copy.get_list())
        self.partial = copy.get_boolean()
        super()._parse_userauth_failure(m)  # type: ignore[misc]


class _Sender:
    """The transport as one channel sees it: nothing follows the channel's CLOSE.

    paramiko decides under a channel's lock what to send and sends it without, so that another thread's CLOSE can overtake it. sshd ends the
    whole connection over an EOF for a channel that it has forgotten; when it has given the number to a new one, that one loses its input.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._turn = threading.Lock()
        self._ended = False

    def _send_user_message(self, message: Message) -> None:
        with self._turn:
            if not self._ended:
                self._ended = message.asbytes()[:1] == cMSG_CHANNEL_CLOSE
                self._link._send_user_message(message)  # type: ignore[attr-defined]  # noqa: SLF001 - we stand in for it

    def __getattr__(self, name: str) -> object:
        return getattr(self._link, name)


class Link(paramiko.Transport):
    """One SSH connection. Until its host key was judged, nothing but the handshake may be sent."""

    def __init__(self, line: Line, types: tuple[str, ...], patience: float) -> None:
        super().__init__(cast("socket.socket", line))
        self.line = line
        self._refusals: dict[int, RefusedError] = {}
        self._mine = threading.local()
        self.local_version = _CLIENT
        self.banner_timeout = self.handshake_timeout = self.auth_timeout = self.clear_to_send_timeout = patience
        self.get_security_options().key_types = [algorithm for kind in types for algorithm in ALGORITHMS[kind]]
        self._auth: _EagerAuth | None = None

    def host_key_offered(self) -> HostKey:
        """The key with which the host signed the handshake."""
        key = self.get_remote_server_key()
        return HostKey(type=key.get_name(), blob=key.asbytes())

    def begin_login(self, username: str, key: paramiko.PKey) -> threading.Event:
        """Start to log in; the event is set when the host has answered. Raises SSHException when the two have no algorithm in common."""
        answered = threading.Event()
        self._auth = _EagerAuth(self)
        self.auth_handler = self._auth
        self._auth.auth_publickey(username, key, answered)
        return answered

    @property
    def allowed(self) -> tuple[str, ...]:
        """The ways to log in that the host named when it refused ours."""
        return self._auth.allowed if self._auth else ()

    @property
    def half_way(self) -> bool:
        """Whether the host took the key and wants something else besides."""
        return self._auth is not None and self._auth.partial

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        """Start a command without waiting for the host to say that it will: what follows on the channel may be sent at once.

        A refusal closes the channel.
        """
        message = Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(True)  # noqa: FBT003 - paramiko's signature
        message.add_string(command)
        cast("_Sender", channel.transport)._send_user_message(message)  # noqa: SLF001 - a channel has no other way for this

    def open(self, destination: tuple[str, int] | None, seconds: float) -> paramiko.Channel:
        """A new session, or a channel to `destination` as seen from the host. Blocks.

        Raises RefusedError, TimeoutError, or SSHException, OSError or EOFError when the connection is gone.
        """
        self._mine.number = -1
        try:
            if destination is None:
                return self.open_session(timeout=seconds)
            return self.open_channel("direct-tcpip", destination, ("127.0.0.1", 0), timeout=seconds)
        except (paramiko.SSHException, EOFError) as error:
            refusal = self._refusals.pop(self._mine.number, None)
            if refusal is not None:
                raise refusal from error
            if self.is_active():
                raise TimeoutError from error
            raise

    def _next_channel(self) -> int:
        """Remember for each thread which channel it opens: paramiko keeps one exception for all of them."""
        number: int = super()._next_channel()  # type: ignore[misc]
        self._mine.number = number
        return number

    def _parse_disconnect(self, m: Message) -> None:
        """Keep the host's reason for ending the connection: paramiko only logs it."""
        copy = Message(m.asbytes())
        copy.get_int()
        self.line.lost = f"the host ended it ({copy.get_text()})"
        super()._parse_disconnect(m)  # type: ignore[misc]

    def _parse_channel_open_success(self, m: Message) -> None:
        """Before anything can be sent on the new channel: give it a sender of its own."""
        channel = self._channels.get(Message(m.asbytes()).get_int())  # type: ignore[attr-defined]
        if channel is not None:
            channel.transport = _Sender(self)
        super()._parse_channel_open_success(m)  # type: ignore[misc]

    def _parse_channel_open_failure(self, m: Message) -> None:
        """Keep the host's own words, such as "Connection refused": paramiko only logs them."""
        copy = Message(m.asbytes())
        number = copy.get_int()
        self._refusals[number] = RefusedError(copy.get_int(), copy.get_text())
        super()._parse_channel_open_failure(m)  # type: ignore[misc]

    def close(self) -> None:
        """Close everything at once. The handshake's timer is stopped too: it would keep the interpreter from ending."""
        super().close()
        self.packetizer.complete_handshake()
