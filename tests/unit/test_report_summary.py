"""The job summary: read as GitHub would show it, whatever others wrote into it."""

from __future__ import annotations

from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest

from bluegreen.errors import HostNotReady, WentBack
from bluegreen.model.progress import StepRecord
from bluegreen.report.render import markdown_escape
from tests.unit.github_page import shown
from tests.unit.report_kit import BACK, Teller, everywhere


def test_the_summary_of_a_success(tmp_path: Path) -> None:
    """Who serves; the steps; the stages with seconds and round trips; how to go back."""
    run = Teller()
    run.deploy()
    run.finish(where=everywhere(tmp_path))
    page = shown((tmp_path / "summary.md").read_text())
    assert "<h3>✅ myexample v2 serves all traffic; v1 is kept, stopped.</h3>" in page
    assert '<td style="text-align:right">10 %</td>' in page
    assert '<td style="text-align:left">build</td>\n<td style="text-align:right">11.1</td>\n<td style="text-align:right">9</td>' in page
    assert "To go back to v1, run it with the command <code>rollback</code>" in page


def test_the_summary_of_a_failure(tmp_path: Path) -> None:
    """The error in the order a reader asks, then the steps, then the evidence, open."""
    run = Teller()
    with pytest.raises(WentBack):
        run.deploy(fails=BACK)
    run.finish(BACK, everywhere(tmp_path))
    page = shown((tmp_path / "summary.md").read_text())
    parts = ["Went back: v2 misbehaved at 50 %.", "It dies.", "v1 serves all traffic.", "Mend <code>app.py</code>.", "go back"]
    parts += ["<details open>", "<pre>Traceback\nKeyError: 7</pre>"]
    places = [page.index(part) for part in parts]
    assert places == sorted(places)


def _page_of(text: str, folder: Path) -> str:
    """The page of a run in which everything that others write is this text."""
    run = Teller()
    with suppress(HostNotReady), run.tell.group(text):
        run.tell.warn(text)
        run.tell.step(StepRecord(share=1, seconds=1, verdict="go on", reason=text))
        run.tell.evidence(text, [text, "", text])
        raise HostNotReady(text)
    run.finish(HostNotReady(text, means=text, state=text, todo=text), everywhere(folder))
    return shown((folder / "summary.md").read_text())


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run in which nobody means harm."""
    return _page_of("harmless", tmp_path_factory.mktemp("harmless"))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "a|b|c",
        "**x** `y` [z](http://w) ![i](j)",
        "# one",
        "- two",
        "1. three",
        "</pre></details><b>",
        "&lt;",
        "$x$ ~~s~~",
    ],
)
def test_markdown_of_others_is_shown_and_not_obeyed(hostile: str, harmless: str, tmp_path: Path) -> None:
    """Whatever a version, a reason or a log line looks like: the same tags as for a harmless one, and the text as it was."""
    pages = (_page_of(hostile, tmp_path), harmless)
    tags = [[tag for tag in _tags(page) if tag not in ("<code>", "</code>")] for page in pages]
    assert tags[0] == tags[1]
    assert "alert(1)" not in "".join(tags[0])


@pytest.mark.parametrize(
    "text", ["- a", "+ a", "=", "12. a", "3)", "---", "# a", "1.5 s", "> a", "a_b_ *c* [d](e) `f` <g> &amp; h|i ~~j~~ $k$"]
)
def test_escaped_markdown_reads_as_it_was(text: str) -> None:
    """Also where it begins a paragraph."""
    assert unescape(shown(markdown_escape(text))) == f"<p>{text}</p>\n"


def _tags(page: str) -> list[str]:
    return [f"<{part.split('>')[0]}>" for part in page.split("<")[1:]]
