"""The host that lives already, on a Friday: its app is taken over behind its own TLS site, beside its other site and its database."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.box import Box
from tests.e2e.before import OLD, OLD_PLACE, old_state, run_old
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.deploying import APP_NAME, QUICK, expect_end, expect_only_raced, expect_served_by, route
from tests.e2e.product import ROOT, Product
from tests.load import Kind, Load, Target

_PAGE = (ROOT / "docs" / "adopting.md").read_text()
_SETUP, _EDIT, _STOP = (block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE))
_NAME = "shop.example"
_SHOP, _BLOG = "/etc/nginx/sites-enabled/shop", "/etc/nginx/sites-enabled/blog"
_LINE, _EDITED = f"proxy_pass http://{OLD_PLACE};", f"include /etc/nginx/bluegreen/{APP_NAME}.conf;"
_TLS = f"listen 443 ssl http2; ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};"
_SHOP_TEXT = f"""server {{
    {_TLS}
    server_name {_NAME};
    location / {{
        {_LINE}
        proxy_set_header Host $host;
    }}
}}
"""
_BLOG_TEXT = f'server {{ {_TLS} server_name blog.example; location / {{ return 200 "the blog\\n"; }} }}\n'
_OTHERS = (
    f"sha256sum {_BLOG}; curl -sk --resolve blog.example:443:127.0.0.1 https://blog.example/;"
    " docker inspect -f '{{.Id}} {{json .State}} {{json .NetworkSettings}}' db"
)
_RATES = {Kind.GET: 40.0, Kind.POST: 20.0, Kind.FRESH: 10.0}


@pytest.fixture
def shop(box: Box, product: Product) -> Product:
    """The app on a published port and a database beside it, each somebody's container; two TLS sites of the distribution's NGINX."""
    box.docker("network", "create", "shop_default")
    run_old(box)
    box.docker("run", "-d", "--name", "db", "--network", "shop_default", "python:3.12-slim", "python", "-m", "http.server", "5432")
    self_signed(box, _NAME)
    box.write(_SHOP, _SHOP_TEXT)
    box.write(_BLOG, _BLOG_TEXT)
    box.sh("nginx -t 2>&1 && nginx -s reload && sleep 0.3")
    product.inputs |= {**QUICK, "site": "include", "url": f"https://{_NAME}/", "adopt": OLD, "networks": "shop_default"}
    return product


def _written() -> dict[str, str]:
    """The inputs of the page's workflow but for those that are secrets."""
    workflow = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)[0])
    written: dict[str, str] = workflow["jobs"]["deploy"]["steps"][1]["with"]
    return {name: value for name, value in written.items() if "secrets." not in value}


def test_a_living_host_is_adopted_without_a_failed_request(box: Box, shop: Product, tmp_path: Path) -> None:
    """`setup`, one line edited, a bad first release, a good one, the next, another bad one, a rollback: all under load on 443.

    The commands are those of docs/adopting.md.
    """
    others, old = box.sh(_OTHERS), old_state(box)
    target = Target(address=box.address, port=443, host=_NAME, tls=True)
    assert _written().items() <= shop.inputs.items()
    for line in _SETUP:
        expect_end(shop.run(*shlex.split(line)[2:]), 0, APP_NAME)
    expect_end(shop.deploy("v1"), 4, f"{_SHOP}:5: `{_LINE}` becomes `{_EDITED}`")
    for line in _EDIT:
        box.sh_user(line)
    box.sh("sleep 0.5")

    with Load(target, tmp_path / "adopting.jsonl", rates=_RATES) as load:
        expect_end(shop.deploy("v1", bad="traceback=2", shift="50% 5s"), 8, f"{OLD} serves all traffic, as before")
        done = shop.deploy("v2", shift="20% 1s")
        records = load.stop()
    expect_end(done, 0, f"hot: {OLD} and {APP_NAME}-v2", f"docker stop {OLD}")
    expect_served_by(records, "old", "v1", "v2")
    ask_db = "import urllib.request as r; print(r.urlopen('http://db:5432/').status)"
    assert box.docker("exec", f"{APP_NAME}-v2", "python", "-c", ask_db) == "200"

    with Load(target, tmp_path / "next.jsonl", rates=_RATES) as load:
        expect_end(shop.deploy("v3"), 0, "so NGINX reloads", f"the adopted app at {OLD_PLACE} is out of NGINX's site")
        records = load.stop()
    expect_served_by(expect_only_raced(records), "v2", "v3")
    with Load(target, tmp_path / "later.jsonl", rates=_RATES) as load:
        expect_end(shop.deploy("v4", bad="traceback=1", shift="50% 5s"), 8, f"{APP_NAME}-v3 serves all traffic")
        assert (box.sh(_OTHERS), old_state(box)) == (others, old)
        for line in _STOP:
            box.sh_user(line)
        expect_end(shop.run("rollback"), 0, "v2 serves all traffic again")
        records = load.stop()
    expect_served_by(records, "v2", "v3", "v4")
    assert route(box)[1] == "100"
    assert box.sh(_OTHERS) == others
    assert box.read(_SHOP) + "\n" == _SHOP_TEXT.replace(_LINE, _EDITED)
