"""A release is one version of the app: an image and the settings it runs with."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, field, fields

__all__ = ["Process", "Release", "RunInfo", "Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A worker of the same image and settings in a container of its own: its name and the words of its command."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a release's containers are created. Whatever changes here makes another release of the same image.

    `memory` is in bytes, 0 for no limit; `cpus` is 0 for no limit; `options` are docker-run words that passed the allow-list;
    `container_command` replaces the image's own command when it is not empty; `volumes` are docker's `SOURCE:TARGET[:MODE]`.
    `replicas` is how many web containers serve.
    """

    container_port: int
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    container_command: tuple[str, ...] = ()
    memory: int = 0
    cpus: float = 0.0
    options: tuple[str, ...] = ()
    replicas: int = 1
    processes: tuple[Process, ...] = ()

    @property
    def digest(self) -> str:
        """12 hex digits that differ when any setting differs.

        A setting that has its default is left out: one that a later version of ours adds makes no other release of what runs already.
        """
        return _digest(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The CI run that deploys, empty and 0 outside CI. Runs of one `workflow` in one `repository` are ordered by `number`."""

    repository: str = ""
    workflow: str = ""
    number: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of an app with all that is needed to create it again."""

    app: str
    version: str
    image: str
    image_id: str
    settings: Settings
    run: RunInfo = RunInfo()
    committed_at: str = ""

    @property
    def id(self) -> str:
        """8 hex digits: the same image with the same settings is the same release."""
        return hashlib.sha256(f"{self.image_id}\n{self.settings.digest}".encode()).hexdigest()[:8]

    def to_json(self) -> str:
        """One line of JSON. It holds the settings' secrets: for a 0600 file only."""
        return json.dumps({"schema": 1, **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Release:
        """The release that `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        raw = json.loads(text)
        settings = dict(raw["settings"])
        settings["env"] = tuple((name, value) for name, value in settings["env"])
        for name in ("volumes", "networks", "container_command", "options"):
            settings[name] = tuple(settings[name])
        settings["processes"] = tuple(Process(name=p["name"], words=tuple(p["words"])) for p in settings.get("processes", ()))
        made = cls(
            app=raw["app"],
            version=raw["version"],
            image=raw["image"],
            image_id=raw["image_id"],
            settings=Settings(**settings),
            run=RunInfo(**raw["run"]),
            committed_at=raw["committed_at"],
        )
        hash(made)  # a list where a word belongs is a TypeError here, not where the release is used
        return made


# A plan asks for the digests of a few releases, again for every container that it looks at.
@functools.lru_cache(maxsize=64)
def _digest(settings: Settings) -> str:
    defaults = Settings(container_port=0)
    names = [each.name for each in fields(settings) if getattr(settings, each.name) != getattr(defaults, each.name)]
    told = {name: getattr(settings, name) for name in names}
    return hashlib.sha256(json.dumps(told, default=asdict, sort_keys=True).encode()).hexdigest()[:12]
