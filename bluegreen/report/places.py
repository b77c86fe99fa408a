"""The places of a run's reports: a folder of its own, and the files that a runner announces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places", "places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where to write: a directory for `report.json` and `report.html`, the runner's files for outputs and summary. None: not at all."""

    directory: Path | None = None
    outputs: Path | None = None
    summary: Path | None = None


def places(environ: Mapping[str, str], *, directory: Path | None, summary: bool = True) -> Places:
    """The places a runner announces, with the reports in `directory`; without `summary` no job summary."""
    outputs, job_summary = environ.get("GITHUB_OUTPUT", ""), environ.get("GITHUB_STEP_SUMMARY", "")
    return Places(
        directory=directory,
        outputs=Path(outputs) if outputs else None,
        summary=Path(job_summary) if job_summary and summary else None,
    )
