"""The judge itself is judged: histories in which the promise was broken must be found out, and kept promises must pass."""

from __future__ import annotations

import functools
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.load.checker import Died, Phase, check, cut
from tests.load.record import Kind, Record, read, write_line
from tests.load.summary import Summary, percentile

RATE = 20.0
SHIFT = (Phase(at=990.0, shares={"v1": 100}), Phase(at=1010.0, shares={"v1": 50, "v2": 50}), Phase(at=1020.0, shares={"v2": 100}))
SOCKET = Record(start=1015.0, duration=5.0, kind=Kind.WEBSOCKET, status=101, version="v1", code=1000, events=9, ended_by_us=True)


@functools.cache
def _good() -> tuple[Record, ...]:
    found = []
    for number in range(600):
        start = 1000 + number / RATE
        version = "v1" if start < 1010 or (start < 1020 and number % 4 < 2) else "v2"
        kind = Kind.POST if number % 2 else Kind.GET
        found.append(Record(start=start, duration=0.002, kind=kind, status=200, version=version))
    return tuple(found)


def history() -> list[Record]:
    """Thirty good seconds: v1, from second 10 on half and half, from second 20 on v2; a GET every 100 ms and a POST between two."""
    return list(_good())


def changed(number: int, **values: object) -> list[Record]:
    """The good history in which one request went otherwise."""
    records = history()
    records[number] = replace(records[number], **values)  # type: ignore[arg-type] # the values are the test's own
    return records


def rules(records: list[Record], phases: tuple[Phase, ...] = SHIFT, deaths: tuple[Died, ...] = ()) -> list[str]:
    """The rules found broken, once each."""
    return sorted({violation.rule for violation in check(records, phases, deaths=deaths, rate=RATE)})


def test_a_kept_promise_passes() -> None:
    """Nothing is wrong with thirty seconds in which every answer came from whom it should."""
    assert check([*history(), SOCKET], SHIFT, rate=RATE) == []


@pytest.mark.parametrize(
    "values",
    [
        {"status": 502, "version": ""},
        {"status": 404},
        {"status": 0, "version": "", "error": "connection closed before any answer"},
        {"error": "no whole answer within 30 s; 17 bytes came"},
    ],
)
@pytest.mark.parametrize("number", [100, 101])
def test_one_failed_request_breaks_the_first_invariant(number: int, values: dict[str, object]) -> None:
    """Whether GET or POST, refused, cut short or answered badly: one of 600 is one too many."""
    assert rules(changed(number, **values)) == ["I1"]


def test_a_post_on_a_connection_closed_under_it_counts_and_is_named() -> None:
    """What a reload does to a kept connection is a failure, and the words tell how it came about."""
    broken = check(changed(101, status=0, version="", error="connection closed before any answer", race=True, reused=40), SHIFT)
    assert [violation.rule for violation in broken] == ["I1"]
    assert "1 on a kept connection closed under them" in broken[0].text


def test_a_release_that_was_never_declared_must_not_answer() -> None:
    """A candidate that failed its probe gets nothing, not even one request."""
    broken = check(changed(300, version="v3"), SHIFT)
    assert [violation.rule for violation in broken] == ["I2"]
    assert "v3, which was never to serve" in broken[0].text


@pytest.mark.parametrize(("number", "version"), [(100, "v2"), (500, "v1")])
def test_a_release_must_not_answer_outside_of_its_declared_time(number: int, version: str) -> None:
    """The candidate before its shift began, or the old release after it ended."""
    assert rules(changed(number, version=version)) == ["I2"]


def test_a_request_that_spans_a_change_may_be_answered_by_either_side() -> None:
    """Sent to v1 a moment before the last step, answered two seconds later: that is what draining is for."""
    assert rules(changed(399, version="v1", duration=2.0)) == []


def test_a_long_answer_belongs_to_the_time_it_began_in() -> None:
    """A stream that began on v2 too early is wrong, however long it then went on."""
    stream = Record(start=1005.0, duration=20.0, kind=Kind.STREAM, status=200, version="v2")
    assert rules([*history(), stream]) == ["I2"]
    assert rules([*history(), replace(stream, version="v1")]) == []


def test_a_share_far_from_the_declared_one_is_found() -> None:
    """Half and half was declared; all to the candidate is no half."""
    wrong = [replace(record, version="v2") if record.start >= 1010 else record for record in history()]
    broken = check(wrong, SHIFT)
    assert {violation.rule for violation in broken} == {"I2"}
    assert "v2 answered 100.0 % where 50 % were declared" in str(broken[-1])


def test_a_declaration_seen_late_condemns_nobody() -> None:
    """On a busy machine the watch sees the change to v2 five seconds late: what v2 answered until then is neither wrong nor a share."""
    records = [replace(record, version="v2") if record.start >= 1015 else record for record in history()]
    late = (*SHIFT[:2], replace(SHIFT[2], after=1014.8))
    assert rules(records, late) == []
    assert rules(records) == ["I2"]


