"""The HTML page: one file that needs nothing else, runs nothing, and shows the traffic as it was."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bluegreen import report
from bluegreen.errors import BlueGreenError, Cancelled, WentBack
from bluegreen.model.color import Color
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Stage
from tests.unit.report_kit import DEPLOYED, Teller

VOID = {"meta", "br", "rect", "path"}


class Page(HTMLParser):
    """A page's elements and text; complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the one that was opened last."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Some text."""
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.seen if name == tag]


def page(run: Teller, end: Outcome | Exception, folder: Path) -> Page:
    """The page of a run."""
    run.finish(end, report.Places(directory=folder))
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def shift(run: Teller, end: Outcome | BlueGreenError, folder: Path) -> Page:
    """The page of a deployment that ends so."""
    with suppress(BlueGreenError):
        run.deploy(fails=end if isinstance(end, BlueGreenError) else None)
    return page(run, end, folder)


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """No script, no link, nothing fetched; its policy forbids them; made for phones, and for light and dark."""
    shown = shift(Teller(), DEPLOYED, tmp_path)
    text = (tmp_path / "report.html").read_text()
    assert not shown.all("script") + shown.all("link") + shown.all("img") + shown.all("iframe")
    assert not [name for _, attributes in shown.seen for name in attributes if name in ("src", "href") or name.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text
    metas = shown.all("meta")
    assert {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"} in metas
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas
    assert "prefers-color-scheme: dark" in text


def test_the_chart_climbs_step_by_step(tmp_path: Path) -> None:
    """From nothing to 10 %, to all of it, in the candidate's color, and in words for those who cannot see."""
    shown = shift(Teller(), DEPLOYED, tmp_path)
    area, line = shown.all("path")
    assert area["class"] == "area green"
    assert re.findall(r"[ML](\S+ \S+)", str(line["d"])) == ["0 100", "7 100", "7 90", "50 90", "50 0", "93 0", "93 0", "100 0"]
    (chart,) = [attributes for attributes in shown.all("div") if attributes.get("class") == "chart"]
    assert chart["aria-label"] == "The new release got 10 % for 10.0s, then 100 % for 10.0s; then it kept all of it."


def test_the_chart_of_a_paused_run_stays_at_its_share(tmp_path: Path) -> None:
    """Nobody is told that it has all of the traffic."""
    run = Teller()
    with run.tell.stage(Stage.REROUTE):
        run.shift(10, "go on")
    shown = page(run, replace(DEPLOYED, result=Result.PAUSED), tmp_path)
    assert str(shown.all("path")[1]["d"]).endswith("L93 90 L93 90 L100 90")
    (chart,) = [attributes for attributes in shown.all("div") if attributes.get("class") == "chart"]
    assert chart["aria-label"] == "The new release got 10 % for 10.0s; then it was paused and kept 10 %."


@pytest.mark.parametrize("error", [WentBack("v2 misbehaved"), Cancelled("The job was cancelled.")])
def test_the_chart_of_a_run_that_went_back_ends_at_nothing(error: BlueGreenError, tmp_path: Path) -> None:
    """Traffic that was taken back is seen to go."""
    shown = shift(Teller(), error, tmp_path)
    assert str(shown.all("path")[1]["d"]).endswith("L93 50 L93 100 L100 100")
    assert "went back" in shown.text
    assert {"class": f"pill {'cancelled' if isinstance(error, Cancelled) else 'failed'}"} in shown.all("span")


def test_no_chart_where_there_was_no_shift(tmp_path: Path) -> None:
    """A first deployment shares with nobody; a run that failed before moved nothing."""
    first = shift(Teller(), Outcome(result=Result.DEPLOYED, version="v1", color=Color.BLUE), tmp_path)
    assert "first release on this host" in first.text
    assert first.all("svg") == []
    assert page(Teller(), ValueError(), tmp_path).all("svg") == []


def test_stages_are_bars_within_their_track(tmp_path: Path) -> None:
    """Each begins where the one before ended, and none leaves the picture."""
    shown = shift(Teller(), DEPLOYED, tmp_path)
    bars = [[float(number) for number in re.findall(r"[\d.]+", str(bar["style"]))] for bar in shown.all("i")]
    assert len(bars) == 3
    assert all(left + width <= 100.6 for left, width in bars)
    assert bars[0][0] + bars[0][1] == pytest.approx(bars[1][0], abs=0.1)


def test_the_error_is_told_in_the_order_a_reader_asks(tmp_path: Path) -> None:
    """Four parts, and right below them the evidence."""
    error = WentBack("It misbehaved.", means="It dies.", state="v1 serves.", todo="Mend `app`:\n\n  docker run x")
    shown = shift(Teller(), error, tmp_path)
    parts = ["Went back", "It misbehaved.", "It dies.", "v1 serves.", "Mend app:", "docker run x", "KeyError: 7", "Traffic"]
    places = [shown.text.rindex(part) if part == "Traffic" else shown.text.index(part) for part in parts]
    assert places == sorted(places)
    assert {"class": "copy"} in shown.all("code")


def test_a_long_log_is_shown_at_its_end(tmp_path: Path) -> None:
    """Where the reason stands as a rule; its beginning is what has to be scrolled to. Without a script only the style can say so."""
    shift(Teller(), WentBack("It misbehaved."), tmp_path)
    rule = re.search(r"^pre \{(.*)\}$", (tmp_path / "report.html").read_text(), re.MULTILINE)
    assert rule is not None
    assert {"flex-direction: column-reverse", "overflow: auto", "max-height: 30rem"} <= set(re.split(r";? +(?=[a-z-]+: )|; *$", rule[1]))


def test_nothing_of_others_becomes_an_element(tmp_path: Path) -> None:
    """A version, a container's name, a log line, a fact: all of it is text, whatever it looks like."""
    hostile = '"><script>alert(1)</script><img src=x onerror=y>{{ 7*7 }}'
    run = Teller()
    run.deploy()
    run.tell.evidence(hostile, [hostile])
    run.tell.warn(hostile)
    run.tell.fact(hostile, hostile)
    outcome = Outcome(result=Result.DEPLOYED, version=hostile, previous_version=hostile, containers=(hostile,), url="javascript:alert(1)")
    shown = page(run, outcome, tmp_path)
    assert shown.all("script") + shown.all("img") + shown.all("a") == []
    assert shown.text.count(hostile) >= 7


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (DEPLOYED, "myexample v2 serves all traffic; v1 is kept, stopped."),
        (Outcome(result=Result.DEPLOYED, version="v2", previous_version="v1"), "myexample v2 serves all traffic; it replaced v1."),
        (
            Outcome(result=Result.DEPLOYED, version="v2", previous_version="v2"),
            "myexample v2 serves all traffic; it runs with new settings.",
        ),
        (
            Outcome(result=Result.ROLLED_BACK, version="v1", previous_version="v2", kept=("v2",)),
            "myexample v1 serves all traffic again; v2 is kept, stopped.",
        ),
        (Outcome(result=Result.UNCHANGED, version="v2"), "myexample v2 already serves all traffic; nothing was changed."),
        (Outcome(result=Result.SUPERSEDED, version="v3"), "A newer run has deployed myexample v3 meanwhile; this run changed nothing."),
    ],
)
def test_one_sentence_says_who_serves(outcome: Outcome, sentence: str, tmp_path: Path) -> None:
    """The same sentence stands on the page and in the log, for every result."""
    run = Teller()
    shown = page(run, outcome, tmp_path)
    assert sentence in shown.text
    assert sentence in run.text
