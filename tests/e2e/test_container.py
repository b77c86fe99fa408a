"""The program as a container: the same inputs, the same words, no Python and no docker needed where it runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.box import Box, images
from tests.box.engine import LABEL, Engine, engine
from tests.e2e.product import APP, ROOT, Product, serving

_IMAGE = "bluegreen-action:test"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine that has built the Dockerfile, without a package index: the locked wheels come with the context."""
    context = tmp_path_factory.mktemp("context")
    for name in ("Dockerfile", ".dockerignore", "entrypoint.py"):
        shutil.copy(ROOT / name, context)
    for name in ("bluegreen", "templates", "requirements"):
        shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
    wheels = ("download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "--require-hashes")
    words = (sys.executable, "-m", "pip", *wheels, "-r", str(ROOT / "requirements" / "runtime.txt"), "-d", str(context / "wheels"))
    subprocess.run(words, check=True, capture_output=True, timeout=180)
    docker = engine()
    images.ensure(docker, images.BASE)
    docker("build", "-q", "-t", _IMAGE, "--build-arg", "PIP_NO_INDEX=1", *images.proxy_arguments(), str(context), timeout=400)
    yield docker
    docker.run("image", "rm", _IMAGE)


@pytest.fixture
def container(built: Engine, product: Product) -> Callable[..., tuple[int, str]]:
    """Runs the container with the product's inputs; its exit code and what it printed."""

    def run(*words: str, **inputs: str) -> tuple[int, str]:
        given = {**product.inputs, "context": ".", **{name.replace("_", "-"): value for name, value in inputs.items()}}
        variables = [word for name, value in given.items() for word in ("-e", f"INPUT_{name.upper()}={value}")]
        done = built.run("run", "--rm", "--network", LABEL, "-v", f"{APP}:/work:ro", *variables, _IMAGE, *words, timeout=180)
        return done.returncode, (done.stdout + done.stderr).decode()

    return run


def test_the_container_deploys(box: Box, container: Callable[..., tuple[int, str]]) -> None:
    """From the checkout that is mounted, with BuildKit by its own client, and the names of inputs as GitHub spells them."""
    code, out = container("deploy", version="v1", build_args="VERSION=v1")
    assert code == 0, out
    assert "BuildKit on the host, driven by /usr/local/bin/docker" in out
    assert serving(box) == {"v1": 40}


def test_the_container_is_nobody_and_says_what_is_wrong(container: Callable[..., tuple[int, str]], built: Engine) -> None:
    """As the command line does, with its exit code."""
    code, out = container("deploy", key="", version="v1")
    assert code == 2
    assert "`key` is empty" in out
    assert built("run", "--rm", "--entrypoint", "id", _IMAGE, "-u") == "10001"
