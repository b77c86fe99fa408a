"""`python -m demo` plays the whole story and exits 0 only if it went as told; `python -m demo --clean` removes all it made."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.expectations import disappointments
from demo.story import ACTS, FIRST, NAME, Stage
from tests.box import Box
from tests.box.__main__ import down
from tests.box.engine import BoxError
from tests.box.images import cache
from tests.load.client import Target
from tests.load.run import Load
from tests.load.summary import Summary

_FOLDER = Path(__file__).resolve().parent.parent / ".demo"
_DRAIN = 30.0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--clean", action="store_true", help="remove the boxes, their images and disks, .demo, and the engine started here")
    console = Console(highlight=False)
    try:
        if parser.parse_args().clean:
            clean()
            return 0
        return play(console)
    except BoxError as problem:
        console.print(f"[red]The demo's host could not be made:[/] {problem}")
        return 1


def clean() -> None:
    """Remove everything that the demo and the tests have made on this machine."""
    down("")
    for folder in (_FOLDER, cache()):
        shutil.rmtree(folder, ignore_errors=True)


def play(console: Console) -> int:
    """All acts under one load, then the reckoning."""
    began = time.monotonic()
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir()
    console.print("[dim]Making an EC2 host in a container. The first time takes some minutes.[/]")
    box = Box(NAME).start()
    box.reset()
    console.print(f"[dim]It is {box.address}, ready after {time.monotonic() - began:.0f} s.[/]")
    with Stage(box=box, folder=_FOLDER, console=console) as stage:
        codes = {FIRST.version: stage.perform(FIRST)}
        load = Load(Target(address=box.address), _FOLDER / "load.jsonl", websocket_seconds=5.0)
        if codes[FIRST.version] == 0:
            console.print("\n[bold]Now users come, 222 requests a second, and none of them ever tries twice.[/]")
            with load:
                for act in ACTS:
                    codes[act.version] = stage.perform(act)
                    stage.tell_load(load)
        deaths = stage.deaths()
    summary = Summary.of(load.records(), deaths, drain=_DRAIN)
    summary.write(_FOLDER / "load.json")
    console.print()
    summary.show(console)
    problems = disappointments(codes, summary, deaths, _FOLDER)
    for problem in problems:
        console.print(f"[red]✗[/] {problem}")
    console.print(f"\n{_moral(summary, problems)} [dim]{time.monotonic() - began:.0f} s; look at .demo/report.html and its neighbors[/]")
    return 1 if problems else 0


def _moral(summary: Summary, problems: list[str]) -> str:
    if problems:
        return "[red bold]The demo did not go as told.[/]"
    lost = f"{summary.in_flight} failed, inside v4's process as it died" if summary.in_flight else "none failed"
    return f"[green bold]✓[/] Three deployments, {summary.requests:,} requests: {lost}."


if __name__ == "__main__":
    sys.exit(main())
