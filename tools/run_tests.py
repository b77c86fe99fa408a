"""Runs the tests tier by tier, all of them even after a failure, and says what each tier came to: collected = run, or it failed.

Two processes share a quick tier, for two processors. Three share the end-to-end tier, for those tests wait more than they work; each
has a box of its own, so that they never meet.
"""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_UNIT_GOAL = 2.0
_TIER_LIMIT = {"unit": 120.0, "flow": 300.0, "e2e": 2700.0}  # seconds after which something hangs
_BOXES = ("main", "second", "third")
# What a unit test imports. Each of the two heaps has libraries that take long to load, and few of them load in both.
_HEAPS = (
    re.compile(r"bluegreen\.(inputs|__main__)|test_inputs|report\.Places\(|everywhere\(|tests\.load"),
    re.compile(r"hypothesis|paramiko|host\.link|bluegreen\.report|report_kit"),
)
_UNUSED = (
    "cacheprovider", "doctest", "junitxml", "legacypath", "pastebin", "setuponly", "setupplan", "stepwise", "subtests", "unittest",
)  # fmt: skip
_SLOWEST = (
    "test_crash.py", "test_action.py", "test_same_again.py", "test_site_changes.py", "test_bad_days.py", "test_neighbors.py",
    "test_friday.py", "test_setup.py", "test_systemd.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tier:
    """What one tier, or a share of it, came to; `problem` is empty when it is well."""

    counts: Counter[str]
    seconds: float
    problem: str

    def line(self, name: str) -> str:
        """The tier in one line."""
        note = f"   (goal: {_UNIT_GOAL:g} s)" if name == "unit" and self.seconds > _UNIT_GOAL else ""
        sign = "=" if self.counts["collected"] == self.counts["run"] else "but"
        counts = f"collected {self.counts['collected']:4} {sign} run {self.counts['run']:4}"
        return f"{name:5} {counts}   {self.seconds:7.2f} s   {self.problem or 'ok'}{note}"


def main(names: list[str]) -> int:
    """Run the tiers of these names and end with one line that counts."""
    if "unit" in names:
        _warm_up()
    tiers = {name: _run(name) for name in names}
    print()
    for name, tier in tiers.items():
        print(tier.line(name))
    failed = sum(max(tier.counts["failed"] + tier.counts["errors"], 1 if tier.problem else 0) for tier in tiers.values())
    print(f"{sum(tier.counts['passed'] for tier in tiers.values())} passed, {failed} failed")
    return 1 if failed else 0


def _run(name: str) -> _Tier:
    print(f"── {name} ──", flush=True)
    if name == "e2e":
        _raise_boxes()
    began = time.monotonic()
    free: queue.SimpleQueue[str] = queue.SimpleQueue()
    for box in _BOXES:
        free.put(box)
    with ThreadPoolExecutor(len(_BOXES)) as pool:
        ended = list(pool.map(lambda share: _share(name, share, free, began + _TIER_LIMIT[name]), _shares(name)))
    counts = sum((share.counts for share in ended), Counter())
    problem = next((share.problem for share in ended if share.problem), "" if counts["run"] else "there was no test")
    return _Tier(counts=counts, seconds=time.monotonic() - began, problem=problem)


def _shares(name: str) -> list[list[str]]:
    """Which files run together: quick ones in two heaps, else each file alone, the slow and the large ones first."""
    found = (_ROOT / "tests" / name).rglob("test_*.py")
    ordered = sorted(found, key=lambda path: (path.name not in _SLOWEST, -path.stat().st_size))
    if name == "unit":
        heaps = _unit_heaps(ordered)
    elif name == "flow":
        heaps = [ordered[0::2], ordered[1::2]]
    else:
        heaps = [[path] for path in ordered]
    return [[str(path.relative_to(_ROOT)) for path in heap] for heap in heaps]


def _unit_heaps(ordered: list[Path]) -> list[list[Path]]:
    """The unit tests by what they import; those that need no large library go where less lies."""
    heaps: list[list[Path]] = [[], []]
    plain: list[Path] = []
    for path in ordered:
        text = path.read_text(encoding="utf-8")
        next((heap for heap, mark in zip(heaps, _HEAPS, strict=True) if mark.search(text)), plain).append(path)
    for path in plain:
        min(heaps, key=lambda heap: sum(each.stat().st_size for each in heap)).append(path)
    return heaps


def _asked(name: str, paths: list[str]) -> list[str]:
    """How pytest is asked for these files of a tier.

    For each file that is named, pytest lists the file's whole folder again, so a quick tier's folder is named once, and what is not
    to run. Looking for plugins takes as long as twenty tests, and Hypothesis's own loads Hypothesis: where it is used, it is named.
    Of pytest's own, those that no test here uses take a tenth of a quick test's time.
    """
    if name == "e2e":
        return paths
    others = {str(path.relative_to(_ROOT)) for path in (_ROOT / "tests" / name).rglob("test_*.py")}.difference(paths)
    properties = any("from hypothesis import" in (_ROOT / path).read_text(encoding="utf-8") for path in paths)
    plugins = ("--disable-plugin-autoload", *(("-p", "_hypothesis_pytestplugin") if properties else ()))
    unused = (word for plugin in _UNUSED for word in ("-p", f"no:{plugin}"))
    return [*plugins, *unused, "--capture=sys", f"tests/{name}", *(f"--ignore={path}" for path in sorted(others))]


def _share(name: str, paths: list[str], free: queue.SimpleQueue[str], deadline: float) -> _Tier:
    """Run some files in one process, and tell what became of them once they have ended: in a line, or with all it printed."""
    box, began = free.get(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        tally, log = Path(scratch) / "tally.json", Path(scratch) / "log"
        argv = (sys.executable, "-m", "pytest", "-q", "--complete", "--durations=3", "--tally", str(tally), *_asked(name, paths))
        with log.open("wb") as out:
            process = subprocess.Popen(argv, cwd=_ROOT, env=_environment(box), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            status = _end(process, deadline)
        counts: Counter[str] = Counter(json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {})
        told = log.read_text(encoding="utf-8", errors="replace")
    free.put(box)
    ended = _Tier(counts=counts, seconds=time.monotonic() - began, problem=_problem(status, counts))
    what = paths[0] if len(paths) == 1 else f"{len(paths)} files"
    print(
        f"{told if ended.problem else ''}{what}: {counts['passed']} passed, {ended.seconds:.1f} s{ended.problem and f', {ended.problem}'}",
        flush=True,
    )
    return ended


def _end(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """Its exit status, or None when its time was up; asked nicely first, so that its fixtures clean up."""
    for ask in (None, lambda: process.send_signal(signal.SIGINT), process.kill):
        if ask is not None:
            ask()
        try:
            status = process.wait(max(1.0, deadline - time.monotonic()) if ask is None else 30)
        except subprocess.TimeoutExpired:
            continue
        return status if ask is None else None
    return None


def _warm_up() -> None:
    """Let Python and pytest compile what a fresh clone has not compiled yet, and Hypothesis tabulate Unicode: the tier is for its tests."""
    if (_ROOT / ".hypothesis").is_dir() and all(_is_compiled(path) for path in (_ROOT / "tests" / "unit").glob("test_*.py")):
        return
    for words in (("tests/unit", "--collect-only"), ("tests/unit/test_log_signature.py",)):
        argv = (sys.executable, "-m", "pytest", "-qq", *words)
        subprocess.run(argv, cwd=_ROOT, env=_environment(""), stdout=subprocess.DEVNULL, timeout=_TIER_LIMIT["unit"], check=False)


def _is_compiled(path: Path) -> bool:
    return any((path.parent / "__pycache__").glob(f"{path.stem}.{sys.implementation.cache_tag}-pytest-*.pyc"))


def _raise_boxes() -> None:
    """Bring the boxes up one after the other, and the engine below them: processes that run at once would each start one."""
    for box in _BOXES:
        argv = (sys.executable, "-m", "tests.box", "up", "--name", box)
        subprocess.run(argv, cwd=_ROOT, stdout=subprocess.DEVNULL, timeout=_TIER_LIMIT["e2e"], check=False)


def _environment(box: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"BLUEGREEN_BOX": box}


def _problem(status: int | None, counts: Counter[str]) -> str:
    if status is None:
        return "took too long and was ended"
    if counts["failed"] or counts["errors"]:
        return "failed"
    if counts["collected"] != counts["run"]:
        return "not every test was run"
    return f"pytest ended with {status}" if status else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
