"""The verdict on numbers alone: what condemns a release, what does not, and how rarely chance decides."""

from __future__ import annotations

import random
from math import log

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bluegreen.decide.confidence import evidence_above, evidence_against, evidence_of_excess
from bluegreen.decide.verdict import comparable, final, judge
from bluegreen.model.traffic import Sample, StepTraffic
from bluegreen.model.verdict import LatencyLimit, Limits, LowTraffic, Verdict


def window(mine: tuple[int, int], live: tuple[int, int]) -> StepTraffic:
    """So many failed, of so many requests, of the candidate and of live."""
    (failed, requests), (live_failed, live_requests) = mine, live
    return StepTraffic(
        candidate=Sample(requests=requests, server_errors=failed),
        live=Sample(requests=live_requests, server_errors=live_failed),
    )


def timed(count: int, milliseconds: int) -> Sample:
    """So many answers, spread a little around that time."""
    spread = {milliseconds + n - 2: count // 5 for n in range(5)}
    return Sample(requests=sum(spread.values()), times=tuple(sorted(spread.items())))


@pytest.mark.parametrize(
    ("mine", "live", "verdict"),
    [
        ((0, 200), (0, 1800), Verdict.GO_ON),
        ((20, 200), (0, 1800), Verdict.GO_BACK),
        ((20, 200), (180, 1800), Verdict.GO_ON),
        ((100, 200), (900, 1800), Verdict.GO_ON),
        ((20, 20), (0, 180), Verdict.GO_BACK),
        ((1, 20), (0, 180), Verdict.GO_ON),
        ((2, 20), (0, 180), Verdict.GO_ON),
        ((19, 19), (0, 180), Verdict.WAIT),
        ((0, 0), (0, 0), Verdict.WAIT),
        ((150, 10_000), (50, 10_000), Verdict.GO_ON),
        ((300, 10_000), (50, 10_000), Verdict.GO_BACK),
        ((0, 10_000), (9_000, 10_000), Verdict.GO_ON),
    ],
)
def test_failures_beside_those_of_live(mine: tuple[int, int], live: tuple[int, int], verdict: Verdict) -> None:
    """Worse by more than a point, and surely so; being as bad as live is no fault, nor is a lone failure."""
    assert judge(window(mine, live), Sample(), Limits()).verdict is verdict


def test_a_failed_attempt_weighs_as_much_as_a_500() -> None:
    """Whether the user noticed is not the candidate's merit."""
    met = StepTraffic(candidate=Sample(requests=200, failed_attempts=20), live=Sample(requests=1800))
    assert judge(met, Sample(), Limits()).verdict is Verdict.GO_BACK


def test_the_margin_is_the_user_s() -> None:
    """`max-error-rate: 20%` forgives ten points."""
    assert judge(window((20, 200), (0, 1800)), Sample(), Limits(max_error_rate=0.2)).verdict is Verdict.GO_ON
    assert judge(window((120, 200), (0, 1800)), Sample(), Limits(max_error_rate=0.2)).verdict is Verdict.GO_BACK
    assert judge(window((200, 200), (0, 1800)), Sample(), Limits(max_error_rate=1.0)).verdict is Verdict.GO_ON


def test_the_reason_names_both_numbers() -> None:
    """A reader sees at once what was compared."""
    judged = judge(window((20, 200), (2, 1800)), Sample(), Limits())
    assert judged.reason == "it failed 20 of 200 requests of users (10.0 %); live 2 of 1,800 (0.1 %)"
    assert judge(window((20, 200), (0, 0)), Sample(), Limits()).reason.endswith("live had none to compare with")


def test_live_is_compared_in_the_same_window_while_it_has_traffic() -> None:
    """Else in the steps before; a live without requests at all leaves the margin alone to compare with."""
    limits, past = Limits(), Sample(requests=500, server_errors=100)
    assert comparable(window((0, 50), (1, 60)), past, limits) == Sample(requests=60, server_errors=1)
    assert comparable(window((0, 50), (1, 2)), past, limits) == Sample(requests=502, server_errors=101)
    assert comparable(window((0, 50), (0, 3)), Sample(), limits) is None
    assert judge(window((60, 300), (0, 0)), past, limits).verdict is Verdict.GO_ON
    assert judge(window((60, 300), (0, 0)), Sample(), limits).verdict is Verdict.GO_BACK


@pytest.mark.parametrize(
    ("mine", "live", "limit", "verdict"),
    [
        (timed(200, 150), timed(1000, 50), LatencyLimit(times=1.5), Verdict.GO_BACK),
        (timed(200, 60), timed(1000, 50), LatencyLimit(times=1.5), Verdict.GO_ON),
        (timed(200, 150), timed(1000, 150), LatencyLimit(times=1.5), Verdict.GO_ON),
        (timed(200, 150), timed(1000, 50), LatencyLimit(seconds=0.1), Verdict.GO_BACK),
        (timed(200, 150), timed(1000, 50), LatencyLimit(seconds=0.2), Verdict.GO_ON),
        (timed(200, 150), timed(20, 50), LatencyLimit(times=1.5), Verdict.GO_ON),
        (timed(200, 7), timed(1000, 3), LatencyLimit(times=1.5), Verdict.GO_ON),
        (timed(200, 150), timed(1000, 50), None, Verdict.GO_ON),
    ],
)
def test_times_beside_those_of_live(mine: Sample, live: Sample, limit: LatencyLimit | None, verdict: Verdict) -> None:
    """By the p95 and surely so: not where live's answers are too few to know its own, nor for a few milliseconds."""
    assert judge(StepTraffic(candidate=mine, live=live), Sample(), Limits(max_latency=limit)).verdict is verdict


def test_a_few_slow_answers_are_no_slow_release() -> None:
    """Two of a hundred: the p95 leaves them out."""
    mine = Sample(requests=100, times=((50, 98), (5000, 2)))
    limits = Limits(max_latency=LatencyLimit(times=1.5))
    assert judge(StepTraffic(candidate=mine, live=timed(1000, 50)), Sample(), limits).verdict is Verdict.GO_ON


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        (LowTraffic.PROBE, Verdict.GO_ON),
        (LowTraffic.PROCEED, Verdict.GO_ON),
        (LowTraffic.WAIT, Verdict.WAIT),
        (LowTraffic.FAIL, Verdict.GO_BACK),
    ],
)
def test_too_few_requests_are_for_the_user_to_decide(policy: LowTraffic, verdict: Verdict) -> None:
    """Only when the step is over, and only then."""
    few, limits = window((1, 5), (0, 5)), Limits(on_low_traffic=policy)
    assert final(few, Sample(), limits).verdict is verdict
    assert "5 of the 20 requests" in final(few, Sample(), limits).reason
    assert final(window((0, 30), (0, 30)), Sample(), limits).verdict is Verdict.GO_ON
    assert final(window((30, 30), (0, 30)), Sample(), limits).verdict is Verdict.GO_BACK


