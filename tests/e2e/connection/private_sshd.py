"""An sshd of the test's own on a loopback port, for what a box cannot vary quickly: host keys, logins, limits, its death."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bluegreen.host.hostkeys import HostKey, Pins
from bluegreen.model.ask import ConnectionAsk
from tests.box import Box
from tests.mortal import MORTAL

__all__ = ["KEY_TYPES", "PrivateSshd", "ask_box", "free_port", "make_keys", "serve"]

KEY_TYPES = ("ed25519", "ecdsa", "rsa")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateSshd:
    """A running sshd that lets the current user in with `user_ed25519` or `user_rsa`."""

    port: int
    keys: Path
    folder: Path
    process: subprocess.Popen[bytes]

    def ask(self, **changes: object) -> ConnectionAsk:
        """How to reach it, correct unless changed."""
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": getpass.getuser(),
            "key": self.key("user_ed25519"),
            "fingerprints": (self.host_key("ed25519").fingerprint,),
            "timeout": 10.0,
        }
        return ConnectionAsk(**(values | changes))  # type: ignore[arg-type]

    def key(self, name: str) -> str:
        """The text of a private key."""
        return (self.keys / name).read_text()

    def host_key(self, kind: str) -> HostKey:
        """The public host key of that kind, as read from its file."""
        line = (self.keys / f"host_{kind}.pub").read_text()
        return Pins.read((), f"any {line}", "any", 22).known[0]

    def log(self) -> str:
        """What it logged so far."""
        return (self.folder / "log").read_text()

    def children(self) -> list[int]:
        """The processes that serve its connections."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in found.stdout.split()]


def make_keys(folder: Path) -> Path:
    """Host keys of every kind, the user's keys, and an authorized_keys that names the latter."""
    for kind in KEY_TYPES:
        for owner in ("host", "user", "stranger"):
            words = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", owner, "-f", str(folder / f"{owner}_{kind}")]
            subprocess.run([*words, "-b", "2048"] if kind == "rsa" else words, check=True, stdin=subprocess.DEVNULL)
    publics = [(folder / f"user_{kind}.pub").read_text() for kind in KEY_TYPES]
    (folder / "authorized_keys").write_text("".join(publics))
    return folder


def ask_box(box: Box, **changes: object) -> ConnectionAsk:
    """How to reach a box as its deploy user, correct unless changed."""
    values: dict[str, object] = {
        "host": box.address,
        "port": 22,
        "username": "ubuntu",
        "key": box.key_file.read_text(),
        "fingerprints": (box.fingerprint,),
        "timeout": 10.0,
    }
    return ConnectionAsk(**(values | changes))  # type: ignore[arg-type]


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    keys: Path, folder: Path, *, host_keys: tuple[str, ...] = KEY_TYPES, options: Mapping[str, str] | None = None
) -> Iterator[PrivateSshd]:
    """Run one with these host keys and options of sshd_config."""
    port = free_port()
    home = folder / "home"
    home.mkdir(exist_ok=True)
    settings = {
        "Port": str(port),
        "ListenAddress": "127.0.0.1",
        "AuthorizedKeysFile": str(keys / "authorized_keys"),
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "LogLevel": "VERBOSE",
        # The developer's own ~/.bashrc would be read by every command.
        "SetEnv": f"HOME={home}",
    }
    settings |= options or {}
    lines = [f"HostKey {keys}/host_{kind}" for kind in host_keys] + [f"{name} {value}" for name, value in settings.items()]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [*MORTAL, "/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        server = PrivateSshd(port=port, keys=keys, folder=folder, process=process)
        try:
            _wait_until_it_listens(server)
            yield server
        finally:
            for pid in server.children():
                with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGTERM)
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """OpenSSH 9.2 looks at its signal flags before it waits, so one that comes in between is not seen until something connects."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait_until_it_listens(server: PrivateSshd) -> None:
    deadline = time.monotonic() + 10
    while "Server listening" not in server.log():
        assert server.process.poll() is None, server.log()
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.01)
