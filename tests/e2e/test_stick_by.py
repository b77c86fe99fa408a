"""`stick-by`: a user who has met the new release does not meet the old one again while the share grows.

With green as the candidate, and in a site of the user's own, `tests/e2e/test_include.py` shows the same.
"""

from __future__ import annotations

from tests.box import Box
from tests.e2e.deploying import QUICK, expect_end
from tests.e2e.product import Product
from tests.e2e.visitors import changes, expect_never_moved_back, visitors
from tests.load import Target

_SHIFT = "30% 1s, 60% 1s"


def test_a_growing_share_never_moves_a_user_back(box: Box, product: Product) -> None:
    """With `ip` all from one address move as one; with a cookie, which is a change of the site, each moves once."""
    target = Target(address=box.address)
    product.inputs |= QUICK
    assert product.deploy("v1").exit_code == 0
    updated = "NGINX's site for any name is updated"
    with visitors(target) as met:
        expect_end(product.deploy("v2", stick_by="ip", shift=_SHIFT), 0, updated, "v2 serves all traffic")
    everything = [version for visit in zip(*met.values(), strict=False) for version in visit]
    assert changes(everything) == ["v1", "v2"]
    with visitors(target) as met:
        expect_end(product.deploy("v3", stick_by="cookie:sid", shift=_SHIFT), 0, updated, "v3 serves all traffic")
    expect_never_moved_back(met, "v2", "v3")
