"""`python -m tests.e2e.deployer BOX SPLIT LEASE [CONTAINER…]`: holds the lock with SPLIT armed until it is killed or its input ends.

A process of its own, because what is tested is its death. Prints `armed`; then `lost` and the moment when its guardian or connection ends.
"""

from __future__ import annotations

import sys
import threading
import time

from bluegreen.errors import BlueGreenError
from bluegreen.host.clock import SystemClock
from bluegreen.host.guardian import start_guardian
from bluegreen.model.color import Color, Split
from tests.box import Box
from tests.e2e.colors import Colors, connect, guard


def main() -> None:
    """Arm, then ask for the routes ten times a second, as a deployment that holds a step does."""
    name, split, lease, *watched = sys.argv[1:]
    box = Box(name)
    found = Split.parse(split)
    left = threading.Event()
    threading.Thread(target=_listen, args=(left,), daemon=True).start()
    try:
        asked = guard(owner="the deployer", lease=float(lease))
        with connect(box) as connection, start_guardian(connection, asked, SystemClock(600)) as guardian:
            for color in watched:
                guardian.watch_over(Colors.container_of(box, Color(color)), drain=5, stop=2)
            if found:
                guardian.arm(found)
            _say("armed")
            while not left.wait(0.1):
                guardian.routes()
            _say("leaving")
    except BlueGreenError as error:
        _say(f"lost {time.time()} {type(error).__name__} {error.what}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _listen(left: threading.Event) -> None:
    sys.stdin.read()
    left.set()


if __name__ == "__main__":
    main()
