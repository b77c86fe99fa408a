"""The acts: what is deployed, how it will behave, and how the deployment must end; each is the real program as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.rule import Rule

from tests.box import Box
from tests.load.checker import Died
from tests.load.run import Load

__all__ = ["ACTS", "FIRST", "NAME", "Act", "Stage"]

NAME = "demo"
_ROOT = Path(__file__).resolve().parent.parent
_LIMIT = 240.0
_CRASHED = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One deployment. `bad` is the day its application will have (tests/box/app); `exit_code` is how the deployment must end."""

    version: str
    title: str
    exit_code: int
    report: str = ""
    bad: str = ""


FIRST = Act(version="v1", title="v1: the first deployment, on a host with nothing of ours", exit_code=0)
ACTS = (
    Act(version="v2", title="v2: a good release, shifted in steps", exit_code=0, report="report.json"),
    Act(version="v3", title="v3: broken, it exits as soon as it starts", exit_code=7, report="report-v3.json", bad="exit"),
    Act(version="v4", title="v4: healthy, until half of the users come", exit_code=8, report="report-v4.json", bad="die-at-rate=60:3"),
)


class Stage:
    """Performs acts on one box, and notices from outside when a container there dies."""

    def __init__(self, *, box: Box, folder: Path, console: Console) -> None:
        self._box = box
        self._folder = folder
        self._console = console
        self._events = folder / "events.jsonl"
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        argv = (
            *self._box.engine.client,
            "exec",
            self._box.container,
            "docker",
            "events",
            "--filter",
            "event=die",
            "--format",
            "{{json .}}",
        )
        with self._events.open("wb") as file:
            self._watcher = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._watcher is not None:
            self._watcher.terminate()
            self._watcher.wait(10)

    def perform(self, act: Act) -> int:
        """Deploy it as a workflow would, showing what a person would see, and return the exit code."""
        self._console.print()
        self._console.print(Rule(f"[bold]{act.title}[/]", align="left"))
        argv = (sys.executable, "-I", str(_ROOT / "entrypoint.py"), "deploy", "--json")
        began = time.monotonic()
        self._scratch(act).mkdir()
        sys.stdout.flush()
        with (self._folder / (act.report or "report-v1.json")).open("wb") as report:
            # With --json the report goes to standard output, and what people read to standard error, which is this terminal.
            code = subprocess.run(argv, env=self._environment(act), stdout=report, timeout=_LIMIT, check=False, cwd=_ROOT).returncode
        self._keep_page(act)
        mark = "[green]✓ as expected[/]" if code == act.exit_code else f"[red]✗ expected {act.exit_code}[/]"
        self._console.print(f"[dim]exit code[/] {code} {mark} [dim]after {time.monotonic() - began:.1f} s[/]")
        return code

    def _keep_page(self, act: Act) -> None:
        """The page that a runner would offer for download, beside the JSON of the same run."""
        for page in self._scratch(act).rglob("report.html"):
            shutil.copy(page, self._folder / Path(act.report or "report-v1.json").with_suffix(".html"))

    def _scratch(self, act: Act) -> Path:
        return self._folder / f"runner-{act.version}"

    def tell_load(self, load: Load) -> None:
        """One line about the users, as far as they have come."""
        told = load.progress()
        releases = ", ".join(
            f"{name.removeprefix('version ')} {count:,}" for name, count in sorted(told.items()) if name.startswith("version ")
        )
        self._console.print(
            f"[dim]users so far:[/] {told.get('requests', 0):,} requests, {told.get('failed', 0)} failed [dim]({releases})[/]"
        )

    def deaths(self) -> list[Died]:
        """The containers that crashed while users were theirs: not those that were stopped, nor v3, which never had any."""
        found = []
        for line in self._events.read_text().splitlines():
            event = json.loads(line)
            told = event["Actor"]["Attributes"]
            if told["exitCode"] == _CRASHED and told.get("bluegreen.version") == ACTS[-1].version:
                found.append(Died(at=event["timeNano"] / 1e9, version=told["bluegreen.version"]))
        return found

    def _environment(self, act: Act) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TERM", "LANG", "LC_ALL", "NO_COLOR", "COLUMNS") if name in os.environ}
        return kept | {
            "RUNNER_TEMP": str(self._scratch(act).resolve()),
            "INPUT_HOST": self._box.address,
            "INPUT_USERNAME": "ubuntu",
            "INPUT_KEY": self._box.key_file.read_text(),
            "INPUT_FINGERPRINT": self._box.fingerprint,
            "INPUT_IMAGE": NAME,
            "INPUT_VERSION": act.version,
            "INPUT_CONTEXT": "tests/box/app",
            "INPUT_BUILD_ARGS": f"VERSION={act.version}\nBAD={act.bad}",
            "INPUT_HEALTH_PATH": "/healthz",
            "INPUT_URL": f"http://{self._box.address}/",
            "INPUT_SHIFT": "10% 8s, 50% 8s",
            "INPUT_WATCH": "5s",
        }
