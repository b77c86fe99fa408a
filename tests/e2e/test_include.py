"""`site: include`: the server block is the user's, with all that it does, and one line of it leads to the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.deploying import APP_NAME, QUICK, expect_end, expect_served_by, plain, route
from tests.e2e.product import APP, Product
from tests.e2e.visitors import expect_never_moved_back, visitors
from tests.load import Kind, Load, Target

_NAME = "shop.example"
_SITE = "/etc/nginx/sites-enabled/shop"
_PART = f"/etc/nginx/bluegreen/{APP_NAME}.conf"
_SHOP = f"""server {{
    listen 80;
    server_name {_NAME};
    return 301 https://$host$request_uri;
}}
server {{
    listen 443 ssl http2;
    server_name {_NAME};
    ssl_certificate {CERTIFICATE};
    ssl_certificate_key {KEY};
    access_log /var/log/nginx/shop.log;
    open_file_cache max=1000 inactive=60s;
    client_max_body_size 3m;
    error_page 404 = @missing;
    proxy_intercept_errors on;
    rewrite ^/home$ / last;
    location / {{
        proxy_pass http://127.0.0.1:8000;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_read_timeout 300s;
        add_header X-Shop yes always;
    }}
    location /api/ {{
        proxy_pass http://127.0.0.1:8000/;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
    location /static/ {{ return 200 "static\\n"; }}
    location @missing {{ return 404 "the shop's own page\\n"; }}
}}
"""
_EDITS = (
    (f"{_SITE}:18", "proxy_pass http://127.0.0.1:8000;", f"include {_PART};"),
    (f"{_SITE}:25", "proxy_pass http://127.0.0.1:8000/;", f"include {_PART}; rewrite ^/api/(.*)$ /$1 break;"),
)


@pytest.fixture
def shop(box: Box, product: Product) -> Product:
    """A host with a site of the user's own, TLS and all, in front of an app of whatever origin on a published port."""
    self_signed(box, _NAME)
    product.inputs |= {**QUICK, "site": "include", "url": f"https://{_NAME}/", "stick-by": "cookie:sid"}
    return product


def _old_app(box: Box) -> None:
    """The app as it ran before: published on the loopback, in a container that is not ours."""
    for file in (APP / "testapp").glob("*.py"):
        box.write(f"/srv/old/testapp/{file.name}", file.read_text())
    words = ("-p", "127.0.0.1:8000:8000", "-e", "VERSION=old", "-v", "/srv/old:/srv/old", "-w", "/srv/old")
    box.docker("run", "-d", "--name", "old", *words, "python:3.12-slim", "python", "-u", "-m", "testapp")
    box.sh("for i in {1..100}; do curl -sf http://127.0.0.1:8000/healthz && exit 0; sleep 0.1; done; exit 1")


def _edit(box: Box) -> None:
    """What the printed edits say."""
    text = box.read(_SITE) + "\n"
    for _, old, new in _EDITS:
        text = text.replace(old, new)
    box.write(_SITE, text)
    box.sh("nginx -t 2>&1 && nginx -s reload && sleep 0.5")


def _get(box: Box, path: str, *words: str) -> str:
    """What curl on the host gets from the user's site."""
    return box.sh(f"curl -sk --resolve {_NAME}:443:127.0.0.1 {' '.join(words)} https://{_NAME}{path}")


def _version(box: Box, path: str) -> str:
    return str(json.loads(_get(box, path))["version"])


def _everything_of_the_shop_s_works(box: Box, version: str) -> None:
    """Assert what the user's own configuration does, and that its locations lead to that release."""
    assert {_version(box, path) for path in ("/", "/home", "/api/", "/api/slow?ms=1", "/slow?ms=1")} == {version}
    assert _get(box, "/static/x") == "static"
    assert _get(box, "/nothing") == "the shop's own page"
    assert "x-shop: yes" in _get(box, "/", "-D - -o /dev/null").lower()
    assert _get(box, "/", "-o /dev/null -w '%{http_version}'") == "2"
    big = _get(box, "/", "-o /dev/null -w '%{http_code}' -X POST --data-binary @<(head -c 4000000 /dev/zero)")
    assert big == "413"


def test_the_whole_way_of_a_user_s_own_site(box: Box, shop: Product, tmp_path: Path) -> None:
    """The first run prints the edits and harms nobody; with them made, releases come and go, and all that is the user's goes on working."""
    _old_app(box)
    box.write(_SITE, _SHOP)
    box.sh("nginx -s reload && sleep 0.3")
    _everything_of_the_shop_s_works(box, "old")

    target = Target(address=box.address, port=443, host=_NAME, tls=True)
    first = shop.deploy("v1")
    expect_end(first, 4, f"No location of your NGINX includes {_PART} yet", "leads to 127.0.0.1:8000, as your location does today")
    expect_end(first, 4, *(f"{place}: `{old}` becomes `{new}`" for place, old, new in _EDITS), "Nothing was started")
    assert "your own location leads where it led before" in plain(first.out)
    assert f"{APP_NAME}-v1" not in box.docker("ps", "-a", "--format", "{{.Names}}").split()
    _edit(box)
    _everything_of_the_shop_s_works(box, "old")

    with Load(target, tmp_path / "tls.jsonl", rates={Kind.GET: 40, Kind.POST: 20, Kind.FRESH: 10}) as load:
        done = shop.deploy("v1")
        records = load.stop()
    expect_end(done, 0, f"front door: GET https://{_NAME}/ on the host reaches {APP_NAME}-v1")
    expect_served_by(records, "old", "v1")
    _everything_of_the_shop_s_works(box, "v1")

    before = box.sh("cat /run/nginx.pid; pgrep -P $(cat /run/nginx.pid)")
    with Load(target, tmp_path / "tls.jsonl") as load:
        with visitors(target) as met:
            expect_end(shop.deploy("v2", shift="30% 1s, 60% 1s"), 0, "v2 serves all traffic")
        expect_end(shop.deploy("v3", bad="traceback=1", shift="50% 5s"), 8, f"{APP_NAME}-v2 serves all traffic")
        expect_end(shop.run("rollback"), 0, "v1 serves all traffic")
        records = load.stop()
    expect_served_by(records, "v1", "v2", "v3")
    expect_never_moved_back(met, "v1", "v2")
    assert box.sh("cat /run/nginx.pid; pgrep -P $(cat /run/nginx.pid)") == before, "a release reloaded NGINX"
    _everything_of_the_shop_s_works(box, "v1")
    assert box.read("/var/log/nginx/shop.log").count("GET /slow?ms=1 ") >= 4

    box.write(_SITE, _SHOP)
    box.sh("nginx -s reload && sleep 0.3")
    expect_end(shop.deploy("v4"), 4, f"{_SITE}:18: `proxy_pass http://127.0.0.1:8000;` becomes", f"{APP_NAME}-v1", "serves all traffic")
    assert route(box)[1] == "000"
