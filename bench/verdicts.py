"""`python bench/verdicts.py`: how often the verdict is wrong, over simulated users of a deployment with the default `shift` and `watch`.

The product's own functions judge, as often as a deployment looks. Of each table's cells `--trials` (300) deployments are simulated, with
the same seed every time. `--write` puts the tables into docs/verdicts.md instead of printing them.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bluegreen.decide.verdict import final, judge  # noqa: E402 — a script, which must find the repository first
from bluegreen.model.traffic import Sample, StepTraffic  # noqa: E402
from bluegreen.model.verdict import LatencyLimit, Limits, Verdict  # noqa: E402

DOC = ROOT / "docs" / "verdicts.md"
STEPS = ((0.10, 10.0), (0.50, 10.0), (1.00, 10.0))
LOOK = 0.5
RATES = (1, 10, 100, 1000)
POINTS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
OUTAGES = (5.0, 20.0, 50.0)
TIMES = (1.0, 1.2, 1.5, 2.0, 3.0)
LIVE = 0.005
DICE = random.Random(20261124)  # noqa: S311 - a simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How one release answers: the part it fails, and the median of its times in milliseconds, 0 where times do not matter."""

    fails: float
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a deployment ended: after how many seconds it went back, None when it did not, and what the candidate got and failed."""

    back: float | None
    requests: int
    failed: int


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = "\n\n".join(tables(asked.trials))
    if not asked.write:
        print(text)
        return
    found = DOC.read_text(encoding="utf-8")
    block = f"<!-- python bench/verdicts.py --write -->\n{text}\n<!-- end of what it writes -->"
    pattern = r"<!-- python bench/verdicts\.py --write -->\n.*?<!-- end of what it writes -->"
    DOC.write_text(re.sub(pattern, lambda _: block, found, flags=re.DOTALL), encoding="utf-8")


def tables(trials: int) -> Iterable[str]:
    """Errors that are the candidate's own, errors that are both colors', and slowness."""
    live = Behavior(fails=LIVE)
    worse = [Behavior(fails=LIVE + points / 100) for points in POINTS]
    yield _table(
        f"went back, of {trials} deployments; live fails {100 * LIVE:g} %, the candidate so many points more",
        [f"+{points:g}" for points in POINTS],
        lambda rate, column: _told([simulate(rate, live, worse[column], Limits()) for _ in range(trials)]),
    )
    both = [Behavior(fails=points / 100) for points in OUTAGES]
    yield _table(
        "went back although live failed just as much",
        [f"both {points:g} %" for points in OUTAGES],
        lambda rate, column: _told([simulate(rate, both[column], both[column], Limits()) for _ in range(trials)]),
    )
    slow = [Behavior(fails=0, milliseconds=50 * times) for times in TIMES]
    limits = Limits(max_latency=LatencyLimit(times=1.5))
    yield _table(
        "went back with `max-latency: 1.5x`; the candidate's times are so many times live's",
        [f"{times:g}x" for times in TIMES],
        lambda rate, column: _told([simulate(rate, slow[0], slow[column], limits) for _ in range(max(trials // 6, 20))]),
    )


def simulate(rate: float, live: Behavior, candidate: Behavior, limits: Limits) -> End:
    """One deployment."""
    clock, before, requests, failed = 0.0, Sample(), 0, 0
    for share, hold in STEPS:
        window = StepTraffic()
        for look in range(1, int(hold / LOOK) + 1):
            clock += LOOK
            arrivals = _poisson(rate * LOOK)
            mine = sum(DICE.random() < share for _ in range(arrivals))
            window += StepTraffic(candidate=_sample(mine, candidate), live=_sample(arrivals - mine, live))
            last = look == int(hold / LOOK)
            if (final if last else judge)(window, before, limits).verdict is Verdict.GO_BACK:
                return End(back=clock, requests=requests + window.candidate.requests, failed=failed + window.candidate.failed)
        before += window.live
        requests, failed = requests + window.candidate.requests, failed + window.candidate.failed
    return End(back=None, requests=requests, failed=failed)


def _sample(count: int, behavior: Behavior) -> Sample:
    failed = sum(DICE.random() < behavior.fails for _ in range(count)) if behavior.fails else 0
    if not behavior.milliseconds:
        return Sample(requests=count, server_errors=failed)
    times = Counter(round(DICE.lognormvariate(math.log(behavior.milliseconds), 0.5)) for _ in range(count))
    return Sample(requests=count, server_errors=failed, times=tuple(sorted(times.items())))


def _poisson(mean: float) -> int:
    """Knuth's, in parts small enough for floats."""
    total = 0
    while mean > 0:
        part, mean = min(mean, 50.0), mean - 50.0
        limit, product = math.exp(-part), DICE.random()
        while product > limit:
            total += 1
            product *= DICE.random()
    return total


def _told(ends: list[End]) -> str:
    """`97 % (6 s, 12 failed)`: how many went back, after which time and at the cost of how many requests in the median."""
    back = [end for end in ends if end.back is not None]
    share = f"{100 * len(back) / len(ends):.3g} %"
    if len(back) < len(ends) / 20:
        return share
    seconds = statistics.median(end.back for end in back if end.back is not None)
    return f"{share} ({seconds:.3g} s, {statistics.median(end.failed for end in back):.0f} failed)"


def _table(title: str, columns: list[str], cell: Callable[[float, int], str]) -> str:
    rows = [f"| {rate}/s | " + " | ".join(cell(rate, column) for column in range(len(columns))) + " |" for rate in RATES]
    return "\n".join((f"*{title}*", "", f"| requests | {' | '.join(columns)} |", f"|--:|{'--:|' * len(columns)}", *rows))


if __name__ == "__main__":
    main()
