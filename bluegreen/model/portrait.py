"""A portrait is what somebody's container was made with, so that a workflow can be written that makes releases like it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bluegreen.model.neighbor import Published

__all__ = ["Mount", "NetworkEnd", "Portrait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One mount. `kind` is Docker's word for it; `source` is a path, or a volume's name; `anonymous` holds for one that nobody named."""

    kind: str
    source: str
    target: str
    modes: tuple[str, ...] = ()
    anonymous: bool = False

    @property
    def text(self) -> str:
        """As `volumes` takes it."""
        return ":".join(filter(None, (self.source, self.target, ",".join(self.modes))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEnd:
    """A network that was made with `docker network create`, and what others on it may call the container besides its name."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One container, as it was made. What it has of its image is left out: a release has that by itself.

    `app` is the app of ours that it belongs to, empty for anybody else's. `env` are the variables that are not the image's, with their
    values, which are nobody's to print. `command` is what runs after the image's entrypoint, empty for the image's own. `options` are
    words of `docker run`, an option each, of all that has no field here. `ports` are the TCP ports it listens on as far as it says,
    `host_network` that these are the host's own. `labels` are names, and `stop_timeout` is seconds, 0 for Docker's default.
    `pulled` says that the image came from a registry, `workdir` where the app runs, which is where its code lies as a rule.
    """

    name: str
    image: str
    image_id: str
    app: str = ""
    running: bool = True
    service: str = ""
    ports: tuple[int, ...] = ()
    published: tuple[Published, ...] = ()
    addresses: tuple[str, ...] = ()
    host_network: bool = False
    networks: tuple[NetworkEnd, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    mounts: tuple[Mount, ...] = ()
    memory: int = 0
    cpus: float = 0.0
    command: tuple[str, ...] = ()
    options: tuple[tuple[str, ...], ...] = ()
    labels: tuple[str, ...] = ()
    stop_timeout: int = 0
    health_path: str = ""
    pulled: bool = False
    workdir: str = ""
