"""Runs the docker client of this machine, which speaks BuildKit, against the host's engine."""

from __future__ import annotations

import csv
import io
import math
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bluegreen.errors import NoImage
from bluegreen.host import Clock
from bluegreen.host.child import run_child
from bluegreen.host.engine_kind import version_numbers
from bluegreen.host.engine_read import image_labels
from bluegreen.host.patience import Job, until
from bluegreen.model.ask import BuildAsk

__all__ = ["BuildClient", "Client", "LocalDocker", "find_client"]

_OURS = re.compile(
    r"INPUT_.*|DOCKER_(HOST|CONTEXT|TLS|TLS_VERIFY|CERT_PATH|API_VERSION|BUILDKIT|DEFAULT_PLATFORM)|BUILDX_BUILDER|BUILDKIT_HOST"
)
_STEERS_CLIENT = re.compile(r"PATH|HOME|TMPDIR|GODEBUG|GOTRACEBACK|SSL_CERT_(FILE|DIR)|LD_.*|XDG_.*|DOCKER_.*|BUILDX_.*")
_OWN_BUILDKIT_BEFORE = (23, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A docker client that can do BuildKit: by its plugin `buildx`, or, when older than 23, by itself."""

    path: str
    version: str
    buildx: str = ""

    @property
    def description(self) -> str:
        """For the log."""
        return f"driven by docker buildx {self.buildx} of {self.path}" if self.buildx else f"driven by {self.path} {self.version}"


class LocalDocker:
    """The docker client of this machine, looked for once, in the PATH of an environment, which it is given too when it builds."""

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        self.environment = environment
        self._clock = clock
        self._search: Job[Client | None] | None = None

    def look(self) -> Job[Client | None]:
        """Begin to look for it, beside what else goes on: to try one takes starting two processes."""
        self._search = self._search or Job(lambda: find_client(self.environment))
        return self._search

    def client(self) -> Client | None:
        """The client, None when there is none that can do BuildKit."""
        search = self.look()
        until(self._clock, math.inf, search.wait)
        return search.result()


def find_client(environment: Mapping[str, str]) -> Client | None:
    """The first `docker` on PATH that can do BuildKit. Each is tried: a newer one without the plugin cannot, an older one can."""
    seen: set[Path] = set()
    for folder in environment.get("PATH", "").split(":"):
        path = Path(folder or ".") / "docker"
        if path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            client = _try(str(path.absolute()), _environment(environment))
            if client is not None:
                return client
    return None


def _try(path: str, environment: Mapping[str, str]) -> Client | None:
    said = re.match(r"Docker version ([^\s,]+)", _output((path, "--version"), environment))
    if said is None:
        return None
    if (0, 0) < version_numbers(said[1]) < _OWN_BUILDKIT_BEFORE:
        return Client(path=path, version=said[1])
    plugin = re.search(r"docker/buildx v?(\d\S*)", _output((path, "buildx", "version"), environment))
    return Client(path=path, version=said[1], buildx=plugin[1]) if plugin else None


def _output(argv: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What a command prints, nothing when it fails."""
    try:
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildClient:
    """Builds with one client, on the engine behind one socket."""

    client: Client
    socket: Path
    clock: Clock
    environment: Mapping[str, str]

    def build(self, ask: BuildAsk, dockerfile: Path, on_line: Callable[[str], None]) -> tuple[str, str]:
        """The image's id, and why the build failed; one of them is empty.

        Values travel in the environment and in private files: an argument of a process can be read by everybody on its machine.
        """
        _refuse_steering(ask)
        with tempfile.TemporaryDirectory(prefix="bluegreen-build-") as private:
            iid = Path(private) / "iid"
            secrets = tuple(_secret(Path(private), index, name, value) for index, (name, value) in enumerate(ask.secrets))
            argv = (
                *self._command(),
                *("--progress", "plain", "--iidfile", str(iid), "--tag", ask.tag, "--file", str(dockerfile)),
                *(word for label in image_labels(ask) for word in ("--label", "=".join(label))),
                *(("--target", ask.target) if ask.target else ()),
                *(word for name, _ in ask.args for word in ("--build-arg", name)),
                *(word for secret in secrets for word in ("--secret", secret)),
                str(ask.context.resolve()),
            )
            status = run_child(argv, self._child_environment(ask), self.clock, on_line)
            if status:
                return "", f"docker build ended with {status}"
            return iid.read_text().strip() if iid.exists() else "", ""

    def _command(self) -> tuple[str, ...]:
        """The builder `default` is the engine of DOCKER_HOST, whichever other one setup-buildx-action may have chosen."""
        if self.client.buildx:
            return (self.client.path, "buildx", "build", "--builder", "default", "--load")
        return (self.client.path, "build")

    def _child_environment(self, ask: BuildAsk) -> dict[str, str]:
        """Attestations hold the time of the build, so that the same image would have another id each time."""
        return {
            **_environment(self.environment),
            **dict(ask.args),
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_BUILDKIT": "1",
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
            "DOCKER_CLI_HINTS": "false",
        }


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours, without our inputs, which hold secrets, and without what would lead the client to another engine or builder."""
    return {name: value for name, value in environment.items() if not _OURS.fullmatch(name)}


def _refuse_steering(ask: BuildAsk) -> None:
    for name, _ in ask.args:
        if _STEERS_CLIENT.fullmatch(name):
            raise NoImage(
                f"A build argument cannot be named {name}.",
                means="Build arguments are given to docker in its environment, and this one would change what docker does itself.",
                todo=f"Name it otherwise in build-args and in the Dockerfile, for example APP_{name}.",
            )


def _secret(private: Path, index: int, name: str, value: str) -> str:
    """A `--secret` for a value that lies in a file of a directory that only we can enter."""
    path = private / f"secret-{index}"
    path.touch(mode=0o600)
    path.write_text(value)
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow((f"id={name}", f"src={path}"))
    return line.getvalue()
