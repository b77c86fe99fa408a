"""What was asked: the inputs, once they are understood. Durations are seconds, sizes are bytes, shares are percentages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bluegreen.model.release import RunInfo, Settings
from bluegreen.model.site import AppProtocol, SiteMode
from bluegreen.model.verdict import Limits

__all__ = [
    "AppAsk",
    "Ask",
    "BuildAsk",
    "Command",
    "ConnectionAsk",
    "Control",
    "Expectations",
    "LogRules",
    "LogsAsk",
    "ReleaseCommand",
    "RetireAsk",
    "Room",
    "ShiftStep",
    "SmokeTest",
    "TrafficAsk",
    "Whose",
]


class Command(Enum):
    """What the user can ask for."""

    DEPLOY = "deploy"
    PLAN = "plan"
    ROLLBACK = "rollback"
    STATUS = "status"
    CLEANUP = "cleanup"
    SETUP = "setup"
    PROMOTE = "promote"
    ABORT = "abort"
    LOGS = "logs"
    INIT = "init"


class Whose(Enum):
    """Whose log is shown: a role that may move from color to color, or one of the colors."""

    LIVE = "live"
    CANDIDATE = "candidate"
    BLUE = "blue"
    GREEN = "green"


class Room(Enum):
    """What to do when the host seems too small for two releases at once."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAsk:
    """Where the host is and how it and we prove who we are. `fingerprints` are `SHA256:…`, `known_hosts` is that file's text."""

    host: str
    port: int
    username: str
    key: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    fingerprints: tuple[str, ...] = ()
    known_hosts: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildAsk:
    """What to build. `file` is relative to `context` unless absolute; `args` and `secrets` are name and value.

    The image gets the label `bluegreen.app`, by which old images are found again; it never varies by run.
    """

    app: str
    image: str
    version: str
    context: Path
    file: Path | None = None
    target: str = ""
    args: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def tag(self) -> str:
        """The image's full name, `image:version`."""
        return f"{self.image}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCommand:
    """A command that runs once, in a container of its own, before the candidate starts: migrations, usually."""

    words: tuple[str, ...]
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AppAsk:
    """The app and how its containers run. `settings.container_port` is 0 until the image has told its EXPOSE.

    `host_env_file` is a path on the host, read there, whose variables come before those of `settings.env`.
    `adopt` is the app that runs before the first deployment: `ADDRESS:PORT` or the name of its container, empty where there is none.
    """

    app: str
    settings: Settings
    host_env_file: str = ""
    release_command: ReleaseCommand | None = None
    room: Room = Room.REFUSE
    adopt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a good answer is, and how many of them in a row are wanted by when.

    `host` is the Host header of the checks; `site_host` is the same but for what only `url` says, so that the site's text is not about it.
    Where the app speaks gRPC, `path` is the service whose health is asked, `/` for the whole server.
    """

    protocol: AppProtocol = AppProtocol.HTTP
    path: str = "/"
    host: str = ""
    site_host: str = ""
    status: tuple[tuple[int, int], ...] = ((200, 399),)
    body: str = ""
    timeout: float = 60.0
    interval: float = 1.0
    successes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRules:
    """Regular expressions over the candidate's log lines: one that must appear, those that fail it, those that excuse a line.

    `limit` is how many failing lines, which the live release does not log as well, are put up with.
    """

    ready: str = ""
    fail: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTest:
    """A shell script for this machine, which asks the candidate what no health check asks."""

    script: str
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftStep:
    """One share of the traffic, held for `hold` seconds, or until the candidate got `until` requests of users, if that is not 0.

    With `pause` the run ends there, and another command goes on.
    """

    share: int
    hold: float
    until: int = 0
    pause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficAsk:
    """Where users come in, and how the traffic moves. `listen` is NGINX's own spelling of each address, without `ssl`.

    `server_names` is `_`, `url` empty where none is given; `nginx` names its container. `stick_by` is `request`, `ip` or `cookie:NAME`.
    """

    server_names: tuple[str, ...] = ("_",)
    listen: tuple[str, ...] = ("80",)
    tls_certificate: str = ""
    tls_certificate_key: str = ""
    url: str = ""
    site: SiteMode = SiteMode.MANAGED
    nginx: str = ""
    body_size: str = "50m"
    stick_by: str = "request"
    steps: tuple[ShiftStep, ...] = ()
    watch: float = 10.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireAsk:
    """How the old release leaves: seconds to drain, seconds to stop, and how many stopped releases are kept."""

    drain_timeout: float = 30.0
    stop_timeout: float = 10.0
    keep: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsAsk:
    """Which log is shown (a worker's, where `process` names one), how many of its last lines, and whether what comes is shown too."""

    whose: Whose = Whose.LIVE
    process: str = ""
    lines: int = 100
    follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Limits on the run itself, and how much it tells: more in the log, a job summary, report.json on standard output.

    `dry_run` has `setup` only say what it would make.
    """

    deadline: float = 1800.0
    lock_timeout: float = 600.0
    lease: float = 15.0
    force: bool = False
    verbose: bool = False
    summary: bool = True
    json: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Everything that was asked for, understood and checked. `init_from` is the container that `init` looks at."""

    command: Command
    connection: ConnectionAsk
    build: BuildAsk | None
    app: AppAsk
    expect: Expectations
    logs: LogRules
    traffic: TrafficAsk
    retire: RetireAsk
    control: Control
    run: RunInfo
    show: LogsAsk = LogsAsk()
    smoke: SmokeTest | None = None
    init_from: str = ""
