"""What moving traffic costs users, measured on the box: `python bench/routing.py` prints one JSON line last.

moves         100 moves in 10 s under keep-alive load: how many requests there were, and how many failed
hot_kill      the serving container is killed under POST load in a hot group: the same, and how many of the failed ones were in its hands:
              NGINX had given them to it before Docker saw it end, and nobody else was asked
lone_failure  live resets 1 request in 1000 in a hot group: how many requests the other color got that live had not failed first
failing_live  the same with 1 in 50, four failures a second
back_ms       milliseconds until traffic is back: after kill -9 of the deployer, of the guardian, and after SIGSTOP of the deployer
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bluegreen.host.clock import SystemClock  # noqa: E402 - the repository's root comes first
from bluegreen.host.guardian import HostGuardian, start_guardian  # noqa: E402
from bluegreen.model.color import Color, Split  # noqa: E402
from tests.box import Box  # noqa: E402
from tests.e2e.colors import Colors, connect, guard  # noqa: E402
from tests.load import Kind, Load, Target  # noqa: E402

_WATCH = """
was=$(readlink /run/bluegreen/web)
while :; do
    now=$(readlink /run/bluegreen/web)
    [[ $now == */000 ]] && { printf '%s\\n' "$EPOCHREALTIME"; exit; }
done
"""


def under_load(box: Box, rates: dict[Kind, float], act: Callable[[], None]) -> dict[str, int]:
    """How many requests there were while `act` went on, and how many failed."""
    with tempfile.TemporaryDirectory() as directory:
        load = Load(Target(address=box.address), Path(directory) / "load.jsonl", rates=rates, connections=30).start()
        time.sleep(1)
        act()
        time.sleep(1)
        records = load.stop()
    failed = [record for record in records if record.failed]
    for record in failed[:5]:
        print(record, file=sys.stderr)
    return {"requests": len(records), "failed": len(failed)}


def move(guardian: HostGuardian) -> None:
    """A hundred moves, hot and not, to everywhere and back, each proved."""
    began = time.monotonic()
    for number in range(100):
        guardian.arm(Split(green=(number * 37) % 101, hot=number % 2 == 0))
        time.sleep(max(0.0, began + (number + 1) / 10 - time.monotonic()))


def in_flight(box: Box, colors: Colors) -> dict[str, int]:
    """From the log: failed requests that only the killed container was asked, before its end.

    A process that was killed holds its connections for some milliseconds more, and whatever is sent to it then is lost in it.
    """
    live = f"{colors.address(Color.BLUE)}:8000"
    over = float(box.sh("date -d \"$(docker inspect -f '{{.State.FinishedAt}}' web-blue)\" +%s.%N"))
    entries = [json.loads(line) for line in box.read("/var/log/bluegreen/web.log").splitlines()]
    failed = [entry for entry in entries if entry["status"] >= 500]
    return {"failed_in_flight": sum(entry["upstream"] == live and entry["t"] - entry["rt"] <= over for entry in failed)}


def misled(box: Box, colors: Colors) -> dict[str, int]:
    """From the log: requests of live's own group, how many live failed, and how many went to the other color unasked."""
    live = f"{colors.address(Color.BLUE)}:8000"
    entries = [json.loads(line) for line in box.read("/var/log/bluegreen/web.log").splitlines()]
    tried = [entry["upstream"].split(", ") for entry in entries if entry["group"].endswith("_blue_hot")]
    return {
        "requests": len(tried),
        "failed_by_live": sum(len(one) > 1 or entry["status"] == 502 for one, entry in zip(tried, entries, strict=False)),
        "went_elsewhere": sum(one[0] != live for one in tried),
    }


def back(box: Box, act: Callable[[subprocess.Popen[str]], float], lease: float) -> float:
    """Seconds from the fault, whose moment `act` returns, until the armed route is the committed one again."""
    command = (sys.executable, "-m", "tests.e2e.deployer", box.name, "050-hot", str(lease))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or process.stdout.readline() != "armed\n":
                message = "the deployer did not arm"
                raise RuntimeError(message)
            exec_in = (*box.engine.client, "exec", box.container)
            watch = subprocess.Popen((*exec_in, "bash", "-c", _WATCH), stdout=subprocess.PIPE, text=True)
            time.sleep(0.5)
            fault = act(process)
            told = watch.communicate(timeout=30)[0]
        finally:
            process.kill()
    box.sh("for i in {1..200}; do flock -n /var/lib/bluegreen/apps/web/lock true && exit 0; sleep 0.05; done; exit 1")
    return float(told) - fault


def send(process: subprocess.Popen[str], number: signal.Signals) -> float:
    """Signal the deployer."""
    began = time.time()
    process.send_signal(number)
    return began


def kill_guardian(box: Box) -> float:
    """Kill it; the box tells when."""
    pid = box.sh("pgrep -f '^bash -c .*bluegreen-[g]uardian' | head -n 1")
    return float(box.sh(f"printf %s $EPOCHREALTIME; kill -9 {pid}"))


def main() -> None:
    """All of it, on a box of its own."""
    box = Box(sys.argv[1] if len(sys.argv) > 1 else "bench").start()
    box.reset()
    found: dict[str, object] = {"nginx": box.sh("nginx -v 2>&1 | cut -d/ -f2")}
    with connect(box) as connection:
        colors = Colors(box, connection)
        colors.start(Color.BLUE)
        colors.start(Color.GREEN)
        with start_guardian(connection, guard(), SystemClock(600)) as guardian:
            guardian.arm(Split(green=0))
            guardian.commit()
            found["moves"] = under_load(box, {Kind.POST: 250.0, Kind.GET: 150.0}, lambda: move(guardian))
            guardian.arm(Split(green=0, hot=True))
            box.sh(": > /var/log/bluegreen/web.log")
            found["hot_kill"] = under_load(box, {Kind.POST: 200.0}, lambda: _kill_and_wait(box)) | in_flight(box, colors)
            for name, every in (("lone_failure", 1000), ("failing_live", 50)):
                colors.start(Color.BLUE, bad=f"drop={every}")
                time.sleep(3)
                box.sh(": > /var/log/bluegreen/web.log")
                under_load(box, {Kind.GET: 200.0}, lambda: time.sleep(15))
                found[name] = misled(box, colors)
            colors.start(Color.BLUE)
        found["back_ms"] = {
            "deployer_killed": _median(back(box, lambda process: send(process, signal.SIGKILL), 15) for _ in range(3)),
            "guardian_killed": _median(back(box, lambda _: kill_guardian(box), 15) for _ in range(3)),
            "deployer_frozen_lease_3s": _median([back(box, lambda process: send(process, signal.SIGSTOP), 3)]),
        }
    print(json.dumps(found))


def _median(seconds: Iterable[float]) -> float:
    return round(1000 * statistics.median(seconds), 1)


def _kill_and_wait(box: Box) -> None:
    box.docker("kill", "web-blue")
    time.sleep(8)


if __name__ == "__main__":
    main()
