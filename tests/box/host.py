"""Makes a box's container: its image, its network, and the powers that a dockerd inside a container needs."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path

from tests.box import images
from tests.box.engine import CLONE, LABEL, Engine

__all__ = ["HERE", "OWN_CGROUPS", "create", "image"]

HERE = Path(__file__).parent
_HOST_CGROUPS = ("--cgroupns", "host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw")
OWN_CGROUPS = ("--cgroupns", "private")
_CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "SYSLOG", "IPC_LOCK", "SYS_NICE")
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined")


def image(engine: Engine, context: Path) -> str:
    """A box's image, built when the files it is made of have changed."""
    parts = [context / "Dockerfile", *sorted(context.glob("*.sh"))]
    tag = f"{LABEL}:{hashlib.sha256(b''.join(part.read_bytes() for part in parts)).hexdigest()[:12]}"
    if not engine.has_image(tag):
        images.ensure(engine, images.BASE)
        engine("build", "-q", "-t", tag, "--label", f"{LABEL}=box", *images.proxy_arguments(), str(context), timeout=900)
    return tag


def create(engine: Engine, name: str, image: str, *, cgroups: Sequence[str] = _HOST_CGROUPS) -> None:
    """The container `bluegreen-box-CLONE-NAME`, replacing an older one; its engine's disk is a volume and outlives it."""
    container = f"{LABEL}-{CLONE}-{name}"
    engine.run("rm", "-f", container)
    subnet = _network(engine)
    # Stopped boxes keep their addresses, which Docker would hand to others.
    used = engine("ps", "-a", "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}-address"}}}}').split()
    address = next(str(free) for free in list(subnet.hosts())[1:] if str(free) not in used)
    volume = f"{container}-docker"
    own = ("--label", f"{LABEL}={name}", "--label", f"{LABEL}-clone={CLONE}")
    engine("volume", "create", *own, volume)
    engine(
        *("run", "-d", "--name", container, "--hostname", container, "--network", LABEL, "--ip", address),
        *(*own, "--label", f"{LABEL}-address={address}"),
        *("--tmpfs", "/run:exec,mode=755", "-v", f"{volume}:/var/lib/docker"),
        *cgroups,
        *_power(engine, image),
        image,
    )


def _power(engine: Engine, image: str) -> list[str]:
    """What lets a dockerd run inside: `--privileged` where this engine can give it, else what has proved enough."""
    if engine.run("run", "--rm", "--privileged", "--entrypoint", "true", image).returncode == 0:
        return ["--privileged"]
    capabilities = [word for name in _CAPABILITIES for word in ("--cap-add", name)]
    return [*capabilities, *(word for option in _UNCONFINED for word in ("--security-opt", option))]


def _network(engine: Engine) -> ipaddress.IPv4Network:
    """The boxes' own bridge; made twice, because Docker gives fixed addresses only on a subnet that it was told."""
    if engine.run("network", "inspect", LABEL).returncode:
        engine("network", "create", LABEL)
        subnet = json.loads(engine("network", "inspect", LABEL))[0]["IPAM"]["Config"][0]["Subnet"]
        engine("network", "rm", LABEL)
        engine("network", "create", "--label", f"{LABEL}=network", "--subnet", subnet, LABEL)
    config = json.loads(engine("network", "inspect", LABEL))[0]["IPAM"]["Config"][0]
    return ipaddress.IPv4Network(config["Subnet"])
