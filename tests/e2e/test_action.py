"""action.yml on the real thing: its two steps' own bash deploys, and a cancelled job leaves the host as it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import QUICK
from tests.e2e.product import APP, ROOT, Product, serving
from tests.e2e.runner import Runner, cancel
from tests.load import Load
from tests.load.checker import nobody_noticed


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One job's temporary folder, so that only the first test waits for the installation."""
    return tmp_path_factory.mktemp("runner")


@pytest.fixture(scope="module")
def product(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """v0 is live, and every test leaves a live release to the next."""
    running_box.reset()
    product = Product(running_box, tmp_path_factory.mktemp("product"))
    product.inputs |= QUICK
    assert product.deploy("v0").exit_code == 0
    return product


@pytest.fixture
def box(product: Product) -> Box:
    """The box on which it is."""
    return product.box


@pytest.fixture
def step(product: Product, tmp_path: Path, temp: Path) -> Callable[..., Runner]:
    """Makes a runner whose first step is done; inputs as in a `with:` block."""

    def make(version: str, *, bad: str = "", **inputs: str) -> Runner:
        given = {
            **product.inputs,
            "version": version,
            "build-args": f"VERSION={version}\nBAD={bad}",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        runner = Runner(directory=tmp_path / f"steps-{version}", temp=temp, inputs=given)
        assert runner.install().exit_code == 0
        return runner

    return make


def lies_on(box: Box) -> str:
    """What must be the same before and after: both routes, the site, and which containers run."""
    return box.sh(
        "readlink /var/lib/bluegreen/apps/*/traffic /run/bluegreen/* || true; ls /var/lib/bluegreen/apps/*/releases;"
        "sha256sum /etc/nginx/conf.d/*; docker ps --no-trunc --format '{{.ID}} {{.Names}}'; docker network ls -q"
    )


def soon(box: Box, wanted: str, seconds: float) -> str:
    """What lies on the host, once it is what was wanted or the time is up."""
    until = time.monotonic() + seconds
    while (found := lies_on(box)) != wanted and time.monotonic() < until:
        time.sleep(0.5)
    return found


def test_the_two_steps_deploy_and_put_out_what_came_of_it(box: Box, step: Callable[..., Runner]) -> None:
    """The inputs travel by `env:`, the outputs by the runner's file."""
    done = step("v1").start().finish()
    assert done.exit_code == 0, done.out
    assert serving(box) == {"v1": 40}
    assert done.outputs["result"] == "deployed"
    assert done.outputs["containers"] == "myexample-v1"
    assert done.report["exit_code"] == 0
    assert "v1" in done.summary


@pytest.mark.parametrize(
    ("moment", "bad", "shift"),
    [
        pytest.param("Builder:", "", "100%", id="in build"),
        pytest.param("runs as the green one", "slow-start=60", "100%", id="in probe"),
        pytest.param("10 % of the requests go to", "", "10% 20s", id="at 10 percent"),
        pytest.param("100 % of the requests go to", "", "100%", id="in watch"),
    ],
)
def test_a_cancelled_job_leaves_the_host_as_it_was(
    product: Product, step: Callable[..., Runner], load: Load, moment: str, bad: str, shift: str
) -> None:
    """The runner signals only the step's bash, which the program has replaced; no user notices, and the next deployment succeeds."""
    box = product.box
    (live,) = serving(box)
    before = lies_on(box)
    load.start()
    running = step(f"{live}-next", bad=bad, shift=shift, watch="20s", drain_timeout="15s", stop_timeout="2s").start()
    running.wait_for(moment)
    assert b"entrypoint.py" in Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
    done = cancel(running)
    assert done.exit_code == 130, done.out
    assert serving(box) == {live: 40}
    assert soon(box, before, 30) == before
    records = load.stop()
    assert len(records) > 100
    assert nobody_noticed(records, []) == []
    after = f"v{int(live.removeprefix('v')) + 1}"
    assert product.deploy(after).exit_code == 0
    assert serving(box) == {after: 40}


def test_a_runner_that_is_killed_leaves_the_host_as_it_was_too(box: Box, step: Callable[..., Runner]) -> None:
    """Nothing in the program can run then; the guardian on the host does it."""
    (live,) = serving(box)
    before = lies_on(box)
    running = step(f"{live}-next", shift="10% 20s", drain_timeout="5s", stop_timeout="2s").start()
    running.wait_for("10 % of the requests go to")
    os.killpg(running.process.pid, signal.SIGKILL)
    running.finish(5)
    assert soon(box, before, 25) == before
    assert serving(box) == {live: 40}


def test_the_readmes_workflow_runs_verbatim(box: Box, tmp_path: Path) -> None:
    """Under `act`, which runs it as GitHub does, down to the secrets and the job summary."""
    box.reset()
    found = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    repository = tmp_path / "repository"
    (repository / ".github" / "workflows").mkdir(parents=True)
    (repository / ".github" / "workflows" / "deploy.yml").write_text(found[1])
    subprocess.run(("cp", "-r", f"{APP}/.", str(repository)), check=True)
    git = ("git", "-C", str(repository), "-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        subprocess.run((*git, *words), check=True)
    commit = subprocess.run((*git, "rev-parse", "HEAD"), check=True, capture_output=True, text=True).stdout[:7]
    secrets = tmp_path / "secrets"
    secrets.write_text(f'EC2_HOST={box.address}\nEC2_FINGERPRINT={box.fingerprint}\nEC2_KEY="{box.key_file.read_text()}"\n')
    act = (str(ROOT / ".venv" / "bin" / "act"), "push", "-P", "ubuntu-24.04=-self-hosted", "--secret-file", str(secrets))
    local = ("--local-repository", f"org/bluegreen-action@v1={ROOT}")
    done = subprocess.run((*act, *local), cwd=repository, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert box.docker("ps", "--format", "{{.Names}}").split() == [f"myexample-{commit}"]
    assert sum(serving(box).values()) == serving(box)["dev"]
    assert "set-output:: result=deployed" in done.stdout
    assert box.key_file.read_text().splitlines()[2] not in done.stdout
