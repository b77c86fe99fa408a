"""What a person sees in the Actions log, and what the runner must never see there."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bluegreen.errors import BadInput, WentBack
from bluegreen.model.progress import Stage, StepRecord
from bluegreen.report.github import command
from tests.unit.report_kit import GITHUB, Teller, commands_seen

ERROR = WentBack("v2 misbehaved: 100% gone", means="It dies.", state="v1 serves.", todo="Mend it:\n\n  docker run x")


def test_each_stage_folds_and_shows_its_seconds_below_the_fold() -> None:
    """The folded log reads as one line a stage: what it got done on the left, its seconds on the right."""
    run = Teller({**GITHUB, "NO_COLOR": "1"})
    run.deploy()
    lines = run.text.splitlines()
    assert lines[:4] == ["::group::build", "│ #1 [internal] load build definition", "  ✓ myexample:v2 is on the host", "::endgroup::"]
    assert lines[4].startswith("✓ build    myexample:v2 is on the host  ")
    assert lines[4].endswith("  11.1s")
    ends = [line for line in lines if line.startswith("✓ ")]
    assert [line.split()[1] for line in ends] == ["build", "reroute", "retire"]
    assert len({len(line) for line in ends}) == 1, "the seconds stand below each other"


def test_folds_never_nest_and_always_close() -> None:
    """A part within a stage has a fold of its own; the stage's goes on afterwards; evidence stands open for everyone to see."""
    run = Teller({**GITHUB, "NO_COLOR": "1"})
    with suppress(WentBack), run.tell.stage(Stage.LAUNCH):
        run.tell.say("first")
        with run.tell.group("release command"):
            run.tell.output("migrated")
            with run.tell.group("inner"):
                run.tell.output("deep")
            run.tell.output("after")
        run.tell.say("second")
        run.tell.evidence("Its log", ["boom"])
        raise ERROR
    folds = [found for found in commands_seen(run.text) if found.name in ("group", "endgroup")]
    assert [fold.name for fold in folds] == ["group", "endgroup"] * (len(folds) // 2)
    assert [fold.text for fold in folds if fold.text] == [
        "launch",
        "launch · release command",
        "launch · release command · inner",
        "launch · release command (continued)",
        "launch (continued)",
    ]
    assert "::endgroup::\nIts log\n│ boom\n✗ launch" in run.text


HOSTILE = [
    "::set-output name=x::y",
    "  \t ::error::x",
    "\u00a0\u3000::warning::x",
    "\x1b[31m::add-path::/tmp",
    "\u200b::endgroup::",
    "fine\r::stop-commands::x",
    "fine\n::add-mask::a",
    "a ##[error]b",
    "##[set-env name=A]b",
    "\x00::debug::x",
    "\x1b]0;title\x07::notice::x",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_others_wrote_commands_the_runner(hostile: str) -> None:
    """Whatever way text takes into the log, the runner finds only the folds and annotations that are ours."""
    for color in ({}, {"NO_COLOR": "1"}):
        run = Teller({**GITHUB, **color})
        tell = run.tell
        tell.hello(hostile)
        with tell.stage(Stage.BUILD), tell.group(hostile):
            for speak in (tell.say, tell.done, tell.output, tell.warn):
                speak(hostile)
            tell.step(StepRecord(share=1, seconds=1, verdict="go on", reason=hostile))
            tell.fact(hostile, hostile)
        tell.evidence(hostile, [hostile])
        run.finish(BadInput([hostile], todo=hostile))
        assert {found.name for found in commands_seen(run.text)} == {"group", "endgroup", "warning", "error"}
        assert len([found for found in commands_seen(run.text) if found.name == "error"]) == 1


def test_an_error_is_one_annotation_that_answers_in_the_order_a_reader_asks() -> None:
    """What happened, what it means, how the host is, what to do; title and exit code above; percent signs and lines survive."""
    run = Teller({**GITHUB, "NO_COLOR": "1"})
    with pytest.raises(WentBack):
        run.deploy(fails=ERROR)
    assert run.finish(ERROR) == 8
    (error,) = [found for found in commands_seen(run.text) if found.name == "error"]
    assert error.properties == "title=Went back"
    text = error.text.replace("%0A", "\n").replace("%25", "%")
    assert text == "v2 misbehaved: 100% gone\n\nIt dies.\n\nv1 serves.\n\nMend it:\n\n  docker run x"
    assert "✗ Went back · exit code 8 · " in run.text


def test_a_command_is_escaped_as_the_runner_unescapes() -> None:
    """Its properties more strictly than its text."""
    assert command("error", "50%, a: b\r\nc", title="50%, a: b", file="") == "::error title=50%25%2C a%3A b::50%25, a: b%0D%0Ac"


def test_a_success_says_who_serves_and_how_to_go_back() -> None:
    """The last lines are the ones that matter."""
    run = Teller({**GITHUB, "NO_COLOR": "1"})
    run.deploy()
    assert run.finish() == 0
    assert run.text.splitlines()[-4].startswith("✓ myexample v2 serves all traffic; v1 is kept, stopped.")
    assert run.text.splitlines()[-3:] == [
        "  http://myexample.com",
        "  To go back to v1, run it with the command rollback",
        "  To see who serves, run it with the command status",
    ]


def test_no_color_means_none() -> None:
    """The Actions log is colored unless NO_COLOR is there and not empty."""
    for environ, colored in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)):
        run = Teller({**GITHUB, **environ})
        run.deploy()
        run.finish()
        assert ("\x1b[" in run.text) is colored
