"""A runner as far as action.yml is concerned: each step's bash gets the environment and the signals that GitHub's own gives it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.product import ROOT, Done, Running
from tests.mortal import MORTAL

__all__ = ["Runner", "cancel"]

# https://github.com/actions/runner, ProcessInvoker: SIGINT, 7.5 s later SIGTERM, 2.5 s later the process is killed.
_SIGNALS = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5))


@dataclass(kw_only=True)
class Runner:
    """Runs the steps of action.yml one after the other, in `directory`, with the inputs of a `with:` block."""

    directory: Path
    temp: Path
    inputs: Mapping[str, str]
    environ: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def install(self) -> Done:
        """The first step, to its end."""
        step = self._action["runs"]["steps"][0]
        done = self._start(step).finish(120)
        self.outputs[step["id"]] = done.outputs
        return done

    def start(self) -> Running:
        """The second step."""
        return self._start(self._action["runs"]["steps"][1])

    @property
    def _action(self) -> Any:
        return yaml.safe_load((ROOT / "action.yml").read_text())

    def _start(self, step: Mapping[str, Any]) -> Running:
        directory = self.directory / step["id"]
        directory.mkdir(parents=True)
        script, log = directory / "step.sh", directory / "log.txt"
        script.write_text(step["run"])
        for name in ("outputs", "summary.md"):
            (directory / name).touch()
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(directory / "outputs"),
            "GITHUB_STEP_SUMMARY": str(directory / "summary.md"),
            "RUNNER_TEMP": str(self.temp),
            **self.environ,
            **{name: self._valued(value) for name, value in step.get("env", {}).items()},
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                (*MORTAL, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)),
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        return Running(process=process, log=log, began=time.monotonic(), directory=directory)

    def _valued(self, expression: str) -> str:
        """`${{ inputs.NAME }}` or `${{ steps.ID.outputs.NAME }}`, the two expressions there are."""
        declared = self._action["inputs"]
        if found := re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", expression):
            return self.inputs.get(found[1], declared[found[1]].get("default", ""))
        found = re.fullmatch(r"\$\{\{ steps\.([a-z]+)\.outputs\.([a-z-]+) \}\}", expression)
        assert found, expression
        return self.outputs[found[1]][found[2]]


def cancel(running: Running) -> Done:
    """Cancel the step as the runner does: signals to its entry process only, and the end by force when they were not enough."""
    for number, patience in _SIGNALS:
        running.process.send_signal(number)
        try:
            running.process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue
    else:
        os.killpg(running.process.pid, signal.SIGKILL)
    return running.finish(5)
