"""The user's own NGINX configuration in `include` mode: where our part belongs, what is left to the user, and what would break."""

from __future__ import annotations

import dataclasses
import re

import pytest

from bluegreen.host.nginx_tree import read_tree
from bluegreen.host.site_text import before_of, parse_site, render_site
from bluegreen.host.users_site import users_site
from bluegreen.model.site import Fit, SiteMode, SiteSpec, UsersSite

PART = "/etc/nginx/bluegreen/web.conf"
SPEC = SiteSpec(app="web", blue=("10.0.0.2:8000",), green=("10.0.0.3:8000",), server_names=("_",), listen=("80",), mode=SiteMode.INCLUDE)


def dump(location: str, *, server: str = "", http: str = "", more: str = "") -> str:
    """What `nginx -T` prints on a host with one site, whose location `/` holds `location` on line 3."""
    return f"""# configuration file /etc/nginx/nginx.conf:
http {{ {http}
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}}
# configuration file /etc/nginx/conf.d/bluegreen-web.conf:
log_format x y;
# configuration file /etc/nginx/sites-enabled/shop:
server {{ listen 443 ssl; server_name shop.example; {server}
location / {{
{location}
}} {more}
}}
# configuration file {PART}:
access_log off; proxy_pass http://$group; open_file_cache off;
# configuration file /etc/nginx/proxy_params:
proxy_set_header Host $http_host;
proxy_set_header X-Real-IP $remote_addr;
"""


def seen(
    location: str = "proxy_pass http://127.0.0.1:8000;", *, url: str = "https://shop.example/", before: str = "", **where: str
) -> UsersSite:
    """That host, as the app whose users type `url` sees it."""
    return users_site(dump(location, **where), "web", url, before)


def test_the_edit_names_file_and_line_and_both_texts() -> None:
    """So that the user has nothing to find out."""
    (edit,) = seen().edits
    assert str(edit) == f"/etc/nginx/sites-enabled/shop:3: `proxy_pass http://127.0.0.1:8000;` becomes `include {PART};`"
    assert seen().fit.before_address == "127.0.0.1:8000"
    assert seen().included == ()


def test_once_it_is_made_there_is_nothing_to_edit() -> None:
    """And our own part is not taken for the user's."""
    site = seen(f"include {PART};")
    assert (site.included, site.edits, site.problems) == (("/etc/nginx/sites-enabled/shop:3",), (), ())


def test_every_location_that_leads_to_the_app_is_to_change() -> None:
    """One that was forgotten would go on leading to a container that is stopped one day; other apps' are left alone."""
    more = "location /api { proxy_pass http://localhost:8000; } location /shop2 { proxy_pass http://127.0.0.1:9000; }"
    assert [edit.old for edit in seen(more=more).edits] == ["proxy_pass http://127.0.0.1:8000;", "proxy_pass http://localhost:8000;"]
    late = seen(f"include {PART};", more=more, before="127.0.0.1:8000")
    assert [edit.old for edit in late.edits] == ["proxy_pass http://localhost:8000;"]


@pytest.mark.parametrize(
    ("prefix", "target", "rewrite"),
    [
        ("/api/", "http://a:1/", "rewrite ^/api/(.*)$ /$1 break;"),
        ("/a-b.c/", "http://a:1/v1/", "rewrite ^/a-b\\.c/(.*)$ /v1/$1 break;"),
        ("/api/", "http://a:1/api/", ""),
        ("/", "http://a:1/", ""),
        ("/", "http://unix:/run/app.sock:/", ""),
        ("/", "http://unix:/run/app.sock", ""),
    ],
)
def test_a_path_behind_the_address_becomes_a_rewrite(prefix: str, target: str, rewrite: str) -> None:
    """A `proxy_pass` with a path replaces what the location matched; with a variable it would not."""
    more = f"location {prefix} {{ proxy_pass {target}; }}" if prefix != "/" else ""
    site = seen("return 404;" if more else f"proxy_pass {target};", more=more, url=f"https://shop.example{prefix}x")
    (edit,) = site.edits
    assert edit.new == f"include {PART};{' ' * bool(rewrite)}{rewrite}"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://shop.example/x", "a:1"),
        ("https://shop.example/exact", "a:2"),
        ("https://shop.example/img/x.png", "a:3"),
        ("https://shop.example/static/x.png", "a:4"),
        ("https://shop.example/app", "a:5"),
        ("https://shop.example/outer/inner/x", "a:6"),
        ("http://shop.example/", ""),
        ("https://other.example/", "a:1"),
    ],
)
def test_the_url_leads_where_nginx_would_lead_it(url: str, found: str) -> None:
    """Exact before `^~` before patterns before the longest prefix; nested, and named through `try_files`."""
    more = """location = /exact { proxy_pass http://a:2; } location ~ \\.png$ { proxy_pass http://a:3; }
        location ^~ /static/ { proxy_pass http://a:4; } location /app { try_files $uri @app; } location @app { proxy_pass http://a:5; }
        location /outer { location /outer/inner { proxy_pass http://a:6; } }"""
    assert seen("proxy_pass http://a:1;", more=more, url=url).fit.before_address == found


