"""The Docker engine of a host in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bluegreen.errors import HostNotReady
from bluegreen.host import ContainerSpec
from bluegreen.model.ask import BuildAsk
from bluegreen.model.container import Container, Engine, Image, LogLine, Network, RestartPolicy, Role
from bluegreen.model.neighbor import Neighbor, Published
from bluegreen.model.portrait import Portrait
from tests.fakes.world import World


class FakeContainers:
    """The engine of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def engine(self) -> Engine:
        return Engine(version="20.10.24")

    def list(self, app: str) -> tuple[Container, ...]:
        self._world.op("list")
        assert app
        return tuple(self._world.now(c) for c in list(self._world.containers.values()))

    def neighbors(self) -> tuple[Neighbor, ...]:
        self._world.op("neighbors")
        portrayed = (Neighbor(name=one.name, image_id=one.image_id) for one in self._world.portraits if one.running and not one.app)
        return *portrayed, *(
            Neighbor(name=name, published=(Published(address="0.0.0.0", port=int(place.rpartition(":")[2]), container_port=8000),))  # noqa: S104
            for place, name in self._world.elsewhere.items()
        )

    def portrait(self, name: str) -> Portrait | None:
        self._world.op("portrait")
        return next((one for one in self._world.portraits if one.name == name), None)

    def inspect(self, container: Container) -> Container:
        self._world.op("inspect")
        return self._world.now(container)

    def image(self, reference: str) -> Image | None:
        known = (app.image for app in self._world.apps.values())
        return next((image for image in known if reference == image.id or reference in image.tags), None)

    def images(self, app: str) -> tuple[Image, ...]:
        self._world.op("images")
        assert app
        return tuple(sorted((known.image for known in self._world.apps.values()), key=lambda image: image.created, reverse=True))

    def build(self, ask: BuildAsk, on_line: Callable[[str], None]) -> Image:
        self._world.op("build")
        on_line(f"building {ask.tag}")
        image = self.image(ask.tag)
        assert image is not None
        return image

    def network(self, app: str) -> Network:
        self._world.op("network")
        self._world.networked = True
        blue, green = ("10.9.0.2", "10.9.0.3"), ("10.9.0.34", "10.9.0.35")
        return Network(name=f"bluegreen-{app}", subnet="10.9.0.0/16", blue=blue, green=green, gateway="10.9.0.1")

    def find_network(self, app: str) -> Network | None:
        return self.network(app) if self._world.networked else None

    def create(self, spec: ContainerSpec) -> Container:
        self._world.op("create")
        self._world.serial += 1
        names = (f"{spec.name}{spec.suffix}", f"{spec.name}-{spec.release_id}{spec.suffix}")
        taken = {other.name for other in self._world.containers.values()}
        made = spec.created(f"c{self._world.serial}", next(name for name in names if name not in taken))
        container = replace(made, created=self._world.serial, warnings=self._world.engine_warns)
        self._world.containers[container.id] = container
        self._world.restart[container.id] = RestartPolicy.NO
        self._world.op("created")
        return container

    def start(self, container: Container) -> Container:
        self._world.op("start")
        slot = (c for c in self._world.containers.values() if c.running and c.address == container.address and c.address)
        if other := next(slot, None):
            raise HostNotReady(f"address {container.address} is taken by {other.name}")
        ends = container.role is Role.RELEASE_COMMAND
        started = replace(
            container, fresh=False, running=not ends, pid=0 if ends else 100 + self._world.serial, started_at=f"{self._world.serial:04d}"
        )
        self._world.containers[container.id] = started
        self._world.born[container.id] = self._world.clock.time
        return started

    def logs(self, container: Container, *, after: str = "", tail: int = 0) -> tuple[LogLine, ...]:
        self._world.op("logs")
        self._world.logs_read[container.version] += 1
        texts = self._world.apps[container.image_id].log
        lines = [LogLine(at=f"{number:09d}", text=text) for number, text in enumerate(texts, 1)]
        return tuple(line for line in lines if line.at > after)[-tail:]

    def set_restart(self, container: Container, policy: RestartPolicy) -> None:
        self._world.op("set_restart")
        self._world.restart[container.id] = policy

    def stop(self, container: Container, timeout: float) -> None:
        self._world.op("stop")
        assert timeout >= 0
        if container.version in self._world.serving() and self._world.now(container).running:
            route = self._world.routes.armed or self._world.routes.committed
            if route and route.share(container.color):
                self._world.stopped_with_share.append(container.name)
        if container.id in self._world.containers:
            self._world.containers[container.id] = replace(self._world.now(container), running=False, pid=0, restarting=False)

    def remove(self, container: Container) -> None:
        self._world.op("remove")
        self._world.containers.pop(container.id, None)

    def remove_image(self, reference: str) -> bool:
        self._world.op("remove_image")
        image = self.image(reference)
        if image is None or any(c.image_id == image.id for c in self._world.containers.values()):
            return False
        del self._world.apps[image.id]
        return True

    def memory_use(self, container: Container | Neighbor) -> int:
        assert isinstance(container, Neighbor) or container.running
        return self._world.memory
