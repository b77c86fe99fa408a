"""Base images without a registry: pulled where one answers, else made from Debian's packages under the names a user would write."""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.box.engine import LABEL, BoxError, Engine, as_root, install

__all__ = ["BASE", "NGINX", "NODE", "PYTHON", "cache", "ensure"]

BASE = "debian:bookworm-slim"
PYTHON = "python:3.12-slim"
NODE = "node:22-slim"
NGINX = "nginx:stable"
_DOCKERFILES = {PYTHON: "python.Dockerfile", NODE: "node.Dockerfile", NGINX: "nginx.Dockerfile"}
_SUITE = "bookworm"


def ensure(engine: Engine, reference: str) -> None:
    """Make the engine have that image: as it is, pulled, or a stand-in. Raises BoxError when none of these can be done."""
    if engine.has_image(reference) or _pulled(engine, reference):
        return
    if reference == BASE:
        _make_base(engine)
        return
    ensure(engine, BASE)
    _say(f"building a stand-in for {reference}")
    dockerfile = Path(__file__).parent / "dockerfiles" / _DOCKERFILES[reference]
    engine("build", "-q", "-t", reference, *proxy_arguments(), "-", data=dockerfile.read_bytes(), timeout=600)


def proxy_arguments() -> list[str]:
    """Build arguments that hand this machine's proxy settings, if any, to the package manager inside a build."""
    names = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return [word for name in names if name in os.environ for word in ("--build-arg", name)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _pulled(engine: Engine, reference: str) -> bool:
    """Whether a registry had it. It is asked with a short limit first: a machine without one may not even say no."""
    try:
        if engine.run("manifest", "inspect", reference, timeout=15).returncode:
            return False
        return engine.run("pull", "-q", reference, timeout=300).returncode == 0
    except BoxError:
        return False


def cache() -> Path:
    """Where the debootstrap tarball is kept between runs; everything works without it."""
    shared = Path("/var/cache/bluegreen-box")
    if os.geteuid() == 0:
        shared.mkdir(parents=True, exist_ok=True)
        return shared
    own = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bluegreen-box"
    own.mkdir(parents=True, exist_ok=True)
    return own


def _make_base(engine: Engine) -> None:
    tarball = cache() / f"{_SUITE}.tar"
    if not (tarball.exists() and _imported(engine, tarball)):
        _debootstrap(tarball)
        if not _imported(engine, tarball):
            message = f"docker cannot import {tarball}, which debootstrap made"
            raise BoxError(message)


def _imported(engine: Engine, tarball: Path) -> bool:
    changes = ("--change", 'CMD ["bash"]', "--change", f"LABEL {LABEL}=stand-in")
    return engine.run("import", *changes, str(tarball), BASE, timeout=300).returncode == 0


def _mirror() -> str:
    """Where this machine's own apt gets Debian's packages for the suite; empty leaves it to debootstrap."""
    asked = ("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages")
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found = re.search(rf"^(https?://\S+) {_SUITE} main$", listed, re.MULTILINE)
    return found[1] if found else ""


def _debootstrap(tarball: Path) -> None:
    """A minimal Debian, packed into `tarball`."""
    if shutil.which("debootstrap", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        install("debootstrap")
    _say(f"making {BASE} with debootstrap")
    with tempfile.TemporaryDirectory(prefix="bluegreen-box-") as scratch:
        root = Path(scratch) / "root"
        made = Path(scratch) / "root.tar"
        mirror = _mirror()
        search = f"PATH={os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        bootstrap = ("debootstrap", "--variant=minbase", _SUITE, str(root), *([mirror] if mirror else []))
        slim = "rm -rf root/var/cache/apt/* root/var/lib/apt/lists/* root/usr/share/doc/* root/usr/share/man/*"
        steps = (
            as_root("env", search, *bootstrap),
            as_root("sh", "-c", f"cd '{scratch}' && {slim} && tar -C root -cf root.tar . && chmod 0644 root.tar && rm -rf root"),
        )
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode:
                message = f"{' '.join(step[:6])}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
                raise BoxError(message)
        partial = tarball.with_suffix(".partial")
        shutil.copyfile(made, partial)
        partial.replace(tarball)
