"""Load in a process of its own, so that neither a busy test nor its own event loop holds the users up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.load.client import Target
from tests.load.generator import MIX
from tests.load.record import Kind, Record, read
from tests.mortal import MORTAL

__all__ = ["Load"]

_ROOT = Path(__file__).resolve().parents[2]


class Load:
    """Users of `target` from `start` to `stop`, at `rates` requests a second; also a context manager. Records go to `file`."""

    def __init__(
        self,
        target: Target,
        file: Path,
        *,
        rates: Mapping[Kind, float] = MIX,
        connections: int = 20,
        websocket_seconds: float = 5.0,
        timeout: float = 30.0,
    ) -> None:
        self.file = file
        scheme = "https" if target.tls else "http"
        self._argv = [
            *(*MORTAL, sys.executable, "-m", "tests.load", f"{scheme}://{target.address}:{target.port}", "--host", target.host),
            *("--out", str(file), "--connections", str(connections)),
            *("--websocket-seconds", str(websocket_seconds), "--timeout", str(timeout), "--seconds", "3600"),
            *(word for kind in Kind for word in (f"--{kind.value}", str(rates.get(kind, 0.0)))),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._timeout = timeout

    def start(self) -> Self:
        """Start, and return once the first user has been answered, well or badly. Raises RuntimeError when none is in 10 s."""
        self.file.unlink(missing_ok=True)
        with self.file.with_suffix(".log").open("wb") as log:
            self._process = subprocess.Popen(
                self._argv, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 10
        while not (self.file.exists() and self.file.stat().st_size):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                message = f"the load did not start: {self.file.with_suffix('.log').read_text()[-2000:]}"
                raise RuntimeError(message)
            time.sleep(0.02)
        return self

    def stop(self) -> list[Record]:
        """Let no more users come, wait for those who are there, and return all records. A second time is harmless."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self._timeout + 20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        return self.records()

    @property
    def pid(self) -> int:
        """Its process; 0 before `start`."""
        return self._process.pid if self._process is not None else 0

    def records(self) -> list[Record]:
        """What is known so far."""
        return read(self.file) if self.file.exists() else []

    def progress(self) -> dict[str, int]:
        """The counts that the load told last, at most a second ago: `requests`, `failed`, and `version …` for each."""
        lines = self.file.with_suffix(".log").read_text(errors="replace").splitlines()
        told: dict[str, int] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
        return told

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self.stop()
