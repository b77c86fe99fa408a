"""The first deployment beside an app that runs already, under load, in both directions."""

from __future__ import annotations

import time
from html import unescape
from pathlib import Path

from tests.box import Box
from tests.e2e.before import OLD, OLD_PLACE, old_state, run_old, site_before
from tests.e2e.deploying import QUICK, containers, expect_end, expect_only_raced, expect_served_by, plain, route, users
from tests.e2e.product import Product, serving

_NAME = "shop.test"
_STOP = f"docker update --restart no {OLD} && docker stop {OLD}"


def test_a_running_app_is_adopted_and_its_users_notice_nothing(box: Box, product: Product, tmp_path: Path) -> None:
    """A bad release and a killed one go back to it; a good one takes over; it is never touched, and the summary says how to stop it."""
    run_old(box)
    theirs = site_before(box, _NAME)
    before = old_state(box)
    product.inputs |= {**QUICK, "server-name": _NAME, "adopt": OLD_PLACE, "lease": "3s"}
    box.sh(f"rm {theirs}")  # without a reload: it serves on until our site is live

    with users(box, tmp_path / "bad.jsonl", host=_NAME) as load:
        bad = product.deploy("v1", bad="traceback=2", shift="50% 5s")
        went_back = load.stop()
    expect_end(bad, 8, "at 50 % of the traffic", f"{OLD} serves all traffic, as before", "so NGINX reloads")
    expect_served_by(expect_only_raced(went_back), "old", "v1")
    assert (route(box), containers(box)) == (("000", "000"), [])
    expect_end(product.run("status"), 0, f"{OLD} at {OLD_PLACE}, which was adopted, serves all traffic")

    with users(box, tmp_path / "good.jsonl", host=_NAME) as load:
        killed = product.start_deploy("v2", shift="50% 20s", adopt="")
        killed.wait_for("50 % of the requests go to")
        time.sleep(0.5)  # so that some of the users meet it
        killed.process.kill()
        killed.finish()
        good = product.deploy("v3", shift="50% 1s", adopt=OLD)
        took_over = load.stop()
    expect_end(good, 0, f"hot: {OLD} and", f"v3 serves all traffic; it took over from {OLD}", _STOP)
    assert unescape(plain(good.summary)).endswith(f"<code>{_STOP}</code>.")
    assert "so NGINX reloads" not in good.out
    expect_served_by(took_over, "old", "v2", "v3")
    assert old_state(box) == before

    with users(box, tmp_path / "next.jsonl", host=_NAME) as load:
        following = product.deploy("v4")
        box.sh(_STOP)
        records = load.stop()
    expect_end(following, 0, "`adopt` has nothing left to do", "so NGINX reloads", f"the adopted app at {OLD_PLACE} is out of NGINX's site")
    expect_served_by(expect_only_raced(records), "v3", "v4")
    again = product.deploy("v5")
    expect_end(again, 0)
    assert "so NGINX reloads" not in again.out
    assert set(serving(box, host=_NAME, count=10)) == {"v5"}


def test_what_cannot_be_adopted_is_refused_and_left_alone(box: Box, product: Product) -> None:
    """An address where nothing answers, a name of nobody; and users who would not reach the app through our site keep their way to it."""
    run_old(box)
    site_before(box, _NAME)
    before = old_state(box)
    product.inputs |= QUICK
    expect_end(product.deploy("v1", adopt="127.0.0.1:9999"), 4, "Nothing answers at 127.0.0.1:9999")
    expect_end(product.deploy("v1", adopt="nobody"), 4, "no container called nobody", OLD)
    astray = product.deploy("v1", adopt=OLD, server_name="other.test", url=f"http://{_NAME}/")
    expect_end(astray, 4, "Your users do not reach this site", f"{OLD} serves all traffic, as before")
    assert (route(box), containers(box)) == (("-", "-"), [])
    assert box.sh("ls /etc/nginx/conf.d") == ""
    assert set(serving(box, host=_NAME, count=10)) == {"old"}
    assert old_state(box) == before
