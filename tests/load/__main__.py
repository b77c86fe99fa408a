"""`python -m tests.load http://ADDRESS:PORT --host NAME --seconds 10`: users at a fixed rate, a record a request, counts every second."""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.client import Target
from tests.load.generator import MIX, Generator, Plan
from tests.load.record import Kind, Record, read, write_line
from tests.load.summary import Summary


def main() -> int:
    """The command line. Exit status 1 when a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("url", help="http:// or https://, address and port; only hosts that the tests made")
    parser.add_argument("--host", default="localhost", help="the Host header (localhost)")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--path", default="/")
    parser.add_argument("--out", type=Path, default=Path(".cache/load.jsonl"), help="where the records go")
    parser.add_argument("--connections", type=int, default=20, help="connections that GET and POST users each keep")
    parser.add_argument("--websocket-seconds", type=float, default=5.0)
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--summary", action="store_true", help="print a table at the end")
    for kind in Kind:
        parser.add_argument(f"--{kind.value}", type=float, default=MIX[kind], help=f"requests a second ({MIX[kind]:g})", metavar="RATE")
    asked = parser.parse_args()
    url = urlsplit(asked.url)
    tls = url.scheme == "https"
    target = Target(address=url.hostname or "", port=url.port or (443 if tls else 80), host=asked.host, tls=tls)
    plan = Plan(
        target=target,
        rates={kind: getattr(asked, kind.value) for kind in Kind},
        path=asked.path,
        connections=asked.connections,
        websocket_seconds=asked.websocket_seconds,
        timeout=asked.timeout,
    )
    with contextlib.suppress(PermissionError):
        # Users have machines of their own; the host under test must not be able to hold them up.
        os.nice(-10)
    counts = asyncio.run(generate(plan, asked.seconds, asked.out))
    if asked.summary:
        Summary.of(read(asked.out)).show()
    return 1 if counts["failed"] else 0


async def generate(plan: Plan, seconds: float, out: Path) -> collections.Counter[str]:
    """Run the load until its end, SIGTERM or ctrl-C, writing records as they come."""
    counts: collections.Counter[str] = collections.Counter(requests=0, failed=0)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", buffering=1) as file:

        def note(record: Record) -> None:
            file.write(write_line(record))
            counts["requests"] += 1
            counts["failed"] += record.failed
            if record.version:
                counts[f"version {record.version}"] += 1

        generator = Generator(plan, note)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, generator.leave.set)
        telling = asyncio.create_task(_tell(counts))
        await generator.run(seconds)
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
    print(json.dumps(counts), flush=True)
    return counts


async def _tell(counts: collections.Counter[str]) -> None:
    while True:
        await asyncio.sleep(1)
        print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    sys.exit(main())
