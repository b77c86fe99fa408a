"""`smoke-test` on the box: the user's own questions to a candidate, through the real NGINX, before any user reaches it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import SECRETS, Standing, expect_end, leaks, plain

_ASK = "curl --silent --show-error --fail $BLUEGREEN_PREVIEW_URL"


@pytest.fixture(scope="module")
def standing(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The box as new, with v1 on it, whose first deployment was smoke-tested as well."""
    running_box.reset()
    return Standing(running_box, tmp_path_factory.mktemp("smoke"), **{"smoke-test": f'{_ASK} | grep \'"version": "v1"\''})


def test_a_smoke_test_that_fails_is_shown_and_nobody_meets_the_candidate(standing: Standing) -> None:
    """Exit code 7 with its own words; users are on the old release all the while."""
    done = standing.expect_bad_day(
        7, "The smoke test of myexample-v2 failed with exit code 22", "404", "myexample-v1 serves all traffic", smoke_test=f"{_ASK}/nothing"
    )
    group = done.out[done.out.index("smoke test") :]
    assert "error: 404" in group


def test_a_smoke_test_meets_the_new_release_while_users_meet_the_old(standing: Standing) -> None:
    """It fails at its end here, so that users of v1 prove that no one else was reached; no input of ours is in its environment."""
    done = standing.expect_bad_day(7, '"version": "v2"', "failed with exit code 9", smoke_test=f"{_ASK}/; env; exit 9")
    assert "INPUT_" not in done.out
    assert "BLUEGREEN_PREVIEW_URL=http://127.0.0.1:" in done.out
    assert not leaks(done, SECRETS)


def test_a_smoke_test_that_hangs_ends_at_its_timeout(standing: Standing) -> None:
    """Exit code 7, and the input that sets it."""
    standing.expect_bad_day(7, "did not end within 1 s", "`smoke-timeout`", smoke_test="sleep 472", smoke_timeout="1s")
    assert not _running("sleep 472")


def test_a_cancelled_job_leaves_no_smoke_test_behind(standing: Standing) -> None:
    """Exit code 130; what it had started has ended, and the candidate is gone."""
    running = standing.product.start_deploy("v2", smoke_test="echo begun > /dev/stderr\nsleep 473 & sleep 473")
    running.wait_for("begun\n")
    running.process.send_signal(signal.SIGINT)
    expect_end(running.finish(30), 130, "cancelled", "myexample-v1 serves all traffic")
    assert not _running("sleep 473")
    standing.box.sh("for i in {1..50}; do docker ps --format '{{.Names}}' | grep -q v2 || exit 0; sleep 0.1; done; exit 1")


def test_a_release_that_passes_goes_live(standing: Standing, tmp_path: Path) -> None:
    """Its script may be many lines, follow the app's redirects, and leave something behind on the runner; it meets both replicas."""
    found = tmp_path / "answers"
    script = f"for i in {{1..8}}; do {_ASK}; done > {found}\n{_ASK}/home --location >> {found}"
    done = standing.product.deploy("v2", smoke_test=script, replicas="2")
    expect_end(done, 0, "the smoke test passed", "v2 serves all traffic")
    answers = [json.loads(line) for line in found.read_text().splitlines()]
    assert [answer["version"] for answer in answers] == ["v2"] * 9
    asked = [standing.box.docker("logs", name).count("GET / 200") for name in done.outputs["containers"].split()]
    assert len(asked) == 2
    assert min(asked) >= 3
    assert plain(done.out).index("the smoke test passed") < plain(done.out).index("% of the requests go to")


def _running(command: str) -> bool:
    return subprocess.run(("pgrep", "-fx", command), capture_output=True, check=False).returncode == 0
