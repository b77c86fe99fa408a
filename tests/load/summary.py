"""The load in a few numbers: a table for people, `load.json` for what reads it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.load.checker import Died, cut, in_flight
from tests.load.record import Kind, Record

__all__ = ["Summary", "percentile"]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` percent do not exceed (nearest rank); 0 for no values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else 0.0


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 0.01 else f"{1000 * seconds:.0f} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts and times of a load. `in_flight` is how many failed inside a release as it died; `seconds` are request times by release."""

    requests: int
    failed: int
    failed_get: int
    in_flight: int
    by_release: dict[str, int]
    seconds: dict[str, tuple[float, ...]]
    websocket_cut: bool
    errors: dict[str, int]

    @classmethod
    def of(cls, records: Sequence[Record], deaths: Sequence[Died] = (), *, drain: float = 30.0) -> Summary:
        """Count. `deaths` are the releases that died under load, `drain` is retire's drain timeout in seconds."""
        failed = [record for record in records if record.failed]
        answered = [record for record in records if record.version]
        plain = [record for record in answered if record.kind not in {Kind.WEBSOCKET, Kind.STREAM}]
        versions = sorted({record.version for record in answered})
        return cls(
            requests=len(records),
            failed=len(failed),
            failed_get=sum(record.kind in {Kind.GET, Kind.FRESH} for record in failed),
            in_flight=len(in_flight(failed, deaths)),
            by_release=dict(sorted(Counter(record.version for record in answered).items())),
            seconds={version: tuple(record.duration for record in plain if record.version == version) for version in versions},
            websocket_cut=any(cut(record, drain) for record in records),
            errors=dict(Counter(f"{record.kind.value}: {record.error or record.status}" for record in failed).most_common()),
        )

    def write(self, path: Path, *, died: str = "v4") -> None:
        """`load.json`; `died` is the version whose death the in-flight failures belong to."""
        told = {
            "requests": self.requests,
            "failed": self.failed,
            "failed_get": self.failed_get,
            f"failed_in_flight_on_{died}": self.in_flight,
            "by_release": self.by_release,
            "websocket_cut": self.websocket_cut,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=2) + "\n")

    def show(self, console: Console | None = None) -> None:
        """A table: a row a release, then all; below it what failed."""
        table = Table(title="What the users met")
        for name in ("release", "requests", "failed", "median", "p95", "slowest"):
            table.add_column(name, justify="left" if name == "release" else "right")
        for version, seconds in self.seconds.items():
            times = (percentile(seconds, 50), percentile(seconds, 95), max(seconds, default=0.0))
            table.add_row(version, str(self.by_release[version]), "", *map(_milliseconds, times))
        every = [each for seconds in self.seconds.values() for each in seconds]
        table.add_section()
        totals = (percentile(every, 50), percentile(every, 95), max(every, default=0.0))
        table.add_row("all", str(self.requests), str(self.failed), *map(_milliseconds, totals))
        console = console or Console()
        console.print(table)
        for error, count in self.errors.items():
            console.print(f"  {count} × {error}", markup=False)
