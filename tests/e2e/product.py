"""The product as its user starts it: inputs in the environment, one process, and what it leaves behind."""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.box import Box
from tests.mortal import MORTAL

__all__ = ["APP", "Done", "Product", "Running", "serving"]

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "tests" / "box" / "app"
_SECRET_FREE = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a run ended. `out` is standard output and error as the runner shows them, interleaved."""

    exit_code: int
    out: str
    seconds: float
    outputs_file: Path
    summary_file: Path

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The step's outputs."""
        found: dict[str, str] = {}
        lines = iter(self.outputs_file.read_text().splitlines())
        for line in lines:
            name, multi, delimiter = line.partition("<<")
            if not multi or "=" in name:
                name, _, found_value = line.partition("=")
                found[name] = found_value
                continue
            value: list[str] = []
            for part in lines:
                if part == delimiter:
                    break
                value.append(part)
            found[name] = "\n".join(value)
        return found

    @cached_property
    def summary(self) -> str:
        """The job summary's Markdown."""
        return self.summary_file.read_text()

    @cached_property
    def report(self) -> dict[str, Any]:
        """report.json. Raises KeyError when no report was announced."""
        report: dict[str, Any] = json.loads(Path(self.outputs["report"]).read_text())
        return report


@dataclass(kw_only=True)
class Running:
    """A run that has not ended yet; `process.pid` is the entry process, the one that a runner would signal."""

    process: subprocess.Popen[str]
    log: Path
    began: float
    directory: Path = field(repr=False)

    def wait_for(self, text: str, timeout: float = 60.0) -> None:
        """Until the log holds `text`. Raises AssertionError when it does not in time, or the run ends without it."""
        deadline = time.monotonic() + timeout
        while text not in self.log.read_text():
            ended = self.process.poll() is not None
            if (ended and text not in self.log.read_text()) or time.monotonic() > deadline:
                message = f"{text!r} never came; the log:\n{self.log.read_text()}"
                raise AssertionError(message)
            time.sleep(0.02)

    def finish(self, timeout: float = 180.0) -> Done:
        """Wait for its end. A run that takes longer is killed, and subprocess.TimeoutExpired raised."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            print(self.log.read_text())
            raise
        seconds = time.monotonic() - self.began
        return Done(
            exit_code=code,
            out=self.log.read_text(),
            seconds=seconds,
            outputs_file=self.directory / "outputs",
            summary_file=self.directory / "summary.md",
        )


class Product:
    """Starts the product against one box; each run has a directory of its own, as each step on a runner has."""

    def __init__(self, box: Box, directory: Path) -> None:
        self.box = box
        self.directory = directory
        self._runs = 0
        self.inputs: dict[str, str] = {
            "host": box.address,
            "username": "ubuntu",
            "key": box.key_file.read_text(),
            "fingerprint": box.fingerprint,
            "image": "myexample",
            "context": str(APP),
            "health-path": "/healthz",
            "shift": "10% 1s, 50% 1s",
            "watch": "1s",
        }

    def deploy(self, version: str, *, bad: str = "", timeout: float = 180.0, **inputs: str) -> Done:
        """Deploy the test application as `version`, with a bad day if wanted; `health_path="/x"` is the input `health-path`."""
        return self.start("deploy", **_application(version, bad), **inputs).finish(timeout)

    def start_deploy(self, version: str, *, bad: str = "", **inputs: str) -> Running:
        """The same, without waiting for its end."""
        return self.start("deploy", **_application(version, bad), **inputs)

    def run(self, command: str, *words: str, timeout: float = 180.0, **inputs: str) -> Done:
        """Any command, with extra command-line words."""
        return self.start(command, *words, **inputs).finish(timeout)

    def start(self, command: str, *words: str, **inputs: str) -> Running:
        """Start a command. An input given as "" is set and empty, as an unconfigured secret is."""
        self._runs += 1
        directory = self.directory / f"run-{self._runs}"
        (directory / "temp").mkdir(parents=True)
        for name in ("outputs", "summary.md"):
            (directory / name).touch()
        log = directory / "log.txt"
        with log.open("wb") as file:
            process = subprocess.Popen(
                (*MORTAL, sys.executable, "-I", str(ROOT / "entrypoint.py"), command, *words),
                cwd=ROOT,
                env=self.environment(directory, **inputs),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        return Running(process=process, log=log, began=time.monotonic(), directory=directory)

    def environment(self, directory: Path, **inputs: str) -> dict[str, str]:
        """A runner's environment and the inputs, nothing of this machine's but the paths."""
        given = self.inputs | {name.replace("_", "-"): value for name, value in inputs.items()}
        return {
            **{name: os.environ[name] for name in _SECRET_FREE if name in os.environ},
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(directory / "outputs"),
            "GITHUB_STEP_SUMMARY": str(directory / "summary.md"),
            "RUNNER_TEMP": str(directory / "temp"),
            **{f"INPUT_{name.replace('-', '_').upper()}": value for name, value in given.items()},
        }


def _application(version: str, bad: str) -> dict[str, str]:
    """The inputs that make the test application that version, and give it that day."""
    return {"version": version, "build_args": f"VERSION={version}\nBAD={bad}"}


def serving(box: Box, *, port: int = 80, host: str = "localhost", count: int = 40, path: str = "/") -> Counter[str]:
    """Who answers users: versions by how many of `count` new connections they answered; a bad answer counts as its status or error."""
    seen: Counter[str] = Counter()
    for _ in range(count):
        connection = HTTPConnection(box.address, port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host, "Connection": "close", "X-Request-Kind": "look"})
            answer = connection.getresponse()
            text = answer.read()
            seen[json.loads(text)["version"] if answer.status == 200 else str(answer.status)] += 1
        except (OSError, HTTPException, ValueError) as problem:
            seen[type(problem).__name__] += 1
        finally:
            connection.close()
    return seen
