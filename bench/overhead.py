"""`python bench/overhead.py`: what a deployment costs beyond the build and the app's own start, and how often it waits for the host.

On a box of its own, without load, `shift: 100%`, `watch: 0s`, an app that starts in 0.5 s and obeys SIGTERM. Prints one JSON line last:

    deploy_s      the wall time of the process
    startup_s     from outside: a plain `docker run` until the app answers
    build_s       from outside: a plain `docker build` of a version that is as new
    overhead_s    deploy_s - startup_s - build_s
    round_trips   (wall time at 100 ms round-trip time - wall time at 0) / 100 ms, both through the same delay proxy
    round_trips_after_build   the same of what follows the build stage, logging in excluded

Medians of `--runs` (7). All are measured in this one run, in turn, so that a noisy machine disturbs them alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.box import Box  # noqa: E402 — a script, which must find the repository first
from tests.box.delay import DelayProxy  # noqa: E402
from tests.e2e.product import APP, Done, Product  # noqa: E402

_RTT = 0.1
_APP = ("--build-arg", "BAD=slow-start=0.5")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One run's wall time and how long it went on after the build stage, in seconds."""

    wall: float
    after_build: float


def main() -> None:
    """Measure in rounds: plain build, plain start, deployment at once, deployment from afar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    box = Box("bench").start()
    box.reset()
    builds, starts, near, far = [], [], [], []
    with tempfile.TemporaryDirectory() as directory, DelayProxy(box.address) as proxy:
        product = Product(box, Path(directory))
        _deploy(product, proxy, "v0", 0.0)
        for number in range(1, runs + 1):
            builds.append(_build(box, f"plain{number}"))
            starts.append(_startup(box, f"plain{number}"))
            near.append(_deploy(product, proxy, f"near{number}", 0.0))
            far.append(_deploy(product, proxy, f"far{number}", _RTT))
            _say(f"{number}/{runs}: deploy {near[-1].wall:.2f} s, from afar {far[-1].wall:.2f} s")
    box.reset()
    deploy, startup, build = _median(d.wall for d in near), _median(starts), _median(builds)
    trips = (_median(d.wall for d in far) - deploy) / _RTT
    trips_after = (_median(d.after_build for d in far) - _median(d.after_build for d in near)) / _RTT
    figures = {
        "overhead_s": deploy - startup - build,
        "round_trips": trips,
        "round_trips_after_build": trips_after,
        "deploy_s": deploy,
        "startup_s": startup,
        "build_s": build,
    }
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in figures.items()}) + "\n")


def _deploy(product: Product, proxy: DelayProxy, version: str, rtt: float) -> Deployment:
    proxy.one_way = rtt / 2
    done: Done = product.deploy(
        version,
        bad="slow-start=0.5",
        host="127.0.0.1",
        port=str(proxy.port),
        shift="100%",
        watch="0s",
        url=f"http://{product.box.address}/",
    )
    if done.exit_code:
        raise SystemExit(done.out)
    stages = {stage["name"]: stage for stage in done.report["stages"]}
    began = stages["build"]["start"] + stages["build"]["seconds"]
    return Deployment(wall=done.seconds, after_build=done.report["duration"] - began)


def _build(box: Box, version: str) -> float:
    """A plain docker client, here, driving the box's engine over a plain SSH connection as people do by hand: copy, then build."""
    began = time.monotonic()
    packed = subprocess.run(("tar", "-C", str(APP), "-c", "."), check=True, capture_output=True).stdout
    command = ("docker", "exec", "-i", box.container, "env", "DOCKER_BUILDKIT=1", "docker", "build", "-q", "-t", f"plain:{version}")
    subprocess.run((*command, "--build-arg", f"VERSION={version}", *_APP, "-"), input=packed, check=True, capture_output=True)
    return time.monotonic() - began


def _startup(box: Box, version: str) -> float:
    began = time.monotonic()
    box.docker("run", "-d", "--name", "bench-plain", f"plain:{version}")
    address = box.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "bench-plain").strip()
    box.sh(f"until curl -sf -o /dev/null http://{address}:8000/healthz; do sleep 0.02; done", timeout=30)
    took = time.monotonic() - began
    box.docker("rm", "-f", "bench-plain")
    return took


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
