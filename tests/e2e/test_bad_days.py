"""Bad days of a new release: whatever is wrong with it, its author learns what and its predecessor's users learn nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import SECRETS, Standing, containers, expect_end, expect_served_by, leaks, users

_UNTOUCHED = "myexample-v1 serves all traffic"


@pytest.fixture(scope="module")
def standing(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The box as new, with v1 on it; every test leaves it so."""
    running_box.reset()
    return Standing(running_box, tmp_path_factory.mktemp("days"))


def _context(directory: Path, *lines: str) -> str:
    (directory / "Dockerfile").write_text("\n".join(("FROM python:3.12-slim", *lines, "")))
    return str(directory)


@pytest.mark.parametrize(
    ("bad", "inputs", "words"),
    [
        pytest.param("exit", {}, ("it exited with code 3", "cannot start: no configuration"), id="exits at once"),
        pytest.param("deaf", {"health-timeout": "2s"}, ("connection refused", "listens on another port"), id="never listens"),
        pytest.param("status=500", {"health-timeout": "2s"}, ("answered 500, not 200-399", "health-path"), id="answers 500"),
        pytest.param("", {"health-path": "/no", "health-timeout": "2s"}, ("GET /no answered 404", "does not know /no"), id="answers 404"),
        # Docker listens for the kernel's kill only a moment after the start.
        pytest.param("oom=1 slow-start=9", {"memory": "64m"}, ("ran out of memory", "`memory` is too low"), id="out of memory"),
        pytest.param("traceback", {}, ("Traceback (most recent call last):", "KeyError: 'DATABASE_URL'"), id="logs a traceback"),
        pytest.param("", {"log-ready": "^ready$", "health-timeout": "2s"}, ("no line of its log matched", "^ready$"), id="never ready"),
        pytest.param(
            "",
            {"health-body": "fine", "health-timeout": "2s"},
            ("its body does not hold the text of `health-body`",),
            id="answers something else",
        ),
        pytest.param("", {"container-command": "nosuch"}, ("executable file not found", "no such program"), id="no such program"),
    ],
)
def test_a_candidate_that_fails_its_probe_never_gets_a_user(
    standing: Standing, bad: str, inputs: dict[str, str], words: tuple[str, ...]
) -> None:
    """Exit code 7, the reason and the candidate's own words; the old release answers everybody."""
    standing.expect_bad_day(7, *words, _UNTOUCHED, bad=bad, **inputs)


def test_an_exit_is_noticed_at_once(standing: Standing) -> None:
    """A candidate that dies while it is asked for its health does not use up the health timeout, 60 s: one request's, 5 s, at most."""
    done = standing.expect_bad_day(7, "it exited with code 3", bad="exit-after=0.6", health_successes="100")
    probe = next(stage for stage in done.report["stages"] if stage["name"] == "probe")
    assert probe["seconds"] < 20


@pytest.mark.parametrize(
    ("command", "words"),
    [
        pytest.param("sh -c 'echo migrating; exit 4'", ("The release command exited with code 4", "migrating"), id="fails"),
        pytest.param("sleep 60", ("The release command did not end within 2 s", "release-timeout"), id="hangs"),
        pytest.param("nosuch --now", ("executable file not found",), id="is not there"),
    ],
)
def test_a_release_command_that_ends_badly_ends_the_deployment(standing: Standing, command: str, words: tuple[str, ...]) -> None:
    """Exit code 7 with its output, and neither its container nor a candidate is left."""
    standing.expect_bad_day(7, *words, _UNTOUCHED, release_command=command, release_timeout="2s")


def test_a_secret_that_the_candidate_logs_stays_secret(standing: Standing) -> None:
    """What it printed is shown without the secrets that we gave it, in the log and in every report."""
    done = standing.expect_bad_day(
        7, "token is ***", "it exited with code 3", container_command="sh -c 'echo token is $SECRET_TOKEN; exit 3'"
    )
    assert not leaks(done, SECRETS)


@pytest.mark.parametrize(
    ("bad", "inputs", "words"),
    [
        pytest.param("traceback=3", {}, ("at 50 % of the traffic", "Traceback (most recent call last):"), id="logs a traceback"),
        pytest.param("unhealthy-after=3", {}, ("at 50 % of the traffic", "answered 503"), id="turns unhealthy"),
        pytest.param("traceback=3", {"shift": "100%", "watch": "5s"}, ("at 100 % of the traffic", "Traceback"), id="at 100 %"),
    ],
)
def test_a_candidate_that_turns_bad_with_users_on_it_loses_them_unnoticed(
    standing: Standing, tmp_path: Path, bad: str, inputs: dict[str, str], words: tuple[str, ...]
) -> None:
    """Exit code 8 and the reason; both releases answered, nobody was refused, and the old one has all of them again."""
    with users(standing.box, tmp_path / "load.jsonl") as load:
        done = standing.product.deploy("v2", bad=bad, timeout=60, **{"shift": "50% 5s", **inputs})
        gone = len(load.records())
        records = load.stop()
    expect_end(done, 8, *words, _UNTOUCHED)
    standing.expect_untouched(done)
    expect_served_by(records, "v1", "v2")
    assert {record.version for record in records[gone:]} <= {"v1"}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(("RUN echo compiling; exit 9",), ("exit code: 9", "compiling"), id="fails"),
        pytest.param(("RUN --mount=type=secret,id=npm cat /run/secrets/npm; false",), ("could not be built",), id="fails with a secret"),
        pytest.param(("NONSENSE",), ("could not be built", "NONSENSE"), id="is not understood"),
        pytest.param(("COPY missing /",), ("could not be built", "missing"), id="lacks a file"),
    ],
)
def test_a_build_that_fails_changes_nothing(standing: Standing, tmp_path: Path, lines: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Exit code 6 with the build's last lines, of which no secret is one."""
    standing.expect_bad_day(6, *words, "Nothing was changed", context=_context(tmp_path, *lines))


def test_a_missing_dockerfile_is_named(standing: Standing, tmp_path: Path) -> None:
    """Exit code 6 with the path where it was looked for."""
    standing.expect_bad_day(6, f"There is no Dockerfile at {tmp_path}/Dockerfile", "Nothing was changed", context=str(tmp_path))


def test_a_build_that_hangs_ends_at_the_deadline(standing: Standing, tmp_path: Path) -> None:
    """Exit code 130 in time; what was built on the host is built no longer."""
    done = standing.expect_bad_day(
        130, "its deadline of 4 s", "`deadline`", "Nothing was changed", context=_context(tmp_path, "RUN sleep 471"), deadline="4s"
    )
    assert done.seconds < 30
    assert standing.box.sh("pgrep -f 'sleep 47[1]' || echo none") == "none"


def test_after_all_that_a_good_release_needs_no_help(standing: Standing, tmp_path: Path) -> None:
    """The next deployment succeeds with no manual step, unnoticed as well."""
    with users(standing.box, tmp_path / "load.jsonl") as load:
        done = standing.product.deploy("v2", shift="50% 2s")
        records = load.stop()
    expect_end(done, 0, "v2 serves all traffic")
    expect_served_by(records, "v1", "v2")
    assert [line.split()[:2] for line in containers(standing.box)] == [["myexample-v1", "exited"], ["myexample-v2", "running"]]
    # For whoever runs a single test of this module after this one.
    standing.product.run("rollback")
