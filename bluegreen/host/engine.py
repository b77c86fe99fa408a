"""The host's Docker engine, as far as one app is concerned: `Containers` over one kept-alive connection.

Identity is labels. What is not labelled for the app is never listed, and so never stopped, changed or removed.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docker
import docker.errors
from requests.exceptions import HTTPError

from bluegreen.errors import HostNotReady
from bluegreen.host import Clock, ContainerSpec
from bluegreen.host.build import Builder
from bluegreen.host.build_client import LocalDocker
from bluegreen.host.engine_create import Creator
from bluegreen.host.engine_errors import address_taken, log_unreadable, refusal
from bluegreen.host.engine_link import EngineLink, patient, reason
from bluegreen.host.engine_log import log_lines, since
from bluegreen.host.engine_neighbors import listed_neighbor
from bluegreen.host.engine_portrait import portrait_of
from bluegreen.host.engine_read import (
    LABEL,
    inspected_container,
    inspected_image,
    listed_container,
    listed_image,
    memory_in_use,
)
from bluegreen.host.network import ensure_network, find_network
from bluegreen.model.ask import BuildAsk
from bluegreen.model.container import Container, Engine, Image, LogLine, Network, RestartPolicy, network_name
from bluegreen.model.neighbor import Neighbor
from bluegreen.model.portrait import Portrait

__all__ = ["DockerEngine"]

_GONE = 137
"""What a shell calls the exit of a killed process; the engine cannot say more of a container that was removed."""


class DockerEngine:
    """`Containers`, on the engine behind a unix socket of this machine: the tunnel's, or a local one."""

    def __init__(
        self,
        socket: Path,
        clock: Clock,
        *,
        problem: Callable[[], str] = lambda: "",
        timeout: float = 30.0,
        limits_logs: bool | None = None,
        local: LocalDocker | None = None,
    ) -> None:
        """`problem` gives the tunnel's own words when the engine does not answer; `timeout` is for one call, in seconds.

        `limits_logs` says whether the engine's configuration limits log sizes; None finds out with the first container. `local` builds
        where it can; None is the docker client that this process would find.
        """
        self._link = EngineLink(socket, problem=problem, timeout=timeout)
        self._clock = clock
        self._local = local or LocalDocker(os.environ, clock)
        self._creator = Creator(self._link, limits_logs=limits_logs)

    def close(self) -> None:
        """Close the connection to the engine."""
        self._link.close()

    def engine(self) -> Engine:
        """The engine, if it is one that can be used; its first call needs the one round trip that every first call needs."""
        return self._link.engine()

    def list(self, app: str) -> tuple[Container, ...]:
        """Every container of the app. One round trip, and one for each that runs, whose process id the list lacks."""
        with self._link.asking("list the app's containers") as api:
            found = api.containers(all=True, filters={"label": f"{LABEL}app={app}"})
        listed = (listed_container(app, each) for each in found)
        return tuple(self.inspect(each) if each.running else each for each in listed if each is not None)

    def neighbors(self) -> tuple[Neighbor, ...]:
        """The running containers that are no deployment's."""
        with self._link.asking("list the host's containers") as api:
            found = api.containers()
        return tuple(one for one in map(listed_neighbor, found) if one is not None)

    def portrait(self, name: str) -> Portrait | None:
        """What the container of that name was made with, whoever made it; None when there is none."""
        with self._link.asking(f"look at {name}") as api:
            try:
                found = api.inspect_container(name)
            except docker.errors.NotFound:
                return None
            with contextlib.suppress(docker.errors.NotFound):
                return portrait_of(found, api.inspect_image(found["Image"]))  # type: ignore[no-untyped-call]  # the stubs lack it
            return portrait_of(found, {})

    def inspect(self, container: Container) -> Container:
        """The container as it is now; a removed one comes back as not running, exit code 137."""
        with self._link.asking(f"look at {container.name}") as api:
            try:
                found = api.inspect_container(container.id)
            except docker.errors.NotFound:
                return replace(container, running=False, pid=0, exit_code=_GONE, health="")
        labels = found["Config"].get("Labels") or {}
        seen = inspected_container(str(labels.get(f"{LABEL}app")), found)
        if seen is None:
            raise HostNotReady(f"The container {container.name} has lost its labels.", todo="Deploy again.")
        return replace(seen, address=seen.address or container.address)

    def image(self, reference: str) -> Image | None:
        """The image of that name or id, if the host has it."""
        with self._link.asking(f"look at the image {reference}") as api:
            try:
                return inspected_image(api.inspect_image(reference))  # type: ignore[no-untyped-call]  # the stubs lack it
            except docker.errors.NotFound:
                return None

    def images(self, app: str) -> tuple[Image, ...]:
        """Every image that was built for the app, the newest first; one that has lost its last tag as well."""
        with self._link.asking("list the app's images") as api:
            found = api.images(filters={"label": f"{LABEL}app={app}"})
        listed = (listed_image(each) for each in found)
        ours = (image for image in listed if image is not None)
        return tuple(sorted(ours, key=lambda image: (image.created, image.tags), reverse=True))

    def build(self, ask: BuildAsk, on_line: Callable[[str], None]) -> Image:
        """Build on the host from the checkout, with the best builder at hand. Raises `NoImage` with what it printed last."""
        return Builder(self._link, self._clock, self.image, self._local).build(ask, on_line)

    def network(self, app: str) -> Network:
        """The app's network, made when missing."""
        with self._link.asking("make the app's network") as api:
            return ensure_network(api, app, self._clock.wait)

    def find_network(self, app: str) -> Network | None:
        """The app's network as it is; None when it has yet to be made."""
        with self._link.asking("show the app's network") as api:
            return find_network(api, app)

    def create(self, spec: ContainerSpec) -> Container:
        """Create it, unexposed, restart policy `no`, not started; its name is longer where another container has it."""
        return self._creator.create(spec)

    def start(self, container: Container) -> Container:
        """Start it and return it as observed. Raises `CandidateFailed` with Docker's reason."""
        with self._link.asking(f"start {container.name}") as api:
            try:
                api.start(container.id)
            except docker.errors.APIError as error:
                said = reason(error)
                if container.address and "address already in use" in said.lower():
                    raise self._address_taken(api, container) from error
                raise refusal("start", container.name, said) from error
        return self.inspect(container)

    def logs(self, container: Container, *, after: str = "", tail: int = 0) -> tuple[LogLine, ...]:
        """Its log lines later than `after`, both streams, oldest first; with `tail`, the last so many at most.

        Not by the SDK's own call, which inspects the container first, every time, to learn whether it has a terminal.
        """
        params: dict[str, str | int] = {"stdout": 1, "stderr": 1, "timestamps": 1, "since": since(after), "tail": tail or "all"}
        with self._link.asking(f"give the log of {container.name}") as api:
            url = f"{api.base_url}/v{api.api_version}/containers/{container.id}/logs"
            try:
                answer = api.get(url, params=params, timeout=api.timeout)
                answer.raise_for_status()
            except HTTPError as error:
                return _no_log(container, error)
        return log_lines(answer.content, after)

    def set_restart(self, container: Container, policy: RestartPolicy) -> None:
        """Change its restart policy."""
        with self._link.asking(f"change the restart policy of {container.name}") as api:
            patient(self._clock.wait)(api.update_container, container.id, restart_policy={"Name": policy.value})

    def stop(self, container: Container, timeout: float) -> None:
        """SIGTERM (or the image's stop signal), and after `timeout` seconds SIGKILL. Quietly nothing when it does not run."""
        with self._link.asking(f"stop {container.name}") as api:
            try:
                # The SDK adds these seconds to its own patience.
                api.stop(container.id, timeout=math.ceil(timeout))
            except docker.errors.NotFound:
                return

    def remove(self, container: Container) -> None:
        """Remove the container, running or not. Quietly nothing when it is gone.

        None of its volumes goes with it: an anonymous one, which an image's VOLUME makes, may hold the only copy of somebody's data.
        """
        with self._link.asking(f"remove {container.name}") as api:
            try:
                api.remove_container(container.id, v=False, force=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if "already in progress" not in reason(error):
                    raise

    def remove_image(self, reference: str) -> bool:
        """Untag it, and so delete it when no other name or container needs it; False when Docker kept it."""
        with self._link.asking(f"remove the image {reference}") as api:
            try:
                api.remove_image(reference, force=False)
            except docker.errors.NotFound:
                return True
            except docker.errors.APIError as error:
                if error.status_code != 409:  # a container or another tag needs it
                    raise
                return False
        return True

    def memory_use(self, container: Container | Neighbor) -> int:
        """Bytes in use, without the page cache; 0 when it does not run."""
        with self._link.asking(f"measure the memory of {container.name}") as api:
            try:
                return memory_in_use(api.stats(container.id, stream=False, one_shot=True))
            except docker.errors.NotFound:
                return 0

    def _address_taken(self, api: docker.APIClient, container: Container) -> HostNotReady:
        name = network_name(self._app(api, container))
        ends = (api.inspect_network(name).get("Containers") or {}).values()
        holders = (str(end.get("Name")) for end in ends if str(end.get("IPv4Address")).partition("/")[0] == container.address)
        return address_taken(container.address, name, next(holders, ""))

    def _app(self, api: docker.APIClient, container: Container) -> str:
        return str(api.inspect_container(container.id)["Config"]["Labels"][f"{LABEL}app"])


def _no_log(container: Container, error: HTTPError) -> tuple[LogLine, ...]:
    """Nothing for a container that is gone; an error for one whose log driver keeps nothing to read."""
    try:
        raise docker.errors.create_api_error_from_http_exception(error) from error
    except docker.errors.NotFound:
        return ()
    except docker.errors.APIError as refused:
        if "support reading" not in reason(refused):
            raise
        raise log_unreadable(container.name, reason(refused)) from refused
