"""How sure one may be of a rate, however few the requests and however often one looks.

A step is looked at twice a second. A test made for one look (Fisher's, Wilson's) would sooner or later condemn every release; this evidence
holds at all looks at once. For requests that fail with rate p, take the likelihood of what was seen under a mixture of all rates, over the
one under p:

    M(p) = ∫ qᵏ (1-q)ⁿ⁻ᵏ dBeta(a, b)(q) / pᵏ (1-p)ⁿ⁻ᵏ = B(a+k, b+n-k) / B(a, b) / pᵏ (1-p)ⁿ⁻ᵏ

It is a non-negative martingale with mean 1, so it ever reaches 1/α with probability α at most (Ville 1939): H. Robbins, Statistical methods
related to the law of the iterated logarithm, Ann. Math. Statist. 41 (1970) 1397. So is the product of two, one for each color. A claim
about both rates is refuted when the product is large for every pair of rates that it allows: L. Wasserman, A. Ramdas, S. Balakrishnan,
Universal inference, PNAS 117 (2020) 16880. Exact for every n, with no normal approximation, which is far off at 0 of 20 or 3 of 20.
"""

from __future__ import annotations

from math import lgamma, log, log1p

__all__ = ["evidence_above", "evidence_against", "evidence_of_excess"]

# Any would do; this one, under which small rates are likely, needs the fewest requests where it matters (rates below a tenth).
_A, _B = 0.25, 5.0
_HALVINGS = 30  # to a billionth of the interval; at its lowest the evidence is flat, so it is known far more exactly than that
_ALL = 1 - 1e-9  # stands for the rate 1, of which there is no logarithm of the rest


def evidence_against(rate: float, hits: int, tries: int) -> float:
    """The logarithm of M(`rate`): how much better other rates explain `hits` in `tries`. `rate` is strictly between 0 and 1."""
    mixture = _log_beta(_A + hits, _B + tries - hits) - _log_beta(_A, _B)
    return mixture - hits * log(rate) - (tries - hits) * log1p(-rate)


def evidence_above(rate: float, hits: int, tries: int) -> float:
    """Against the claim that the true rate is `rate` at most; 0 where nothing speaks against it."""
    return max(0.0, evidence_against(rate, hits, tries)) if hits > rate * tries else 0.0


def evidence_of_excess(margin: float, mine: tuple[int, int], other: tuple[int, int]) -> float:
    """Against the claim that my rate exceeds the other's by `margin` at most; each is `(hits, tries)`, and none is without tries.

    The pair of rates that explains both best under the claim has them `margin` apart, between what was seen of either. The evidence is
    convex there, so halving the interval by the slope finds it.
    """
    low, high = other[0] / other[1], min(mine[0] / mine[1], _ALL) - margin
    if low >= high:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _slope(middle, *other) + _slope(middle + margin, *mine) < 0:
            low = middle
        else:
            high = middle
    middle = (low + high) / 2
    return max(0.0, evidence_against(middle, *other) + evidence_against(middle + margin, *mine))


def _slope(rate: float, hits: int, tries: int) -> float:
    """The derivative of `evidence_against` by the rate."""
    return (tries - hits) / (1 - rate) - hits / rate


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
