"""One box: an EC2 host in a container, as the tests hold it. Everything here acts from outside, with docker's and ssh's own commands."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from tests.box import host, images
from tests.box.engine import CLONE, LABEL, STATE, BoxError, engine

__all__ = ["Box"]

_LIB = "/usr/local/lib/bluegreen-box"
_BASES = "/var/lib/docker/bluegreen-box-base-images"


class Box:
    """An EC2 host in a container, called `bluegreen-box-CLONE-NAME`; nothing happens to it before `start`."""

    users: ClassVar[tuple[str, ...]] = ("root", "ubuntu", "dockeronly", "plain")

    def __init__(self, name: str = "main") -> None:
        self.name = name
        self.container = f"{LABEL}-{CLONE}-{name}"
        self.volume = f"{self.container}-docker"
        self.state = STATE / name
        self.engine = engine()

    # Life

    def start(self) -> Self:
        """Bring it up, reusing what is there and up to date. Safe to call from several processes."""
        with self._locked():
            image = host.image(self.engine, host.HERE)
            found = self.engine.run("inspect", "-f", "{{.Image}} {{.State.Running}}", self.container).stdout.decode().split()
            if found[:1] != [self.engine("image", "inspect", "-f", "{{.Id}}", image)]:
                host.create(self.engine, self.name, image)
            elif found[1] != "true":
                self.engine("start", self.container)
            self._wait()
            self._authorize()
            for reference in (images.BASE, images.PYTHON, images.NODE):
                self.load_image(reference, base=True)
        return self

    def stop(self) -> None:
        """Power off; its disks stay."""
        self.engine("stop", "-t", "15", self.container)

    def reboot(self, *, hard: bool = False) -> None:
        """Restart it as a reboot does: /run is empty, daemons come back, containers follow their restart policy. `hard` pulls the plug."""
        if hard:
            self.engine("kill", self.container)
            self.engine("start", self.container)
        else:
            self.engine("restart", "-t", "15", self.container)
        self._wait()

    def reset(self) -> None:
        """Make it as new, keeping base images and the build cache."""
        self.sh(f"{_LIB}/reset.sh")
        self._authorize()

    def remove(self) -> None:
        """Remove the container, its disks and its keys."""
        self.engine.run("rm", "-fv", self.container)
        self.engine.run("volume", "rm", "-f", self.volume)
        for file in self.state.glob("*"):
            file.unlink()
        if self.state.exists():
            self.state.rmdir()

    # Where and who it is

    @property
    def address(self) -> str:
        """Its address on the bridge; the same for its whole life."""
        return self.engine("inspect", "-f", f'{{{{(index .NetworkSettings.Networks "{LABEL}").IPAddress}}}}', self.container)

    @property
    def key_file(self) -> Path:
        """A private key that each of `users` accepts."""
        return self.state / "id_ed25519"

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """The host's keys as `SHA256:…`, by type: ed25519, ecdsa, rsa."""
        listed = self.sh("for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done")
        return {line.split()[-1].strip("()").lower(): line.split()[1] for line in listed.splitlines()}

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its Ed25519 key."""
        return self.fingerprints["ed25519"]

    @property
    def known_hosts(self) -> str:
        """The text of a known_hosts file for it."""
        keys = self.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines()
        return "".join(f"{self.address} {' '.join(key.split()[:2])}\n" for key in keys)

    # Acting on it, around the product

    def sh(self, command: str, *, check: bool = True, timeout: float = 120.0) -> str:
        """What a bash command printed, run as root, stripped. Raises BoxError when it fails, unless told not to check."""
        return self._exec(("bash", "-c", command), check=check, timeout=timeout)

    def sh_user(self, command: str, *, user: str = "ubuntu", check: bool = True, timeout: float = 120.0) -> str:
        """The same as another user, with that user's login environment."""
        return self._exec(("runuser", "-l", user, "-c", command), check=check, timeout=timeout)

    def ssh(self, command: str, *, user: str = "ubuntu", timeout: float = 30.0) -> str:
        """What a command printed, run through a real ssh client and the box's sshd."""
        known = self.state / "known_hosts"
        known.write_text(self.known_hosts)
        options = ("-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-i", str(self.key_file))
        done = subprocess.run(("ssh", *options, f"{user}@{self.address}", command), capture_output=True, timeout=timeout, check=False)
        if done.returncode:
            message = f"ssh {command}: {done.stderr.decode(errors='replace').strip()}"
            raise BoxError(message)
        return done.stdout.decode(errors="replace").strip()

    def docker(self, *argv: str, check: bool = True, timeout: float = 120.0) -> str:
        """What `docker ARGV` on the box's own engine printed."""
        return self._exec(("env", "DOCKER_BUILDKIT=1", "docker", *argv), check=check, timeout=timeout)

    def read(self, path: str) -> str:
        """A file's text."""
        return self.sh(f"cat {shlex.quote(path)}")

    def write(self, path: str, text: str, *, mode: str = "0644") -> None:
        """Make a file, owned by root, and the directories above it."""
        quoted = shlex.quote(path)
        script = f'mkdir -p "$(dirname {quoted})" && cat > {quoted} && chmod {mode} {quoted}'
        self.engine("exec", "-i", self.container, "bash", "-c", script, data=text.encode())

    def keep_default_site(self) -> None:
        """Give it back the welcome page that Debian's NGINX serves on port 80 by default."""
        self.sh("ln -sf /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default && nginx -s reload")

    @contextmanager
    def without(self, program: str) -> Iterator[None]:
        """The box as if that program (`/usr/bin/docker`, say) had never been installed."""
        path = self.sh(f"command -v {shlex.quote(program)}")
        self.sh(f"mv {path} {path}.bluegreen-box-hidden")
        try:
            yield
        finally:
            self.sh(f"mv -f {path}.bluegreen-box-hidden {path}")

    @contextmanager
    def blocked(self, port: int, *, how: str = "DROP") -> Iterator[None]:
        """A firewall in front of that port: `DROP` is silent, `REJECT` answers that the port is closed."""
        rule = f"INPUT -p tcp --dport {port} -j {how}{' --reject-with tcp-reset' if how == 'REJECT' else ''}"
        self.sh(f"iptables -I {rule}")
        try:
            yield
        finally:
            self.sh(f"iptables -D {rule}")

    @contextmanager
    def without_forwarding(self) -> Iterator[None]:
        """Its sshd forwards no connections: `AllowTcpForwarding no`, for those who log in from now on."""
        reload = "pkill -HUP -o -x sshd; sleep 0.3"
        self.sh(f"sed -i '1i AllowTcpForwarding no' /etc/ssh/sshd_config; {reload}")
        try:
            yield
        finally:
            self.sh(f"sed -i 1d /etc/ssh/sshd_config; {reload}")

    def load_image(self, reference: str, *, base: bool = False) -> None:
        """Give the box's engine an image that this machine's engine has or can make; one that is `base` survives `reset`."""
        wanted = "" if not base else f"grep -q '^{reference} ' {_BASES} && "
        if self._run(("bash", "-c", f"{wanted}docker image inspect {shlex.quote(reference)} > /dev/null")).returncode == 0:
            return
        images.ensure(self.engine, reference)
        with subprocess.Popen((*self.engine.client, "save", reference), stdout=subprocess.PIPE, env=self.engine.environment) as saved:
            loading = (*self.engine.client, "exec", "-i", self.container, "docker", "load", "-q")
            done = subprocess.run(loading, stdin=saved.stdout, capture_output=True, timeout=300, check=False)
        if done.returncode:
            message = f"cannot load {reference} into the box: {done.stderr.decode(errors='replace')}"
            raise BoxError(message)
        if base:
            self.sh(
                f"docker images --no-trunc --format '{{{{.Repository}}}}:{{{{.Tag}}}} {{{{.ID}}}}' {shlex.quote(reference)} >> {_BASES}"
            )

    # Inside

    def _run(self, argv: tuple[str, ...], *, timeout: float = 120.0) -> subprocess.CompletedProcess[bytes]:
        return self.engine.run("exec", self.container, *argv, timeout=timeout)

    def _exec(self, argv: tuple[str, ...], *, check: bool, timeout: float) -> str:
        done = self._run(argv, timeout=timeout)
        if check and done.returncode:
            message = (
                f"in the box, {' '.join(argv)}: exit {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace').strip()}"
            )
            raise BoxError(message)
        return done.stdout.decode(errors="replace").strip()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.state.mkdir(parents=True, exist_ok=True)
        # One for all clones: they share the engine, its network and the images.
        with (Path(tempfile.gettempdir()) / f"{LABEL}-{os.getuid()}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _authorize(self) -> None:
        if not self.key_file.exists():
            comment = f"{LABEL}-{self.name}"
            subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(self.key_file)), check=True)
        script = f"""key=$(cat)
        for user in {" ".join(self.users)}; do
            file=$(getent passwd "$user" | cut -d: -f6)/.ssh/authorized_keys
            echo "$key" > "$file"; chmod 0600 "$file"; chown "$user": "$file"
        done"""
        self.engine("exec", "-i", self.container, "bash", "-ec", script, data=self.key_file.with_suffix(".pub").read_bytes())

    def _wait(self) -> None:
        """Until sshd, dockerd and NGINX answer. A container that ended says why in its own log."""
        self._wait_for((f"{_LIB}/ready.sh", "300"), rb"restarting|is not running")

    def _wait_for(self, ready: tuple[str, ...], early: bytes) -> None:
        """Until that command succeeds; when what it says matches `early`, it is too early to ask."""
        deadline = time.monotonic() + 40
        while True:
            done = self._run(ready, timeout=40)
            if done.returncode == 0:
                return
            if time.monotonic() > deadline or not re.search(early, done.stderr):
                said = done.stderr.decode(errors="replace") + self.engine("logs", "--tail", "20", self.container)
                message = f"the box {self.name} did not come up: {said}"
                raise BoxError(message)
            time.sleep(0.1)