def test_chance_condemns_hardly_anybody_however_often_it_is_looked_at() -> None:
    """A release that is just as much worse as it may be, looked at 30 times: 1 % at most may be condemned."""
    dice, condemned = random.Random(7), 0  # noqa: S311 - a simulation
    for _ in range(100):
        mine = live = 0
        for seen in range(1, 301):
            mine += dice.random() < 0.06
            live += dice.random() < 0.05
            if seen % 10 == 0 and evidence_of_excess(0.01, (mine, seen), (live, seen)) >= log(100):
                condemned += 1
                break
    assert condemned <= 2


@settings(max_examples=25)
@given(tries=st.integers(1, 400), hits=st.integers(0, 400), rate=st.floats(0.001, 0.999))
def test_evidence_is_the_odds_of_a_martingale(tries: int, hits: int, rate: float) -> None:
    """The mean of M after one more request is M itself; what was seen most often speaks least against itself."""
    hits = min(hits, tries)
    now = evidence_against(rate, hits, tries)
    hit, miss = evidence_against(rate, hits + 1, tries + 1) - now, evidence_against(rate, hits, tries + 1) - now
    assert rate * 2.718281828459045**hit + (1 - rate) * 2.718281828459045**miss == pytest.approx(1.0, rel=1e-6)
    assert evidence_above(rate, hits, tries) >= 0


@settings(max_examples=25)
@given(mine=st.tuples(st.integers(0, 60), st.integers(1, 60)), live=st.tuples(st.integers(0, 60), st.integers(1, 60)))
@example(mine=(44, 44), live=(56, 57))  # nearly everything fails everywhere, as in an outage that both share
def test_evidence_of_excess_is_the_least_over_all_rates_that_the_claim_allows(mine: tuple[int, int], live: tuple[int, int]) -> None:
    """What the halving finds is what trying every rate finds."""
    mine, live = (min(mine), mine[1]), (min(live), live[1])
    found = evidence_of_excess(0.01, mine, live)
    tried = [evidence_against(p, *live) + evidence_against(p + 0.01, *mine) for p in (n / 500 for n in range(1, 494))]
    assert found <= max(0.0, min(tried)) + 1e-6
    if mine[0] / mine[1] > live[0] / live[1] + 0.05:
        assert found == pytest.approx(max(0.0, min(tried)), abs=0.1)
