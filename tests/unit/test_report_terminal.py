"""What a person sees in a terminal, and what a file or a pipe gets."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from bluegreen import report
from bluegreen.errors import BadInput, CandidateFailed, WentBack
from bluegreen.model.color import Color
from bluegreen.model.event import Event
from bluegreen.model.progress import Stage, StepRecord
from bluegreen.model.status import ContainerStatus, StatusReport
from tests.unit.report_kit import Teller, Tty

ERROR = CandidateFailed(
    "v2 exited with code 1.",
    means="It cannot start.",
    state="v1 serves all traffic. " + "Nobody noticed. " * 9,
    todo="Try it:\n\n  docker run --rm v2 " + "x" * 100,
)


def screen(text: str) -> str:
    """What is left on a terminal's screen: erased lines are gone, colors and cursor are not text."""
    rows: list[str] = [""]
    row = 0
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\x1b\[\?25[lh]|\x1b\[[\d;]*m|\r|\n)", text):
        if part == "\n":
            row += 1
            rows += [""] * (row - len(rows) + 1)
        elif part.endswith("A") and part.startswith("\x1b["):
            row -= int(part[2:-1] or 1)
        elif part.startswith("\x1b[") and part.endswith("K"):
            rows[row] = ""
        elif part and not part.startswith("\x1b") and part != "\r":
            rows[row] += part
    return "\n".join(row.rstrip() for row in rows)


def test_a_pipe_gets_plain_lines_with_the_seconds_on_the_right() -> None:
    """No escape sequence, each stage under its name, its seconds in one column, and all that other programs printed."""
    run = Teller({"TERM": "xterm-256color"})
    run.deploy()
    run.finish()
    assert "\x1b" not in run.text
    assert "build\n  │ #1 [internal] load build definition\n  ✓ myexample:v2 is on the host\n✓ build " in run.text
    assert len({len(line) for line in run.text.splitlines() if line.startswith("✓ ")}) == 1


def test_steps_show_share_bar_verdict_and_seconds() -> None:
    """A shift reads as a growing bar."""
    run = Teller()
    with pytest.raises(WentBack):
        run.deploy(fails=WentBack("v2 misbehaved"))
    steps = [line for line in run.text.splitlines() if "█" in line]
    assert steps[0].startswith("  ✓  10 %  ██░░░░░░░░░░░░░░░░░░  go on: as seen ")
    assert steps[1].startswith("  ✗  50 %  ██████████░░░░░░░░░░  go back: as seen ")
    assert all(step.endswith("  10.0s") for step in steps)


def test_a_long_reason_goes_on_below_and_loses_nothing() -> None:
    """The seconds stay where they are."""
    run = Teller()
    reason = " ".join(f"{number} requests failed," for number in range(1, 9))
    run.tell.step(StepRecord(share=100, seconds=10, verdict="go back", reason=reason))
    lines = run.text.splitlines()
    assert lines[0].endswith("  10.0s")
    assert all(len(line) <= 100 for line in lines)
    assert f"go back: {reason}" in " ".join(run.text.replace(" 10.0s", "").split())


def test_an_error_answers_in_order_and_leaves_what_is_to_be_copied_in_one_piece() -> None:
    """Labels on the left, sentences wrapped, an indented line never broken, the exit code told."""
    run = Teller()
    assert run.finish(ERROR) == 7
    labels = re.findall(r"^  (What happened|What it means|The host now|What to do) ", run.text, re.MULTILINE)
    assert labels == ["What happened", "What it means", "The host now", "What to do"]
    assert "exit code 7" in run.text
    assert "docker run --rm v2 " + "x" * 100 in run.text
    assert all(len(line) <= 100 for line in run.text.splitlines() if "docker run" not in line)


def test_all_problems_of_the_inputs_are_told() -> None:
    """One line each."""
    run = Teller()
    assert run.finish(BadInput(["`port` is no number: 80a", "`key` is " + "empty " * 20])) == 2
    assert "What happened   • `port` is no number: 80a\n                  • `key` is empty" in run.text
    assert "\n                    empty empty" in run.text, "a long one goes on below its own text"


def test_on_a_terminal_the_build_scrolls_by_and_stays_only_when_it_fails() -> None:
    """A good build leaves one line; a failed one leaves its last lines."""
    for fails in (False, True):
        run = Teller({"TERM": "xterm"}, stream=Tty())
        try:
            with run.tell.stage(Stage.BUILD):
                for number in range(50):
                    run.tell.output(f"step number {number}.")
                if fails:
                    raise ERROR
        except CandidateFailed:
            pass
        shown = screen(run.text)
        assert ("✗ build" if fails else "✓ build") in shown
        assert ("step number 49." in shown) is fails
        assert "step number 3." not in shown
        assert run.text.count("\x1b[?25l") == run.text.count("\x1b[?25h") > 0, "the cursor is back"


def test_verbose_tells_round_trips_facts_and_the_whole_build() -> None:
    """Nothing scrolls away then."""
    run = Teller({"TERM": "xterm"}, stream=Tty(), detail=report.Detail.VERBOSE)
    run.deploy()
    shown = screen(run.text)
    assert "#1 [internal] load build definition" in shown
    assert "9 round trips    11.1s" in shown
    assert "docker: 20.10.24" in shown


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_a_dumb_terminal_and_no_color_get_no_color(environ: dict[str, str]) -> None:
    """NO_COLOR still allows bold and a spinner; a dumb terminal gets nothing but text."""
    run = Teller(environ, stream=Tty())
    run.deploy()
    run.finish(ERROR)
    assert not re.search(r"\x1b\[(\d+;)*(3[0-7]|9[0-7])m", run.text)
    assert ("\x1b" in run.text) is ("NO_COLOR" in environ)


def test_what_is_found_twice_is_warned_of_once() -> None:
    """A deployment looks at the site before it starts anything and when it shifts the traffic; in between, somebody may have changed it."""
    run = Teller()
    for text in ("shop:8 leads past.", "shop:8 leads past.", "shop:9 leads past."):
        run.tell.warn(text)
    assert run.text.count("shop:8 leads past.") == run.text.count("shop:9 leads past.") == 1
    assert run.tell.told.warnings == ("shop:8 leads past.", "shop:9 leads past.")


def test_text_of_others_cannot_steer_the_terminal() -> None:
    """No title, no cursor, no clearing, no text that reads backwards."""
    run = Teller()
    run.tell.output("a\x1b]0;owned\x07b\x1b[2Jc\x1b[1;31md\x9b31me\u202ef\x08g")
    assert "  │ abcd31mefg\n" in run.text


def test_a_listener_who_left_never_fails_a_deployment() -> None:
    """A closed pipe makes the voice mute, nothing else; the report is still complete."""

    class Gone(io.StringIO):
        def write(self, _text: str, /) -> int:
            raise BrokenPipeError

    run = Teller(stream=Gone())
    run.deploy()
    assert run.finish() == 0
    assert [stage.name for stage in run.tell.told.stages] == ["build", "reroute", "retire"]


def test_a_stream_that_cannot_spell_a_tick_gets_a_question_mark() -> None:
    """An ASCII locale is no reason to fail."""
    raw = io.BytesIO()
    clock = Teller().clock
    tell = report.reporter({}, clock=clock, stream=io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    tell.done("up")
    assert raw.getvalue() == b"  ? up\n"


STATUS = StatusReport(
    app="myexample",
    live_version="v2",
    live_color=Color.GREEN,
    live_share=90,
    candidate_version="v3",
    candidate_share=10,
    containers=(
        ContainerStatus(name="myexample-v2", color=Color.GREEN, version="v2", state="running", address="172.18.0.4:8000"),
        ContainerStatus(name="myexample-v3", color=Color.BLUE, version="v3", state="exited (1)"),
    ),
    kept=("v1",),
    lock_holder="https://github.com/o/r/actions/runs/7",
)


def test_status_says_who_serves_in_a_sentence_and_a_table() -> None:
    """The serving container is pointed at; what a rollback could return to and who holds the lock stand below."""
    run = Teller()
    assert run.finish(STATUS) == 0
    lines = run.text.splitlines()
    assert lines[0] == "● myexample v2 serves 90 % of the traffic (green), v3 10 %"
    assert re.match(r"→ +myexample-v2 +green +v2 +running +– +172\.18\.0\.4:8000", lines[3])
    assert re.match(r"   myexample-v3 +blue +v3 +exited \(1\)", lines[4])
    assert re.search(r"kept for a rollback +v1\n +lock +https://github.com/o/r/actions/runs/7", run.text)


def test_status_cuts_nothing_off() -> None:
    """Half a version is none, however wide the table gets; and nobody wants nanoseconds."""
    name = "myexample-" + "v" * 90
    container = replace(STATUS.containers[0], name=name, started_at="2026-11-24T15:00:00.123456789Z")
    run = Teller()
    run.finish(replace(STATUS, containers=(container,)))
    row = next(line for line in run.text.splitlines() if name in line)
    assert row.endswith("2026-11-24T15:00:00Z")
    assert "…" not in run.text


def test_status_before_the_first_deployment() -> None:
    """There is nothing, and it says so."""
    run = Teller({"GITHUB_ACTIONS": "true", "NO_COLOR": "1"})
    run.finish(StatusReport(app="myexample"))
    assert run.text.splitlines()[0] == "○ myexample: no release is live"
    assert "a rollback is not possible" in run.text


def test_status_of_an_adopted_app_and_of_one_that_does_not_run() -> None:
    """Somebody serves, though no release does; and a route that leads to nobody is not taken for a release."""
    old = StatusReport(app="myexample", adopted="old at 127.0.0.1:9000")
    said = "○ myexample: no release is live yet; old at 127.0.0.1:9000, which was adopted, serves"
    for status, headline in (
        (old, f"{said} all traffic"),
        (replace(old, candidate_version="v1", candidate_share=10), f"{said} 90 % of the traffic, v1 10 %"),
        (StatusReport(app="myexample", live_color=Color.BLUE), "● myexample: nothing runs of the release that is live (blue)"),
    ):
        run = Teller()
        run.finish(status)
        assert run.text.splitlines()[0] == headline


def test_status_of_a_paused_deployment_and_of_what_was_before() -> None:
    """Who has to decide since when, and the last deployments, the newest first."""
    run = Teller()
    past = (
        Event(at="2026-11-24T15:00:00Z", event="paused", by="run 8", details=(("version", "v3"), ("release", "ab"), ("share", "10"))),
        Event(at="2026-11-23T15:00:00Z", event="rolled-back", by="run 7", details=(("version", "v2"), ("to", "v1"))),
        Event(at="2026-11-22T15:00:00Z", event="went-back", by="guardian", details=(("detail", "from 030-hot to 000"),)),
    )
    run.finish(replace(STATUS, paused="2026-11-24T15:00:00Z by run 8", history=past))
    assert run.text.splitlines()[0].endswith("v3 10 %, paused")
    assert "since 2026-11-24T15:00:00Z by run 8; `promote` or `abort` it" in run.text
    rows = [" ".join(line.split()) for line in run.text.splitlines()[-3:]]
    assert rows == [
        "2026-11-24T15:00:00Z paused v3 at 10 % run 8",
        "2026-11-23T15:00:00Z rolled-back v2 to v1 run 7",
        "2026-11-22T15:00:00Z went-back all traffic on blue again guardian",
    ]
