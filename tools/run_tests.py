"""Runs the tests tier by tier, all of them even after a failure, and says what each tier came to: collected = run, or it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_UNIT_GOAL = 2.0
_TIER_LIMIT = {"unit": 120.0, "flow": 300.0, "e2e": 1200.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tier:
    """What one tier came to; `problem` is empty when it is well."""

    name: str
    counts: Counter[str]
    seconds: float
    problem: str

    def line(self) -> str:
        """The tier in one line."""
        note = f"   (goal: {_UNIT_GOAL:g} s)" if self.name == "unit" and self.seconds > _UNIT_GOAL else ""
        sign = "=" if self.counts["collected"] == self.counts["run"] else "but"
        counts = f"collected {self.counts['collected']:4} {sign} run {self.counts['run']:4}"
        return f"{self.name:5} {counts}   {self.seconds:7.2f} s   {self.problem or 'ok'}{note}"


def main(names: list[str]) -> int:
    """Run the tiers of these names and end with one line that counts."""
    if "unit" in names:
        _warm_up()
    tiers = [_run(name) for name in names]
    print()
    for tier in tiers:
        print(tier.line())
    failed = sum(max(tier.counts["failed"] + tier.counts["errors"], 1 if tier.problem else 0) for tier in tiers)
    print(f"{sum(tier.counts['passed'] for tier in tiers)} passed, {failed} failed")
    return 1 if failed else 0


def _run(name: str) -> _Tier:
    print(f"── {name} ──", flush=True)
    shares = _shares(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        tallies = [Path(scratch) / f"{number}.json" for number in range(len(shares))]
        logs = [Path(scratch) / f"{number}.log" for number in range(len(shares))]
        running = [_start(*each, quiet=len(shares) > 1) for each in zip(shares, tallies, logs, strict=True)]
        statuses = [_end(process, began + _TIER_LIMIT[name]) for process in running]
        seconds = time.monotonic() - began
        print("".join(log.read_text(encoding="utf-8") for log in logs if log.exists()), end="", flush=True)
        counts: Counter[str] = Counter()
        for tally in tallies:
            counts.update(json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {})
    return _Tier(name=name, counts=counts, seconds=seconds, problem=_problem(statuses, counts, _TIER_LIMIT[name]))


def _shares(name: str) -> list[list[str]]:
    """The unit tests run in two processes: half of their time is pytest's own, and machines have two processors."""
    if name != "unit":
        return [[f"tests/{name}"]]
    by_size = sorted((_ROOT / "tests" / name).glob("test_*.py"), key=lambda path: -path.stat().st_size)
    names = [str(path.relative_to(_ROOT)) for path in by_size]
    return [names[0::2], names[1::2]]


def _start(paths: list[str], tally: Path, log: Path, *, quiet: bool) -> subprocess.Popen[bytes]:
    argv = (sys.executable, "-m", "pytest", "-q", "--complete", "--tally", str(tally), *paths)
    if not quiet:
        return subprocess.Popen(argv, cwd=_ROOT, env=_environment())
    with log.open("wb") as out:
        return subprocess.Popen(argv, cwd=_ROOT, env=_environment(), stdout=out, stderr=out)


def _end(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """Its exit status, or None when it had to be ended."""
    try:
        return process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return None


def _warm_up() -> None:
    """Let Python and pytest compile what a fresh clone has not compiled yet: the tier's time is for its tests."""
    argv = (sys.executable, "-m", "pytest", "tests/unit", "-qq", "--collect-only")
    subprocess.run(argv, cwd=_ROOT, env=_environment(), stdout=subprocess.DEVNULL, timeout=_TIER_LIMIT["unit"], check=False)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _problem(statuses: list[int | None], counts: Counter[str], limit: float) -> str:
    if None in statuses:
        return f"took longer than {limit:g} s and was ended"
    if counts["failed"] or counts["errors"]:
        return "failed"
    if counts["collected"] != counts["run"]:
        return "not every test was run"
    if not counts["run"]:
        return "there was no test"
    bad = [status for status in statuses if status]
    return f"pytest ended with {bad[0]}" if bad else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