def test_a_death_ends_the_declared_shares_until_the_next_declaration() -> None:
    """When the candidate dies at second 12, the old release answers everything: the backup doing its duty, not a wrong share."""
    records = [replace(record, version="v1") if 1012 <= record.start < 1020 else record for record in history()]
    assert rules(records, SHIFT, (Died(at=1012.0, version="v2"),)) == []
    assert rules(records, SHIFT) == ["I2"]


def test_a_backup_of_a_hot_group_may_answer_now_and_then() -> None:
    """A hot split declares both releases; one request that fell over to the backup is no violation."""
    hot = (Phase(at=990.0, shares={"v1": 100, "v2": 0}), *SHIFT[1:])
    assert rules(changed(100, version="v2"), hot) == []


def test_no_declaration_at_all_proves_nothing() -> None:
    """Without a timeline the second invariant cannot be decided, and that is not a pass."""
    assert rules(history(), ()) == ["I2"]


DEATH = Died(at=1015.0, version="v2")


def test_a_request_inside_a_process_that_died_is_excused_and_counted() -> None:
    """A POST under way at the death is that process's own; the summary counts it apart."""
    records = changed(299, status=502, version="", duration=0.06)
    assert rules(records, SHIFT, (DEATH,)) == []
    assert rules(records, SHIFT) == ["I1"]
    summary = Summary.of(records, [DEATH])
    assert (summary.failed, summary.in_flight, summary.failed_get) == (1, 1, 0)


def test_a_get_is_not_excused_by_a_death() -> None:
    """NGINX asks the other release again; a user's GET that failed all the same was failed by the routing."""
    assert rules(changed(298, status=502, version="", duration=0.12), SHIFT, (DEATH,)) == ["I1"]


def test_failures_long_after_a_death_are_not_its_own() -> None:
    """Two seconds after the evidence the dead release must have been left."""
    assert rules(changed(361, status=502, version=""), SHIFT, (DEATH,)) == ["I1"]


def test_more_than_a_handful_inside_a_death_is_too_many() -> None:
    """Six requests in flight are not the few that the promise allows."""
    records = history()
    for number in range(289, 301, 2):
        records[number] = replace(records[number], status=502, version="", duration=0.6)
    assert rules(records, SHIFT, (DEATH,)) == ["I1"]


@pytest.mark.parametrize(
    "ending",
    [
        {"code": 0, "ended_by_us": False, "error": "ended without a close frame"},
        {"code": 0, "ended_by_us": True, "error": "no close frame within 30 s of ours"},
        {"code": 1001, "ended_by_us": False},
    ],
)
def test_a_cut_websocket_is_found(ending: dict[str, object]) -> None:
    """Ended without a close frame, or sent away before the drain timeout can have passed."""
    socket = replace(SOCKET, **ending)  # type: ignore[arg-type] # the values are the test's own
    assert rules([*history(), socket]) == ["I1"]
    assert Summary.of([socket]).websocket_cut


def test_a_websocket_sent_away_after_the_drain_timeout_is_not_cut() -> None:
    """The promise for long connections ends with the drain timeout, given that they are told."""
    assert not cut(replace(SOCKET, duration=31.0, code=1001, ended_by_us=False), drain=30.0)


def test_a_generator_that_stalled_proves_nothing() -> None:
    """A pause in the load could hide an outage, so it fails the check, and it does not blame the product."""
    paused = [record for record in history() if not 1012 < record.start < 1015]
    assert rules(paused) == ["load"]
    assert rules(changed(140, late=1.5)) == ["load"]


def test_too_thin_a_load_proves_nothing() -> None:
    """A third of the meant rate is not the load that was asked for; no load at all is none."""
    assert rules(history()[::3]) == ["load"]
    assert rules([]) == ["load"]


def test_records_survive_their_file_and_a_cut_last_line_does_not(tmp_path: Path) -> None:
    """What was written is what is read, in order of time; a line that the writer had not finished is left out."""
    records = [SOCKET, *history()[:3]]
    file = tmp_path / "load.jsonl"
    file.write_text("".join(write_line(record) for record in records) + '{"start": 1')
    assert read(file) == [*records[1:], SOCKET]


def test_the_summary_counts_by_release_and_shows_it(tmp_path: Path) -> None:
    """The table and the file tell the same numbers."""
    records = changed(101, status=502, version="")
    summary = Summary.of(records)
    summary.write(tmp_path / "load.json")
    console = Console(record=True, width=100, file=StringIO())
    summary.show(console)
    assert '"requests": 600' in (tmp_path / "load.json").read_text()
    assert '"failed_in_flight_on_v4": 0' in (tmp_path / "load.json").read_text()
    assert summary.by_release == {"v1": 299, "v2": 300}
    assert "1 × post: 502" in console.export_text()


@pytest.mark.parametrize(("share", "value"), [(0, 1.0), (50, 5.0), (95, 10.0), (100, 10.0)])
def test_percentiles_are_values_that_occurred(share: float, value: float) -> None:
    """Nearest rank: no average of a good and a bad answer."""
    assert percentile([float(number) for number in range(10, 0, -1)], share) == value
