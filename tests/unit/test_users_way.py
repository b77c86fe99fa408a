"""How users come to an app that runs already, seen in what `nginx -T` printed."""

from __future__ import annotations

import pytest

from bluegreen.host.users_way import users_way
from tests.unit.test_users_site import PART, dump

_PLACES = ("127.0.0.1:8000", "172.18.0.3:8000")


def _location(number: int, text: str) -> str:
    return f"location /p{number} {{ {text} }}"


def test_the_url_the_place_and_the_edit_are_found() -> None:
    """Over TLS, with the server's name and the location's path."""
    way = users_way(dump("proxy_pass http://localhost:8000;"), "web", _PLACES, "")
    assert (way.url, way.place) == ("https://shop.example/", "127.0.0.1:8000")
    assert way.leading == ("/etc/nginx/sites-enabled/shop:2",)
    (edit,) = way.site.edits
    assert str(edit) == f"/etc/nginx/sites-enabled/shop:3: `proxy_pass http://localhost:8000;` becomes `include {PART};`"


def test_nothing_leads_to_an_app_that_is_elsewhere() -> None:
    """What does lead somewhere is told, with its place."""
    way = users_way(dump("proxy_pass http://127.0.0.1:9000;"), "web", _PLACES, "")
    assert (way.leading, way.place) == ((), "")
    assert way.passes == ("/etc/nginx/sites-enabled/shop:3: proxy_pass http://127.0.0.1:9000;",)
    grpc = users_way(dump("grpc_pass grpc://127.0.0.1:8000;"), "web", _PLACES, "")
    assert (grpc.leading, grpc.passes) == ((), ("/etc/nginx/sites-enabled/shop:3: grpc_pass grpc://127.0.0.1:8000;",))


def test_an_upstream_of_one_server_is_that_server() -> None:
    """One of several is not."""
    way = users_way(dump("proxy_pass http://shop;", http="upstream shop { server 172.18.0.3:8000; keepalive 8; }"), "web", _PLACES, "")
    assert way.place == "172.18.0.3:8000"
    assert way.site.fit.before_group == "shop"
    both = "upstream shop { server 172.18.0.3:8000; server 172.18.0.4:8000; }"
    assert users_way(dump("proxy_pass http://shop;", http=both), "web", _PLACES, "").leading == ()


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("listen 443 ssl; server_name shop.example;", "https://shop.example/"),
        ("listen 80; server_name shop.example;", "http://shop.example/"),
        ("server_name shop.example;", "http://shop.example/"),
        ("listen [::]:8443 ssl; server_name *.shop.example shop.example;", "https://shop.example:8443/"),
        ("listen 80; listen 443 ssl; server_name www.shop.example shop.example;", "https://shop.example/"),
        ("listen 80; server_name _ ~^www;", ""),
        ("listen 80;", ""),
    ],
)
def test_the_url_is_spelled_as_users_do(server: str, url: str) -> None:
    """TLS first, then the shortest name; none where no name is plain."""
    block = f"server {{ {server} location / {{ proxy_pass http://127.0.0.1:8000; }} }}"
    text = f"# configuration file /etc/nginx/nginx.conf:\nhttp {{ {block} }}\n"
    way = users_way(text, "web", _PLACES, "")
    assert (way.url, bool(way.place)) == (url, bool(url))
    assert way.leading


def test_a_given_url_must_lead_there() -> None:
    """It decides between several; one that is answered by another location is told so."""
    more = _location(1, "proxy_pass http://127.0.0.1:8000;") + _location(2, "proxy_pass http://127.0.0.1:9000;")
    text = dump("root /srv;", more=more)
    assert users_way(text, "web", _PLACES, "").url == "https://shop.example/p1"
    assert users_way(text, "web", _PLACES, "https://shop.example/p1/x").place == "127.0.0.1:8000"
    astray = users_way(text, "web", _PLACES, "https://shop.example/p2")
    assert (astray.place, astray.answers) == ("", "/etc/nginx/sites-enabled/shop:4")


def test_a_location_that_another_one_hides_gives_no_url() -> None:
    """Its users never come there."""
    ours = "proxy_pass http://127.0.0.1:8000;"
    more = f"location /a/ {{ {ours} }} location ~ ^/a/ {{ return 404; }} location /long/ {{ {ours} }}"
    assert users_way(dump("root /srv;", more=more), "web", _PLACES, "").url == "https://shop.example/long/"


def test_once_the_edit_is_made_there_is_none_left() -> None:
    """Where the part leads until the first release is the app."""
    way = users_way(dump(f"include {PART};"), "web", _PLACES, "", before="127.0.0.1:8000")
    assert (way.place, way.site.edits, way.site.included) == ("127.0.0.1:8000", (), ("/etc/nginx/sites-enabled/shop:3",))
