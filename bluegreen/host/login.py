"""From a connection request to a verified and authenticated SSH connection, or an explanation of what is in the way."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import paramiko

from bluegreen.errors import BadInput, Unreachable
from bluegreen.host import Clock
from bluegreen.host.dial import Line, dial
from bluegreen.host.hostkeys import ALGORITHMS, HostKey, Pins, Trust, known_hosts_problems
from bluegreen.host.keys import load_key
from bluegreen.host.link import Link
from bluegreen.host.meter import Meter
from bluegreen.host.patience import until
from bluegreen.model.ask import ConnectionAsk

__all__ = ["log_in"]


def log_in(ask: ConnectionAsk, clock: Clock, meter: Meter) -> Link:
    """Connect, verify the host, then log in; all within `ask.timeout`. Raises `Unreachable`, or `BadInput` for an unusable key."""
    key = load_key(ask.key, ask.passphrase)
    attempt = _Attempt(ask, clock, meter)
    link = attempt.verified()
    try:
        attempt.authenticate(link, key)
    except BaseException:
        link.close()
        raise
    return link


class _Attempt:
    """One login, with the deadline that all its steps share."""

    def __init__(self, ask: ConnectionAsk, clock: Clock, meter: Meter) -> None:
        self._ask = ask
        self._where = f"{ask.host} port {ask.port}"
        self._clock = clock
        self._meter = meter
        self._deadline = clock.now() + ask.timeout
        try:
            self._pins = Pins.read(ask.fingerprints, ask.known_hosts, ask.host, ask.port)
        except ValueError as error:
            raise BadInput([f"`fingerprint`: {error}"]) from None

    def verified(self) -> Link:
        """A connection whose host key is one of the pinned ones."""
        offered: list[HostKey] = []
        for link in self._handshakes():
            key = link.host_key_offered()
            trust = self._pins.judge(key)
            if trust is Trust.TRUSTED:
                return link
            link.close()
            offered.append(key)
            if trust is Trust.REVOKED:
                raise self._revoked(key)
        raise self._untrusted(offered)

    def _handshakes(self) -> Iterator[Link]:
        """A connection for each type of key the host has, the types that the pins name first: a fingerprint does not tell its own."""
        seen: set[str] = set()
        for group in (self._pins.types, tuple(ALGORITHMS)):
            while types := tuple(kind for kind in group if kind not in seen):
                try:
                    link = self._handshake(types)
                except Unreachable:
                    if seen:
                        return
                    raise
                if link is None:
                    break
                seen.add(link.host_key_offered().type)
                yield link

    def _handshake(self, types: tuple[str, ...]) -> Link | None:
        """A connection up to the host's key; None when the host has no key of these types."""
        line = Line(dial(self._ask.host, self._ask.port, self._clock, self._deadline), self._clock.now, self._ask.timeout)
        left = max(0.1, self._deadline - self._clock.now())
        link = Link(line, types, left)
        done = threading.Event()
        try:
            link.start_client(event=done)
            until(self._clock, self._deadline, done.wait)
        except BaseException:
            link.close()
            raise
        if link.is_active() and done.is_set():
            self._meter.add(3)
            link.clear_to_send_timeout = self._ask.timeout
            return link
        problem = link.get_exception()
        lost = line.lost
        link.close()
        if isinstance(problem, paramiko.ssh_exception.IncompatiblePeer):
            if "host key" in str(problem):
                return None
            raise self._no_common_ground(problem)
        raise self._no_ssh(line.first, lost)

    def authenticate(self, link: Link, key: paramiko.PKey) -> None:
        """Log in with the key. Raises `Unreachable` saying what the host wants instead."""
        try:
            answered = link.begin_login(self._ask.username, key)
        except paramiko.SSHException:
            raise self._refused(link, key) from None
        in_time = until(self._clock, self._deadline, answered.wait)
        if link.is_authenticated():
            self._meter.add()
            return
        if link.allowed or link.half_way:
            raise self._refused(link, key)
        why = f"closed the connection while {self._ask.username} was logging in" if in_time else "did not answer the login in time"
        raise Unreachable(
            f"{self._where} {why}.",
            means="sshd refuses this machine or this user before looking at the key (AllowUsers, DenyUsers, MaxStartups, fail2ban), "
            "or the host is too busy.",
            todo="Look at sshd's log on the host: journalctl -u ssh",
        )

    def _no_ssh(self, first: bytes, lost: str) -> Unreachable:
        if first and not first.startswith(b"SSH-"):
            line = re.sub(r"[^ -~]", "?", first.split(b"\n")[0][:60].decode("ascii", "replace")).rstrip("?")
            return Unreachable(
                f"{self._where} is not an SSH server: it answered {line!r}.",
                means="Another service listens on that port.",
                todo="Check `port`: sshd listens on 22 unless it was told otherwise.",
            )
        if not first and lost:
            return Unreachable(
                f"{self._where} accepts connections and closes them without a word.",
                means="sshd refuses this machine (MaxStartups, hosts.deny, fail2ban), or a load balancer stands before a dead host.",
                todo="Try again in a minute; look at sshd's log on the host: journalctl -u ssh",
            )
        if not first:
            return Unreachable(
                f"{self._where} accepts connections but said nothing within {self._ask.timeout:g} s.",
                means="Something listens there that is not SSH or hangs: the host may be out of memory, or a proxy answers in its place.",
                todo="Check `port`; if it is right, look at the host's console, and reboot it if it hangs.",
            )
        return Unreachable(
            f"The SSH handshake with {self._where} did not succeed: {lost or f'it did not end within {self._ask.timeout:g} s'}.",
            means="The connection is bad, the host is overloaded, or a firewall on the way interferes.",
            todo="Try again; raise `timeout` if the host is slow.",
        )

    def _no_common_ground(self, problem: Exception) -> Unreachable:
        return Unreachable(
            f"{self._where} speaks SSH, but no algorithm that is safe today ({problem}).",
            means="Its sshd is very old, or its configuration allows only unusual algorithms.",
            todo="Update OpenSSH on the host, or widen KexAlgorithms, Ciphers and MACs in /etc/ssh/sshd_config.",
        )

    def _revoked(self, key: HostKey) -> Unreachable:
        return Unreachable(
            f"The host key of {self._where} is marked @revoked in `known-hosts`: {key.fingerprint} ({key.label}).",
            means="Somebody declared this key stolen or out of use, and the host, or somebody in its place, still presents it.",
            state="No secret was sent, and nothing was changed.",
            todo="Find out why before you go on; give the host a new key, or take the @revoked line away.",
        )

    def _untrusted(self, offered: list[HostKey]) -> Unreachable:
        what = f"The host key of {self._where} is not the one that was pinned."
        means = "The host was rebuilt or got new keys, or the pin belongs to another host, or somebody stands between you and the host."
        if not self._pins.fingerprints and not self._pins.known:
            what = f"The host key of {self._where} is unknown: no line of `known-hosts` is about this host."
            means = "Its lines are about other hosts, or name this one otherwise than `host` does; another port is written [host]:port."
            means = "; ".join([means, *known_hosts_problems(self._ask.known_hosts)])
            if self._pins.authority:
                what = f"`known-hosts` names only a certificate authority (@cert-authority) for {self._where}, which is not supported."
                means = "Host certificates cannot be checked here; the host's own key must be pinned."
        todo = [
            "The host offers the keys below. Compare them with what it prints itself, on its console or over another way you trust:",
            "    for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -l -f $key; done",
            "Only if they agree, set one of these as `fingerprint`:",
            *(f"    {key.fingerprint}   # {key.label}" for key in offered),
        ]
        if self._ask.known_hosts:
            todo += ["or add one of these lines to `known-hosts`:", *(f"    {key.line(self._ask.host, self._ask.port)}" for key in offered)]
        state = "No secret was sent, and nothing was changed."
        return Unreachable(what, means=means, state=state, todo="\n".join(todo) if offered else "")

    def _refused(self, link: Link, key: paramiko.PKey) -> Unreachable:
        user = self._ask.username
        mine = HostKey(type=key.get_name(), blob=key.asbytes())
        allowed = ", ".join(link.allowed) or "nothing we can do"
        what = f"{self._where} does not let {user} log in with this key, {mine.fingerprint} ({mine.label})."
        if link.half_way:
            means = f"The key is right, but the host wants a second proof of another kind: {allowed}."
            todo = f"Exempt {user} from it with `AuthenticationMethods publickey` in a Match block of /etc/ssh/sshd_config."
        elif "publickey" not in link.allowed:
            means = f"The host takes no keys of {user}; it allows only: {allowed}."
            todo = "Set `PubkeyAuthentication yes` in /etc/ssh/sshd_config, and check `username`."
        else:
            means = (
                f"The host allows: {allowed}. Either `username` is wrong (Ubuntu's images have ubuntu, Amazon's ec2-user, Debian's admin), "
                f"or the key's public half is not in ~{user}/.ssh/authorized_keys, or others may write to that file, and sshd ignores it."
            )
            todo = f"Add this line to ~{user}/.ssh/authorized_keys on the host:\n    {mine.type} {key.get_base64()}"
        return Unreachable(what, means=means, state="Nothing was changed.", todo=todo)
