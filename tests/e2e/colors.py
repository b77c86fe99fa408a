"""Two colors on a box without the product's commands: what the tests of routing and the guardian move traffic between."""

from __future__ import annotations

import io
import subprocess
import tarfile

from bluegreen.host import Guard
from bluegreen.host.clock import SystemClock
from bluegreen.host.facts import read_facts
from bluegreen.host.meter import Meter
from bluegreen.host.nginx import HostNginx
from bluegreen.host.prepare import prepare
from bluegreen.host.site_text import render_site
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import ConnectionAsk
from bluegreen.model.color import Color
from bluegreen.model.container import Container, Role
from bluegreen.model.site import SiteSpec
from tests.box import Box
from tests.e2e.product import APP as APP_FILES

__all__ = ["APP", "Colors", "connect", "guard"]

APP = "web"
_SUBNET = "10.231.7"


def connect(box: Box, user: str = "ubuntu") -> Connection:
    """A connection of the product's own kind."""
    ask = ConnectionAsk(host=box.address, port=22, username=user, key=box.key_file.read_text(), fingerprints=(box.fingerprint,))
    return Connection.open(ask, SystemClock(600), Meter())


def guard(*, owner: str = "run 1", lock_timeout: float = 3.0, lease: float = 15.0, waits: list[str] | None = None, app: str = APP) -> Guard:
    """What a guardian is started with; whom it waits for is added to `waits`."""
    return Guard(app=app, owner=owner, lock_timeout=lock_timeout, lease=lease, on_wait=(waits if waits is not None else []).append)


class Colors:
    """The test application as `blue` and `green`, each a container with a fixed address, and a site in front of them."""

    def __init__(self, box: Box, connection: Connection) -> None:
        self.box = box
        self.connection = connection
        box.docker("network", "create", "--subnet", f"{_SUBNET}.0/24", "--ip-range", f"{_SUBNET}.128/25", f"bluegreen-{APP}")
        facts = read_facts(connection, APP)
        self.made = prepare(connection, facts, APP)
        self.nginx = HostNginx(connection, facts)
        self.site = render_site(self.spec())
        self.nginx.install(APP, self.site)

    def spec(self, **changes: object) -> SiteSpec:
        """The site of these colors."""
        values: dict[str, object] = {
            "app": APP,
            "blue": (f"{self.address(Color.BLUE)}:8000",),
            "green": (f"{self.address(Color.GREEN)}:8000",),
            "server_names": ("_",),
            "listen": ("80",),
            "ipv6": False,
        }
        return SiteSpec(**{**values, **changes})  # type: ignore[arg-type]

    @staticmethod
    def address(color: Color) -> str:
        """The color's fixed address."""
        return f"{_SUBNET}.{2 if color is Color.BLUE else 3}"

    def start(self, color: Color, *, bad: str = "") -> Container:
        """Run the color, and wait until it answers."""
        image = f"bluegreen-test-{color.value}"
        self.build(image, color.value)
        self.box.docker("rm", "-fv", f"{APP}-{color.value}", check=False)
        name, address = f"{APP}-{color.value}", self.address(color)
        self.box.docker("run", "-d", "--name", name, "--network", f"bluegreen-{APP}", "--ip", address, "-e", f"BAD={bad}", image)
        self.box.sh(f"for i in {{1..100}}; do curl -sf http://{address}:8000/healthz && exit 0; sleep 0.1; done; exit 1")
        return self.container(color)

    def tidy(self) -> None:
        """Undo what a test did: no guardian, whole splits, NGINX up, both colors running, an empty log, no route."""
        script = """
            pkill -9 -f '^bash -c .*bluegreen-[g]uardian'
            pgrep -x nginx > /dev/null || nginx
            chown root:root /var/lib/bluegreen/splits; chmod 755 /var/lib/bluegreen/splits
            touch /var/lib/bluegreen/splits/050/17
            install -d -o root -g docker -m 775 /run/bluegreen
            docker start web-blue web-green > /dev/null
            rm -f /run/bluegreen/web; cd /var/lib/bluegreen/apps/web && rm -f traffic journal.jsonl releases/* preview/*
            : > /var/log/bluegreen/web.log
            for address in %s %s; do
                for i in {1..100}; do curl -sf http://$address:8000/healthz > /dev/null && break; sleep 0.1; done
            done
        """
        self.box.sh(script % (self.address(Color.BLUE), self.address(Color.GREEN)))

    def container(self, color: Color) -> Container:
        """The color's container as it is."""
        return self.container_of(self.box, color)

    @classmethod
    def container_of(cls, box: Box, color: Color) -> Container:
        """The same, from another process."""
        found = box.docker("inspect", "-f", "{{.Id}} {{.State.Running}} {{.State.Pid}} {{.Image}}", f"{APP}-{color.value}").split()
        return Container(
            id=found[0],
            name=f"{APP}-{color.value}",
            color=color,
            release_id="00000000",
            version=color.value,
            settings_digest="0",
            role=Role.WEB,
            image_id=found[3],
            running=found[1] == "true",
            pid=int(found[2]),
            address=cls.address(color),
            port=8000,
        )

    def build(self, image: str, version: str) -> None:
        """The test application as an image on the box."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for file in sorted(APP_FILES.iterdir()):
                archive.add(file, arcname=file.name)
        command = (*self.box.engine.client, "exec", "-i", "-e", "DOCKER_BUILDKIT=1", self.box.container)
        build = ("docker", "build", "-q", "-t", image, "--build-arg", f"VERSION={version}", "-")
        done = subprocess.run((*command, *build), input=packed.getvalue(), capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
