"""`python bench/build_noise.py`: what live's users notice while the next image is built beside it. `--write` puts the table into the docs.

On a box of its own: the test application behind the product's own site, 200 requests a second for the whole run, and in turn a window in
which nothing else goes on and one in which BuildKit runs a step that keeps every processor busy. The same windows once more with half of
the processors busy, as a build does that compiles one file at a time. Times are NGINX's own (`$request_time`, milliseconds) and the users',
whose machine this is as well: the load needs processors of its own, so that users behind a real network are told better by NGINX's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.box import Box  # noqa: E402 — a script, which must find the repository first
from tests.e2e.deploying import QUICK  # noqa: E402
from tests.e2e.product import Product  # noqa: E402
from tests.load import Kind, Load, Record, Target  # noqa: E402
from tests.load.summary import percentile  # noqa: E402

_RATES = {Kind.GET: 100.0, Kind.POST: 60.0, Kind.FRESH: 40.0}
_CONTEXT = "/srv/noise"
_LOG = "/var/log/bluegreen/myexample.log"
_PAGE = ROOT / "docs" / "decisions" / "room.md"
_BEGIN, _END = "<!-- python bench/build_noise.py --write -->\n", "<!-- end -->"
_DOCKERFILE = """FROM python:3.12-slim
ARG ROUND PROCESSES SECONDS
RUN for number in $(seq $PROCESSES); do timeout $SECONDS python -c 'while True: sum(range(10**6))' & done; wait
"""


@dataclass(frozen=True, kw_only=True)
class Window:
    """From when to when, in seconds of the wall clock, how many processors were kept busy."""

    busy: int
    start: float
    end: float

    def holds(self, moment: float) -> bool:
        """Whether a request of that moment belongs to it."""
        return self.start <= moment < self.end


def main() -> None:
    """Measure, print one JSON line, and with `--write` the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    box = Box("bench").start()
    box.reset()
    box.write(f"{_CONTEXT}/Dockerfile", _DOCKERFILE)
    processors = int(box.sh("nproc"))
    with tempfile.TemporaryDirectory() as directory:
        product = Product(box, Path(directory))
        product.inputs |= QUICK
        done = product.deploy("v1")
        if done.exit_code:
            raise SystemExit(done.out)
        time.sleep(20)  # what the deployment itself did to the machine has passed
        load_before = round(os.getloadavg()[0], 1)
        with Load(Target(address=box.address), Path(directory) / "load.jsonl", rates=_RATES, connections=30) as load:
            windows = [
                _window(box, busy, f"{number}-{busy}", asked.seconds)
                for number in range(asked.rounds)
                for busy in (0, max(1, processors // 2), processors)
            ]
            records = load.stop()
    logged = [json.loads(line) for line in box.read(_LOG).splitlines()]
    box.reset()
    found = {
        f"{busy}_busy": _figures([w for w in windows if w.busy == busy], records, [(one["t"], 1000 * one["rt"]) for one in logged])
        for busy in sorted({window.busy for window in windows})
    }
    sys.stdout.write(json.dumps({"processors": processors, "load_average": load_before, **found}) + "\n")
    if asked.write:
        text = _PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(_BEGIN)
        table = f"{_table(found, processors)}\n*The machine's load average when the first window began: {load_before}.*\n"
        _PAGE.write_text(f"{before}{_BEGIN}{table}{_END}{rest.partition(_END)[2]}", encoding="utf-8")


def _window(box: Box, busy: int, name: str, seconds: int) -> Window:
    time.sleep(1)
    start = time.time()
    if busy:
        arguments = {"ROUND": name, "PROCESSES": busy, "SECONDS": seconds}
        words = (word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}"))
        box.docker("build", "-q", "--no-cache", *words, _CONTEXT, timeout=seconds + 60)
    else:
        time.sleep(seconds)
    window = Window(busy=busy, start=start, end=time.time())
    sys.stderr.write(f"{name}: {window.end - window.start:.1f} s\n")
    return window


def _figures(windows: Sequence[Window], records: Iterable[Record], logged: Iterable[tuple[float, float]]) -> dict[str, float]:
    """Medians over the windows of each window's p50 and p99, milliseconds, and all of its requests."""
    mine = [[record for record in records if window.holds(record.start)] for window in windows]
    seen = [[took for at, took in logged if window.holds(at)] for window in windows]
    every = [record for window in mine for record in window]
    return {
        "requests": len(every),
        "failed": sum(record.failed for record in every),
        **{f"users_p{part}_ms": _median(percentile([1000 * r.duration for r in one], part) for one in mine) for part in (50, 99)},
        **{f"nginx_p{part}_ms": _median(percentile(one, part) for one in seen) for part in (50, 99)},
        "sent_late_p99_ms": _median(percentile([1000 * record.late for record in one], 99) for one in mine),
    }


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 1)


def _table(found: dict[str, dict[str, float]], processors: int) -> str:
    quiet = next(iter(found.values()))
    lines = [
        f"| processors that a build keeps busy, of {processors} | requests | failed | NGINX p50 | NGINX p99 | users' p50 | users' p99 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        cells = [
            f"{one[f'{who}_p{part}_ms']:g} ms{_times(one, quiet, f'{who}_p{part}_ms')}" for who in ("nginx", "users") for part in (50, 99)
        ]
        lines.append(f"| {name.partition('_')[0]} | {one['requests']} | {one['failed']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _times(one: dict[str, float], quiet: dict[str, float], name: str) -> str:
    return "" if one is quiet or not quiet[name] else f" (× {one[name] / quiet[name]:.1f})"


if __name__ == "__main__":
    main()
