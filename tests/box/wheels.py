"""An example's build context for a machine whose builds cannot reach PyPI: the same files, with the wheels beside them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.box import images
from tests.box.engine import STATE, BoxError, Engine

__all__ = ["BUILD_ARGS", "context_with_wheels"]

BUILD_ARGS = ("PIP_NO_INDEX=1", "PIP_FIND_LINKS=/install")
_PLATFORMS = ("manylinux_2_28", "manylinux2014", "manylinux_2_17")


def context_with_wheels(engine: Engine, example: Path, destination: Path) -> Path:
    """Copy `example` and put the wheels of its requirements, for the Python of its base image, into `wheels` within the copy.

    Wheels are downloaded by this machine's pip, and kept in `.cache` for the next time.
    """
    images.ensure(engine, images.PYTHON)
    asked = "import platform, sys; print('%d.%d' % sys.version_info[:2], platform.machine())"
    version, machine = engine("run", "--rm", images.PYTHON, "python", "-c", asked).split()
    kept = STATE / f"wheels-{version}-{machine}"
    requirements = example / "requirements.txt"
    shutil.copytree(example, destination, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "wheels"))
    words = ["download", "-q", "--disable-pip-version-check", "--dest", str(destination / "wheels"), "-r", str(requirements)]
    target = ["--only-binary", ":all:", "--python-version", version, *(w for p in _PLATFORMS for w in ("--platform", f"{p}_{machine}"))]
    offline = ["--no-index", "--find-links", str(kept)]
    if kept.exists() and _pip(*words, *target, *offline).returncode == 0:
        return destination
    done = _pip(*words, *target)
    if done.returncode:
        message = f"pip cannot download the wheels of {requirements}: {done.stderr.strip()}"
        raise BoxError(message)
    shutil.copytree(destination / "wheels", kept, dirs_exist_ok=True)
    return destination


def _pip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, "-m", "pip", *words), capture_output=True, text=True, timeout=300, check=False)