def test_an_upstream_of_the_user_s_is_where_traffic_goes_until_there_is_a_release() -> None:
    """By its name, with all of its servers and rules."""
    fit = seen("proxy_pass http://app;", http="upstream app { server a:1; server b:1; }").fit
    assert (fit.before_group, fit.before_address) == ("app", "")
    text = render_site(dataclasses.replace(SPEC, fit=fit))
    assert before_of(text) == "app"
    assert re.search(r"_group app;", text)


def test_what_the_location_says_itself_is_not_said_twice() -> None:
    """NGINX refuses a second `proxy_read_timeout`, and would send a second Host."""
    own = "proxy_pass http://a:1; proxy_http_version 1.0; proxy_read_timeout 5s; include proxy_params; proxy_set_header Upgrade $x;"
    part = render_site(dataclasses.replace(SPEC, fit=seen(own).fit)).partition("# bluegreen part of ")[2]
    for gone in ("proxy_http_version", "proxy_read_timeout", "header Host", "X-Real-IP", "Upgrade", "Connection $"):
        assert gone not in part
    for there in ("proxy_send_timeout 1h;", 'X-Bluegreen-Probe "";', "proxy_connect_timeout 4s;", "open_file_cache off;"):
        assert there in part


def test_headers_of_the_server_block_stay_in_force() -> None:
    """One header in the location would switch all inherited ones off; without a Host among them the app would see a name of ours."""
    fit = seen(server="proxy_set_header Host $host; proxy_set_header X-Tenant a; proxy_read_timeout 9s;").fit
    part = render_site(dataclasses.replace(SPEC, fit=fit)).partition("# bluegreen part of ")[2]
    assert "proxy_set_header" not in part
    assert "proxy_read_timeout" not in part
    (problem,) = seen(http="proxy_set_header X-Tenant a;").problems
    assert problem.startswith("/etc/nginx/nginx.conf:1 sets headers but no Host")


@pytest.mark.parametrize(
    ("where", "logs"),
    [
        ({"server": 'access_log /l/shop.log main buffer=32k "if=$x";'}, ('/l/shop.log main buffer=32k "if=$x"',)),
        ({"http": "access_log /l/a; access_log syslog:server=b;"}, ("/l/a", "syslog:server=b")),
        ({}, ("/var/log/nginx/access.log",)),
        ({"server": "access_log off;"}, ()),
        ({"location": "access_log /l/own; proxy_pass http://a:1;", "server": "access_log /l/s;"}, ()),
    ],
)
def test_the_user_s_own_log_is_written_on(where: dict[str, str], logs: tuple[str, ...]) -> None:
    """An `access_log` in the location silences those above it, so they are repeated as they stand."""
    fit = seen(where.get("location", "proxy_pass http://a:1;"), **{k: v for k, v in where.items() if k != "location"}).fit
    assert fit.logs == logs
    assert all(f"access_log {log};" in render_site(dataclasses.replace(SPEC, fit=fit)) for log in logs)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (f"if ($x) {{ add_header A b; }} include {PART};", "Move the include above it"),
        (f"rewrite ^/a /b break; include {PART};", "Move the include above it"),
        (f"include {PART}; proxy_pass http://a:1;", "Remove it"),
        (f"open_file_cache max=9; include {PART};", "would freeze the traffic"),
        (f"include {PART}; disable_symlinks on;", "would freeze the traffic"),
        (f"access_log off; include {PART};", "would hide the app's requests"),
        (f"include {PART}; proxy_redirect default;", "does not go with an include"),
        ("proxy_pass https://a:1;", "only an app that is asked over plain HTTP"),
        ("fastcgi_pass a:1;", "only an app that is asked over plain HTTP"),
        ("proxy_pass http://$up;", "nobody can tell where that leads"),
        ("root /srv;", "passes nothing on"),
    ],
)
def test_what_would_break_is_named_with_its_place_and_its_remedy(location: str, words: str) -> None:
    """Before anything is changed."""
    (problem,) = seen(location).problems
    assert words in problem
    assert problem.startswith("/etc/nginx/sites-enabled/shop:")


