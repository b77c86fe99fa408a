"""A candidate gets nothing before its probe has passed, nor after going back: whatever the live release does to its users meanwhile."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.box import Box
from tests.box.watch import Watch
from tests.e2e.deploying import APP_NAME, expect_end, users
from tests.e2e.product import Product
from tests.load import Load

_REQUEST = re.compile(r"^(\S+) (?:GET|POST) \S+ (?:\d+ ([\d.]+)ms|dropped) kind=(\S+)$", re.MULTILINE)
_CLOCKS_DIFFER = 0.1


@dataclass(frozen=True, kw_only=True)
class _Request:
    """One line of the test application's log: when the request came (wall clock), and its kind, `-` for a probe's."""

    at: float
    kind: str


@pytest.fixture
def dropping(box: Box, product: Product) -> Product:
    """v1 is live, and resets 1 in 50 of its users' requests."""
    assert product.deploy("v1").exit_code == 0
    box.docker("exec", f"{APP_NAME}-v1", "sh", "-c", "echo 50 > /tmp/drop")
    return product


@contextmanager
def _log_of(box: Box, name: str, file: Path) -> Iterator[None]:
    """Follow the log of a container that does not exist yet, to its very end, into `file`."""
    # A container that was created and not started yet has a log too, which ends at once.
    running = f"docker inspect -f {{{{.State.Running}}}} {name} 2> /dev/null"
    script = f'until [ "$({running})" = true ]; do sleep 0.02; done; docker logs -f -t {name}'
    with file.open("wb") as out:
        follower = subprocess.Popen((*box.engine.client, "exec", box.container, "timeout", "60", "bash", "-c", script), stdout=out)
        try:
            yield
            follower.wait(10)
        finally:
            follower.kill()
            follower.wait()


def _requests(file: Path) -> list[_Request]:
    """What the container was asked, as its own log has it. A line is written at a request's end."""
    found = []
    for stamp, milliseconds, kind in _REQUEST.findall(file.read_text()):
        ended = datetime.strptime(stamp[:26], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
        found.append(_Request(at=ended - float(milliseconds or 0) / 1000, kind=kind))
    return found


def _dropped(load: Load) -> int:
    """How many users the live release failed."""
    return sum(record.failed for record in load.records())


def test_a_candidate_on_probe_gets_no_user_however_live_behaves(box: Box, dropping: Product, tmp_path: Path) -> None:
    """For five seconds it is up and answers well while live drops users: its own log holds probes, and not one of them."""
    log = tmp_path / "candidate.log"
    with users(box, tmp_path / "load.jsonl", get=120, post=60, fresh=20) as load, _log_of(box, f"{APP_NAME}-v2", log):
        before = _dropped(load)
        done = dropping.deploy("v2", health_successes="100", health_timeout="5s")
        dropped = _dropped(load) - before
    expect_end(done, 7, "not healthy within 5 s")
    assert dropped >= 10, "live did not misbehave enough to prove anything"
    asked = _requests(log)
    assert len(asked) > 10, f"the candidate was not up and answering:\n{log.read_text()}"
    assert {request.kind for request in asked} == {"-"}


def test_a_candidate_gets_no_user_before_its_share_and_none_after_going_back(box: Box, dropping: Product, tmp_path: Path) -> None:
    """It waits, gets its half, and goes back to nothing, while long visits keep it up and live goes on dropping users."""
    log = tmp_path / "candidate.log"
    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "load.jsonl", get=120, post=60, fresh=20, stream=2, websocket=1) as load:
        with _log_of(box, f"{APP_NAME}-v2", log):
            done = dropping.deploy("v2", bad="traceback=5", health_successes="10", shift="50% 20s")
        time.sleep(0.5)
        records = load.stop()
        phases = watch.phases()
    expect_end(done, 8, "at 50 % of the traffic", "Traceback")
    begun = next(phase.at for phase in phases if "v2" in phase.shares)
    back = next(phase.at for phase in phases if phase.at > begun and "v2" not in phase.shares)
    asked = _requests(log)
    assert sum(request.kind != "-" for request in asked if begun < request.at < back) > 100, "it never had its half"
    assert not [request for request in asked if request.kind != "-" and request.at < begun - _CLOCKS_DIFFER]
    assert not [request for request in asked if request.kind != "-" and request.at > back + _CLOCKS_DIFFER]
    last_words = max(record.end for record in records if record.version == "v2")
    assert last_words > back + 0.5, "nothing kept the candidate up after going back"
    assert [record for record in records if record.failed and back < record.start < last_words], "live had stopped dropping users"
