"""What a candidate is held to while it has traffic, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Judgement", "LatencyLimit", "Limits", "LowTraffic", "Verdict"]


class LowTraffic(Enum):
    """What decides a step in which the candidate got too few requests of users to judge it by them."""

    PROBE = "probe"
    WAIT = "wait"
    PROCEED = "proceed"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyLimit:
    """The largest p95: `seconds`, or so many `times` live's own; the other one is 0."""

    seconds: float = 0.0
    times: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much worse than live the candidate may be. `max_error_rate` is a part of its requests, from 0 to 1."""

    max_error_rate: float = 0.01
    max_latency: LatencyLimit | None = None
    min_requests: int = 20
    on_low_traffic: LowTraffic = LowTraffic.PROBE


class Verdict(Enum):
    """What is to be done with the traffic."""

    GO_ON = "go on"
    WAIT = "wait"
    GO_BACK = "go back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and its reason, a clause; `means` is a sentence for a verdict that needs one."""

    verdict: Verdict
    reason: str
    means: str = ""
