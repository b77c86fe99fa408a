"""Makes sure that a Docker engine answers on this machine, and speaks to it; the box is a container of that engine."""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["CLONE", "LABEL", "STATE", "BoxError", "Engine", "as_root", "engine", "install", "running_engine", "stop_own_engine"]

STATE = Path(__file__).resolve().parents[2] / ".cache" / "box"
LABEL = "bluegreen-box"
#: Tells the boxes of this clone from those of another one on the same engine.
CLONE = hashlib.sha256(str(STATE).encode()).hexdigest()[:6]
_PIDFILE = STATE / "dockerd.pid"


class BoxError(Exception):
    """The box or its engine cannot do what was asked; the text holds what the tool said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The Docker engine of this machine, and the client chosen to speak to it."""

    client: tuple[str, ...]
    buildkit: bool

    @property
    def environment(self) -> Mapping[str, str]:
        """What the client needs in its environment; BuildKit is asked for where the client has it."""
        return {**os.environ, "DOCKER_BUILDKIT": "1" if self.buildkit else "0"}

    def run(self, *argv: str, data: bytes | None = None, timeout: float = 120.0) -> subprocess.CompletedProcess[bytes]:
        """`docker ARGV`, whatever it answers. Raises BoxError when it takes longer than `timeout` seconds."""
        try:
            return subprocess.run(
                (*self.client, *argv),
                input=data,
                stdin=subprocess.DEVNULL if data is None else None,
                capture_output=True,
                timeout=timeout,
                env=self.environment,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            message = f"docker {' '.join(argv[:4])} … took longer than {timeout:g} s"
            raise BoxError(message) from problem

    def __call__(self, *argv: str, data: bytes | None = None, timeout: float = 120.0) -> str:
        """What `docker ARGV` printed, stripped. Raises BoxError with what it said when it fails."""
        done = self.run(*argv, data=data, timeout=timeout)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
            message = f"docker {' '.join(argv)}: {said}"
            raise BoxError(message)
        return done.stdout.decode(errors="replace").strip()

    def has_image(self, reference: str) -> bool:
        """Whether the engine has that image."""
        return self.run("image", "inspect", reference).returncode == 0


def as_root(*argv: str) -> tuple[str, ...]:
    """The same command, through sudo unless this process is root."""
    return argv if os.geteuid() == 0 else ("sudo", "-n", *argv)


def install(*packages: str) -> None:
    """Debian's packages onto this machine. Raises BoxError with apt's words."""
    apt = as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")
    print(f"installing {' '.join(packages)}", file=sys.stderr, flush=True)
    for words in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        done = subprocess.run((*apt, *words), capture_output=True, text=True, timeout=600, check=False)
        if done.returncode and words[0] == "install":
            message = f"apt-get {' '.join(words)}: {done.stderr[-2000:] or done.stdout[-2000:]}"
            raise BoxError(message)


@cache
def engine() -> Engine:
    """An engine that answers: the machine's, else one started here. Raises BoxError when there is none to be had."""
    found = running_engine()
    if found is None:
        if shutil.which("dockerd", path=_search_path()) is None:
            install("docker.io")
        found = _wait_for_engine(3.0) or _start_engine()
    return found


def running_engine() -> Engine | None:
    """The client on PATH that reaches an engine, one that does BuildKit before one that does not."""
    candidates: list[Engine] = []
    for path in _clients():
        for client in dict.fromkeys(((path,), as_root(path))):
            try:
                words = (*client, "version", "--format", "{{.Server.Version}}")
                answer = subprocess.run(words, capture_output=True, timeout=20, check=False)
            except subprocess.TimeoutExpired:
                continue
            if answer.returncode == 0:
                candidates.append(Engine(client=client, buildkit=_buildkit(client, path)))
                break
    return min(candidates, key=lambda found: not found.buildkit, default=None)


def stop_own_engine() -> bool:
    """Stop the engine that `engine` started, if it did; another one is never touched."""
    pid = _own_pid()
    if pid is None:
        return False
    subprocess.run(as_root("kill", "-TERM", str(pid)), check=False, capture_output=True)
    deadline = time.monotonic() + 20
    while _own_pid() is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    _PIDFILE.unlink(missing_ok=True)
    engine.cache_clear()
    return True


def _search_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def _clients() -> list[str]:
    places = dict.fromkeys(Path(place) / "docker" for place in _search_path().split(":") if place)
    return [str(place) for place in places if os.access(place, os.X_OK)]


def _buildkit(client: tuple[str, ...], path: str) -> bool:
    """Whether this client can ask for BuildKit: buildx, or the one that clients before 23 carry within themselves."""
    if subprocess.run((path, "buildx", "version"), capture_output=True, check=False).returncode == 0:
        return True
    version = subprocess.run((*client, "version", "--format", "{{.Client.Version}}"), capture_output=True, text=True, check=False).stdout
    return version.split(".")[0].isdecimal() and 18 < int(version.split(".")[0]) < 23


def _wait_for_engine(seconds: float) -> Engine | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = running_engine()
        if found is not None:
            return found
        time.sleep(0.3)
    return None


def _own_pid() -> int | None:
    """The process id of the engine started here, if it still runs."""
    try:
        pid = int(_PIDFILE.read_text())
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd" else None
    except (OSError, ValueError):
        return None


def _forget_stale(pidfile: Path, name: str) -> None:
    """Remove a pid file whose process is gone: its number may be another's now, and dockerd would refuse to start."""
    script = '[ ! -e "$1" ] || [ "$(cat /proc/"$(cat "$1")"/comm 2>/dev/null)" = "$2" ] || rm -f "$1"'
    subprocess.run(as_root("sh", "-c", script, "sh", str(pidfile), name), check=False, capture_output=True)


def _start_engine() -> Engine:
    """A dockerd of our own, in a session of its own so that the terminal's ctrl-C does not reach it."""
    STATE.mkdir(parents=True, exist_ok=True)
    _forget_stale(_PIDFILE, "dockerd")
    _forget_stale(Path("/var/run/docker/containerd/containerd.pid"), "containerd")
    dockerd = shutil.which("dockerd", path=_search_path()) or "dockerd"
    command = as_root("env", f"PATH={_search_path()}", dockerd, "--pidfile", str(_PIDFILE))
    with (STATE / "dockerd.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    found = _wait_for_engine(60.0)
    if found is None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        tail = (STATE / "dockerd.log").read_text(errors="replace")[-2000:]
        message = f"no Docker engine answers on this machine, and one started here did not come up:\n{tail}"
        raise BoxError(message)
    process.returncode = 0  # it outlives us: else Python warns of a child that still runs
    print(f"started a Docker engine (process {_PIDFILE.read_text()}); `python -m tests.box down` stops it", file=sys.stderr, flush=True)
    return found
