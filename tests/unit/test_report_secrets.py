"""No secret leaves through anything a user reads, in no spelling it may have got on its way."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from bluegreen import report
from bluegreen.errors import WentBack
from bluegreen.model.color import Color
from bluegreen.model.event import Event
from bluegreen.model.plan_report import PlanReport, PlanStep
from bluegreen.model.progress import Stage, StepRecord
from bluegreen.model.status import StatusReport
from bluegreen.report import Masker
from tests.unit.report_kit import GITHUB, Teller, Tty

SECRET = 'p@ss word/+"7ü'
KEY = "-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\nAABG5vbmUAAAAEbm9uZQAA\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_spelling_is_hidden(spelling: str) -> None:
    """As it is, in a URL, in JSON, in base64."""
    hidden = Masker([SECRET])(f"before {spelling} after")
    assert spelling not in hidden
    assert hidden.startswith("before ***")
    assert hidden.endswith(" after")


@pytest.mark.parametrize("user", ["", "a", "ab", "abc"])
def test_a_basic_authorization_header_is_hidden(user: str) -> None:
    """Base64 of `user:secret` shares no whole spelling with base64 of the secret; at most its first and last character remain."""
    encoded = base64.b64encode(f"{user}:hunter2-hunter2".encode()).decode()
    hidden = Masker(["hunter2-hunter2"])(f"Authorization: Basic {encoded}")
    assert "***" in hidden
    assert not any(encoded[at : at + 4] in hidden for at in range(-(-(len(user) + 1) * 8 // 6), len(encoded) - 6))


def test_each_line_of_a_key_is_hidden_but_not_its_armor() -> None:
    """A program that prints a key prints it line by line; our own advice shows how a key begins."""
    hidden = Masker([KEY])
    assert hidden("AABG5vbmUAAAAEbm9uZQAA") == "***"
    assert hidden("it must begin with -----BEGIN KEY-----") == "it must begin with -----BEGIN KEY-----"
    assert hidden(KEY) == "***\n"


def test_secrets_that_overlap_leave_no_rest() -> None:
    """Hiding one must not uncover the tail of the other."""
    assert Masker(["abcdef", "efghij"])("xabcdefghijy") == "x***y"
    assert Masker(["abcd", "abcdefgh"])("abcdefgh abcd") == "*** ***"
    assert Masker(["abab"])("abababab!") == "***!"


def test_short_values_are_words() -> None:
    """Hiding `80` or an empty secret would hide the report."""
    assert Masker(["80", "", "on", "abc"])("port 80 is on, abc") == "port 80 is on, abc"
    assert Masker(["true"])("true") == "***"


@pytest.mark.parametrize("environ", [{}, {"TERM": "xterm"}, GITHUB])
@pytest.mark.parametrize("learned_late", [False, True])
def test_a_secret_said_everywhere_is_seen_nowhere(environ: dict[str, str], learned_late: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Log, outputs, summary, JSON, page: one run that says its secret in every way there is, in pieces and colors too."""
    secret = "hunter2<&hunter2"
    run = Teller(environ, secrets=() if learned_late else (secret,), stream=Tty())
    if learned_late:
        run.tell.hide(secret)
    tell, said = run.tell, f"so: {secret}, and hunter2<&\x1b[1mhunter2"
    tell.hello(said)
    with tell.stage(Stage.BUILD), tell.group(said):
        for speak in (tell.say, tell.done, tell.warn, tell.output):
            speak(said)
    tell.step(StepRecord(share=10, seconds=1, verdict="go back", reason=said))
    tell.evidence(said, [said, secret])
    tell.fact("memory", said)
    where = report.Places(directory=tmp_path, outputs=tmp_path / "outputs", summary=tmp_path / "summary")
    asked = report.Run(app="x", version=said, host=said, url=said)
    report.finish(tell, WentBack(said, means=said, state=said, todo=said), run=asked, where=where)
    past = Event(at=said, event=said, by=said, details=(("version", said), ("detail", said)))
    report.finish(
        tell,
        StatusReport(app="x", lock_holder=said, url=said, adopted=said, kept=(said,), paused=said, history=(past,)),
        run=asked,
        where=where,
    )
    step = PlanStep(stage=Stage.BUILD, text=said)
    told = {"version": said, "image": said, "container": said, "steps": (step,), "problems": (said,), "notes": (said,), "diff": (said,)}
    report.finish(tell, PlanReport(app="x", color=Color.BLUE, unchanged=False, **told), run=asked, where=where)  # type: ignore[arg-type]
    everything = run.text + "".join(file.read_text() for file in tmp_path.iterdir())
    assert "***" in everything
    for form in ("hunter2", "hunter2&lt;", "hunter2%3C"):
        assert form not in everything


def test_a_bug_shows_where_it_happened_but_not_what_it_said(tmp_path: Path) -> None:
    """The text of a foreign exception may hold anything."""
    run = Teller()
    with pytest.raises(RuntimeError) as caught:
        _fail("hunter2hunter2")
    assert run.finish(caught.value, report.Places(directory=tmp_path)) == 1
    everything = run.text + "".join(file.read_text() for file in tmp_path.iterdir())
    assert "hunter2" not in everything
    assert "Traceback" not in run.text
    assert "An unexpected RuntimeError at test_report_secrets.py:" in run.text
    assert f"What to do      Please report it at {report.ISSUES}" in run.text
    found = json.loads((tmp_path / "report.json").read_text())["evidence"][0]
    assert found["lines"][0] == "RuntimeError:"
    assert "caused by KeyError:" in found["lines"]


def _fail(secret: str) -> None:
    """Fail as a library does, its own error caused by another."""
    try:
        _ = dict[str, str]()[secret]
    except KeyError as error:
        raise RuntimeError(secret) from error
