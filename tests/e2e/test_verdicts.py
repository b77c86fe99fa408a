"""Users decide: what NGINX logged of both releases sends a bad one back at once, and forgives what is nobody's fault.

One v1 outlives all of these days; only the last two tests put another release in its place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bluegreen.decide.verdict import judge
from bluegreen.model.traffic import Sample, StepTraffic
from bluegreen.model.verdict import Limits, Verdict
from tests.box import Box
from tests.e2e.deploying import expect_end, users
from tests.e2e.product import Done, Product
from tests.load import Record

STEPS = "10% 15s, 25% 15s, 50% 15s"


@dataclass(frozen=True, kw_only=True)
class Days:
    """The product on a box where v1 serves; each of its answers takes 30 ms."""

    box: Box
    product: Product
    directory: Path

    def day(self, bad: str, *, shift: str = STEPS, **inputs: str) -> tuple[Done, list[Record]]:
        """Deploy a v2 that has that day, with users on the site; what they met."""
        with users(self.box, self.directory / "load.jsonl", get=120, fresh=20) as load:
            done = self.product.start_deploy("v2", bad=bad, shift=shift, watch="15s", **inputs).finish(90)
            return done, load.stop()


@pytest.fixture(scope="module")
def days(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """v1 is live, with a volume through which a test can take the database of both releases down."""
    running_box.reset()
    running_box.sh("rm -rf /srv/outage && mkdir -p /srv/outage")
    directory = tmp_path_factory.mktemp("verdicts")
    product = Product(running_box, directory)
    product.inputs |= {"volumes": "/srv/outage:/outage:ro", "health-successes": "1"}
    first = product.deploy("v1", bad="slow=30", shift="100%", watch="0s")
    assert first.exit_code == 0, first.out
    yield Days(box=running_box, product=product, directory=directory)
    running_box.sh("rm -rf /srv/outage")


def last_step(done: Done) -> dict[str, Any]:
    """The step that was the last one."""
    step: dict[str, Any] = done.report["steps"][-1]
    return step


def evident(records: list[Record], failures: int) -> float:
    """When what users had met would have condemned v2, by the wall clock; at the latest with as many `failures` of it.

    Their order is not quite that of NGINX's log: where the log had just enough, users may come to it a few good answers later, and never
    to more, since the traffic goes back.
    """
    met = StepTraffic()
    for record in sorted((one for one in records if one.version), key=lambda one: one.end):
        sample = Sample(requests=1, server_errors=int(record.failed))
        met += StepTraffic(candidate=sample) if record.version == "v2" else StepTraffic(live=sample)
        if met.candidate.failed == failures or judge(met, Sample(), Limits()).verdict is Verdict.GO_BACK:
            return record.end
    message = f"users met fewer than {failures} failures of v2"
    raise AssertionError(message)


def test_one_500_in_ten_goes_back_in_the_first_step(days: Days) -> None:
    """Long before its time is over; within seconds of the evidence all traffic is on v1; the numbers are in every report."""
    done, records = days.day("slow=30 fail=10")
    expect_end(done, 8, "misbehaved at 10 % of the traffic: it failed", "requests of users", "live 0 of", "max-error-rate")
    step = last_step(done)
    assert step["share"] == 10, "before it exceeds 25 %"
    assert step["seconds"] < 14
    assert step["candidate"]["server_errors"] >= 1
    assert step["live"]["server_errors"] == step["live"]["failed_attempts"] == 0
    assert step["candidate"]["p95"] > 0.025
    failed = [record for record in records if record.failed]
    assert {record.version for record in failed} == {"v2"}
    # What was still in flight when the traffic went back may fail after it was summed up.
    assert 0 < int(done.outputs["failed-requests"]) <= len(failed) < int(done.outputs["requests"]) <= len(records)
    counted = re.search(r"it failed (\d+) of", step["reason"])
    assert counted
    assert max(record.end for record in records if record.version == "v2") < evident(records, int(counted[1])) + 2.5
    assert [record.version for record in records[-5:]] == ["v1"] * 5
    assert any("answered 500" in line for found in done.report["evidence"] for line in found["lines"])


def test_a_failure_that_nginx_retried_counts_against_its_color(days: Days) -> None:
    """No user saw it: each was answered by v1 in the end. v2 is sent back all the same."""
    done, records = days.day("slow=30 drop=4", shift="30% 15s")
    expect_end(done, 8, "misbehaved at 30 % of the traffic: it failed")
    step = last_step(done)
    assert step["candidate"]["failed_attempts"] >= 1
    assert step["failed_requests"] == 0
    assert [record for record in records if record.failed] == []


def test_three_times_slower_goes_back(days: Days) -> None:
    """By its p95 beside v1's in the same time, where `max-latency` says so."""
    done, records = days.day("slow=90", shift="25% 15s", max_latency="1.5x")
    expect_end(done, 8, "its p95 is", "live's", "beyond `max-latency` (1.5x)")
    step = last_step(done)
    assert step["candidate"]["p95"] > 2 * step["live"]["p95"]
    assert [record for record in records if record.failed] == []


def test_a_database_outage_condemns_nobody(days: Days) -> None:
    """Every second request of either release fails for a while: that is no reason to go back."""
    with users(days.box, days.directory / "load.jsonl", get=120, fresh=20):
        running = days.product.start_deploy("v2", bad="slow=30", shift="50% 6s", watch="1s")
        running.wait_for("50 % of the requests go to")
        days.box.write("/srv/outage/down", "2")
        time.sleep(4)
        days.box.sh("rm /srv/outage/down")
        done = running.finish()
    expect_end(done, 0, "v2 serves all traffic")
    step = done.report["steps"][0]
    for color in ("candidate", "live"):
        assert step[color]["server_errors"] > 20, f"the outage did not reach {color}"


def test_silence_is_decided_by_on_low_traffic(days: Days) -> None:
    """Nobody comes: the health check through NGINX decides, and that is said; or it waits for users; or it goes back."""
    paused = days.product.deploy("v3", shift="50% 1s pause")
    expect_end(paused, 0, "its probes were good", "v3 is paused at 50 %")
    step = last_step(paused)
    assert "0 of the 20 requests" in step["reason"]
    assert step["candidate"]["requests"] == 0

    waiting = days.product.start("promote", shift="100%", watch="1s", on_low_traffic="wait")
    waiting.wait_for("100 % of the requests go to")
    time.sleep(3)
    assert waiting.process.poll() is None, "it did not wait for users"
    with users(days.box, days.directory / "load.jsonl", get=120):
        done = waiting.finish()
    expect_end(done, 0, "v3 serves all traffic")
    assert last_step(done)["candidate"]["requests"] >= 20
    assert last_step(done)["seconds"] > 3

    condemned = days.product.deploy("v2", bad="slow=30", shift="50% 1s", on_low_traffic="fail", force="true")
    expect_end(condemned, 8, "misbehaved at 50 % of the traffic: ", "on-low-traffic", "v3 serves all traffic")
    assert last_step(condemned)["candidate"]["requests"] == 0
