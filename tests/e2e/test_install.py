"""action.yml's first step, the installation: quick, reused, and clear about what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.product import ROOT

# What the script calls besides a Python; a runner without one still has these.
_TOOLS = ("bash", "dirname", "find", "sort", "grep", "head", "tail", "mkdir", "rm", "cat")


@dataclass(frozen=True, kw_only=True)
class Installed:
    """How the step ended."""

    exit_code: int
    out: str
    seconds: float


def install(temp: Path, /, *, script: Path = ROOT / "install.sh", **environ: str) -> Installed:
    """Run it with that temporary folder of the job's."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"} or name.startswith("PIP_")}
    began = time.monotonic()
    done = subprocess.run(
        ("bash", str(script)), env={**kept, "RUNNER_TEMP": str(temp), **environ}, capture_output=True, text=True, timeout=120, check=False
    )
    return Installed(exit_code=done.returncode, out=done.stdout + done.stderr, seconds=time.monotonic() - began)


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job whose first use of the action is over."""
    folder = tmp_path_factory.mktemp("job")
    first = install(folder)
    assert first.exit_code == 0, first.out
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH without any Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in _TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return folder


def test_a_second_use_in_the_same_job_finds_the_environment_ready(temp: Path) -> None:
    """It says no more than where it is, and takes no time."""
    again = install(temp)
    assert again.exit_code == 0
    assert again.out.splitlines() == [str(next(temp.glob("bluegreen-action/*/bin/python")))]
    assert again.seconds < 8


def test_the_program_starts_from_it(temp: Path) -> None:
    """With `-I` from anywhere."""
    python = next(temp.glob("bluegreen-action/*/bin/python"))
    done = subprocess.run((str(python), "-I", str(ROOT / "entrypoint.py"), "--help"), cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_one_that_was_left_half_made_is_made_again(temp: Path, tmp_path: Path) -> None:
    """A job cancelled during the installation leaves such a one."""
    key = next(temp.glob("bluegreen-action/*")).name
    broken = tmp_path / "bluegreen-action" / key / "bin"
    broken.mkdir(parents=True)
    (broken / "python").write_text("#!/bin/false\n")
    assert install(tmp_path).exit_code == 0
    assert (tmp_path / "bluegreen-action" / key / "ready").exists()


def test_a_python_in_the_runners_tool_cache_is_found(temp: Path, tmp_path: Path, bare: Path) -> None:
    """Where actions/setup-python puts them; one that is too old or broken is passed over."""
    cache = tmp_path / "tools"
    for version, script in (("3.99.0", "exit 1"), ("3.11.9", f'exec {sys.executable} "$@"')):
        folder = cache / "Python" / version / "x64" / "bin"
        folder.mkdir(parents=True)
        (folder / "python3").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "python3").chmod(0o755)
    done = install(temp, PATH=str(bare), RUNNER_TOOL_CACHE=str(cache))
    assert done.exit_code == 0, done.out
    assert done.out.strip().endswith("bin/python")


def test_without_a_python_it_says_which_step_to_add(tmp_path: Path, bare: Path) -> None:
    """As an annotation of the run."""
    done = install(tmp_path, PATH=str(bare), GITHUB_ACTIONS="true")
    assert done.exit_code == 2
    assert done.out.startswith("::error title=Python 3.11 or newer is needed::")
    assert "actions/setup-python" in done.out
    assert done.out.count("\n") == 1


def test_without_a_network_it_says_so_soon(tmp_path: Path) -> None:
    """Nothing listens where the index should be."""
    done = install(
        tmp_path,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_INDEX="",
        PIP_NO_CACHE_DIR="1",
    )
    assert done.exit_code == 3
    assert done.out.startswith("No network:")
    assert "HTTPS_PROXY" in done.out
    assert done.seconds < 30


def test_a_package_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    """Every wheel has its hash in the lock."""
    shutil.copy(ROOT / "install.sh", tmp_path)
    lock = (ROOT / "requirements" / "runtime.txt").read_text()
    (tmp_path / "requirements").mkdir()
    first = next(line.split()[0] for line in lock.splitlines() if "==" in line)
    (tmp_path / "requirements" / "runtime.txt").write_text(f"{first} --hash=sha256:{'0' * 64}\n")
    done = install(tmp_path, script=tmp_path / "install.sh")
    assert done.exit_code == 2
    assert "HASHES" in done.out


class TestEntrypoint:
    """entrypoint.py before the program is there."""

    def test_says_what_to_install_when_a_package_is_missing(self, tmp_path: Path) -> None:
        """In an environment that has none of them."""
        subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(tmp_path)), check=True)
        words = (str(tmp_path / "bin" / "python"), "-I", str(ROOT / "entrypoint.py"), "--help")
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "-m pip install --require-hashes -r" in done.stderr
        assert "Traceback" not in done.stderr

    def test_reports_a_program_that_cannot_start_as_a_bug(self, tmp_path: Path) -> None:
        """No traceback reaches a user, not even then."""
        shutil.copy(ROOT / "entrypoint.py", tmp_path)
        (tmp_path / "bluegreen").mkdir()
        (tmp_path / "bluegreen" / "__init__.py").touch()
        (tmp_path / "bluegreen" / "__main__.py").write_text("import os\nos.nothing\n")
        words = (sys.executable, "-I", str(tmp_path / "entrypoint.py"))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "AttributeError at" in done.stderr
        assert "__main__.py:2" in done.stderr
        assert "issues" in done.stderr
        assert "Traceback" not in done.stderr

    def test_ends_well_when_nobody_reads_any_more(self) -> None:
        """What it cannot say to a closed pipe changes no exit code and prints nothing else."""
        reader, writer = os.pipe()
        os.close(reader)
        words = (sys.executable, "-I", str(ROOT / "entrypoint.py"), "--version")
        with os.fdopen(writer, "wb") as nobody:
            done = subprocess.run(words, stdout=nobody, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_loads_only_what_it_needs_to_understand_what_is_asked(self) -> None:
        """Whatever takes long to load is loaded while the run waits for the host anyway."""
        words = (sys.executable, "-I", "-X", "importtime", str(ROOT / "entrypoint.py"), "--version")
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "pydantic_settings" in loaded
        assert not loaded & {
            "paramiko",
            "docker",
            "requests",
            "jinja2",
            "rich.console",
            "bluegreen.commands.deploy",
            "bluegreen.host.remote",
        }
