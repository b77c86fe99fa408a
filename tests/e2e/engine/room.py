"""What the tests of the engine share: the product's own connection to a box, a small image, containers of one app, a counting socket."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bluegreen.host import ContainerSpec
from bluegreen.host.clock import SystemClock
from bluegreen.host.engine import DockerEngine
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import BuildAsk, ConnectionAsk
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Image, Role
from bluegreen.model.release import Settings
from tests.box import Box

__all__ = ["CountingSocket", "Room", "connected", "context", "small_image"]

DOCKERFILE = """FROM debian:bookworm-slim
EXPOSE 8000 9000/udp
VOLUME /state
CMD ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"]
"""


def context(directory: Path, dockerfile: str = DOCKERFILE, **files: str) -> Path:
    """A directory to build from; the keyword `a_txt` is the file `a.txt`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Dockerfile").write_text(dockerfile)
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    return directory


@dataclass(kw_only=True)
class Room:
    """One app on one box, through the product's engine."""

    box: Box
    connection: Connection
    engine: DockerEngine
    meter: Meter
    app: str
    image: Image | None = field(default=None, repr=False)

    def spec(self, *command: str, **changes: Any) -> ContainerSpec:
        """A blue web container that runs `command`, or the image's own."""
        if self.image is None:
            raise RuntimeError
        network = self.engine.network(self.app)
        settings = Settings(container_port=8000, container_command=command, **changes.pop("settings", {}))
        values: dict[str, Any] = {
            "app": self.app,
            "name": f"{self.app}-v1",
            "color": Color.BLUE,
            "release_id": "0123abcd",
            "version": "v1",
            "image_id": self.image.id,
            "settings": settings,
            "role": Role.WEB,
            "network": network,
            "address": network.blue[0],
        }
        return ContainerSpec(**(values | changes))

    def start(self, *command: str, **changes: Any) -> Container:
        """It, created and started."""
        return self.engine.start(self.engine.create(self.spec(*command, **changes)))

    def shown(self, container: Container, template: str) -> str:
        """What `docker inspect` on the box says about it."""
        return self.box.docker("inspect", "-f", template, container.id)


@contextmanager
def connected(box: Box, *, user: str = "ubuntu", timeout: float = 20.0, deadline: float = 300.0) -> Iterator[Room]:
    """The product's connection to a box, and its engine through it."""
    ask = ConnectionAsk(
        host=box.address, port=22, username=user, key=box.key_file.read_text(), fingerprints=(box.fingerprint,), timeout=10.0
    )
    meter = Meter()
    clock = SystemClock(deadline)
    with Connection.open(ask, clock, meter) as connection:
        engine = DockerEngine(connection.docker_socket(), clock, problem=connection.docker_problem, timeout=timeout)
        yield Room(box=box, connection=connection, engine=engine, meter=meter, app="shop")
        engine.close()


def small_image(engine: DockerEngine) -> Image:
    """An image that says `ready`, and stops on SIGTERM."""
    with tempfile.TemporaryDirectory() as directory:
        ask = BuildAsk(app="small", image="small", version="v1", context=context(Path(directory)))
        return engine.build(ask, lambda _: None)


class CountingSocket:
    """A unix socket that passes everything on to another one, and counts the bytes that go up to the host."""

    def __init__(self, target: Path, directory: Path) -> None:
        self.path = directory / "docker.sock"
        self.up = 0
        self._target = target
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(str(self._target))
            down = threading.Thread(target=self._pass_on, args=(far, near, 0), daemon=True)
            down.start()
            self._pass_on(near, far, 1)
            down.join()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: int) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    self.up += counted * len(data)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