def test_a_url_that_leads_to_another_app_is_corrected_and_the_other_app_left_alone() -> None:
    """Only the API is ours; the front page is somebody else's. It is said at once; whether users get through, the front door tells."""
    site = seen("proxy_pass http://127.0.0.1:3000;", more=f"location /api/ {{ include {PART}; }}", before="127.0.0.1:8000")
    (note,) = site.notes
    assert "give a `url` that leads there" in note
    assert (site.problems, site.edits, site.fit.before_address) == ((), (), "127.0.0.1:8000")


@pytest.mark.parametrize(
    "location",
    [
        f"if ($request_method = POST) {{ return 405; }} include {PART};",
        f"include {PART}; if ($x) {{ add_header A b; }}",
        f"include {PART}; rewrite ^/api/(.*)$ /$1 break;",
        f"auth_request /auth; limit_req zone=z; include {PART};",
    ],
)
def test_what_goes_well_together_is_no_problem(location: str) -> None:
    """Nobody is sent to change what works."""
    assert seen(location).problems == ()


def test_locations_with_different_logs_cannot_share_a_part() -> None:
    """There is one part for all of them."""
    more = f"}} server {{ listen 80; access_log off; location / {{ include {PART}; }}"
    (problem,) = seen(f"include {PART};", more=more).problems
    assert "write different access logs" in problem


def test_a_site_that_is_read_before_ours_is_told_to_come_later() -> None:
    """NGINX would not know the format of our log yet."""
    text = dump("x y;").replace("/etc/nginx/sites-enabled/shop", "/etc/nginx/conf.d/app.conf").replace("x y;", f"include {PART};")
    (problem,) = users_site(text, "web", "https://shop.example/").problems
    assert "`sudo mv /etc/nginx/conf.d/app.conf /etc/nginx/conf.d/site-app.conf`" in problem


def test_requests_that_go_another_way_are_noted() -> None:
    """They are the user's business, but not the deployment's."""
    site = seen(f"include {PART}; if ($beta) {{ proxy_pass http://beta; }} proxy_cache c;")
    assert [note.partition(": ")[2][:30] for note in site.notes] == ["`proxy_cache c;` keeps the col", "`proxy_pass http://beta;` lead"]


def test_a_cache_with_a_key_of_its_own_is_fine() -> None:
    """The key does not name the color."""
    assert seen(f"include {PART}; proxy_cache c; proxy_cache_key $uri;").notes == ()


def test_an_installed_site_says_whose_server_block_it_is() -> None:
    """Both files are one text, and an edit of either is noticed."""
    text = render_site(dataclasses.replace(SPEC, fit=Fit(before_address="127.0.0.1:8000")))
    assert (parse_site(text).mode, parse_site(text).edited) == (SiteMode.INCLUDE, False)
    assert parse_site(text.replace("proxy_redirect off", "proxy_redirect on")).edited
    assert parse_site(render_site(dataclasses.replace(SPEC, mode=SiteMode.MANAGED))).mode is SiteMode.MANAGED
    assert before_of(text) == "127.0.0.1:8000"


@pytest.mark.parametrize("log", ["/l; } server {", "/l {", '/l "a', "/l\nx"])
def test_a_log_that_would_end_its_directive_is_refused(log: str) -> None:
    """It comes from a file of the user's, but what is broken there is not copied."""
    with pytest.raises(ValueError, match="not the arguments"):
        render_site(dataclasses.replace(SPEC, fit=Fit(logs=(log,))))


def test_includes_are_followed_and_stay_within_their_folder() -> None:
    """`conf.d/*.conf` means no file of a folder below."""
    text = "# configuration file /etc/nginx/nginx.conf:\nhttp { include conf.d/*.conf; }\n"
    text += "# configuration file /etc/nginx/conf.d/b.conf:\nb;\n# configuration file /etc/nginx/conf.d/a.conf:\na { x; }\n"
    text += "# configuration file /etc/nginx/conf.d/deep/c.conf:\nc;\n"
    http, deep = read_tree(text)
    assert [one.name for one in http.block or ()] == ["include", "a", "b"]
    assert deep.name == "c"
