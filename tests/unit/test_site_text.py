"""The site's text: what each setting makes of it, and that an edit of it is noticed. crossplane is NGINX's own grammar in Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import crossplane  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluegreen.host.site_text import marker_of, prefix, render_site
from bluegreen.model.site import SiteSpec

Directive = dict[str, Any]


def spec(**changes: object) -> SiteSpec:
    """The smallest site, with changes."""
    values: dict[str, object] = {
        "app": "web",
        "blue": ("10.0.0.2:8000",),
        "green": ("10.0.0.3:8000",),
        "server_names": ("_",),
        "listen": ("80",),
    }
    return SiteSpec(**{**values, **changes})  # type: ignore[arg-type]


def parsed(tmp_path: Path, **changes: object) -> list[Directive]:
    """The site as NGINX's grammar reads it, each directive where it may stand."""
    file = tmp_path / "nginx.conf"
    file.write_text(f"http {{\n{render_site(spec(**changes))}\n}}\n")
    found = crossplane.parse(str(file), strict=True)
    assert found["errors"] == [] or all("unknown directive" in error["error"] for error in found["errors"])
    block: list[Directive] = found["config"][0]["parsed"][0]["block"]
    return block


def servers(block: list[Directive]) -> list[list[Directive]]:
    """The servers that users reach."""
    found = [one["block"] for one in block if one["directive"] == "server"]
    return [server for server in found if values(server, "listen")[0] != ["127.0.0.1:29173"]]


def values(block: list[Directive], name: str) -> list[list[str]]:
    """The arguments of each directive of that name."""
    return [one["args"] for one in block if one["directive"] == name]


def group(block: list[Directive], name: str) -> list[list[str]]:
    """The servers of one upstream group."""
    found = next(one for one in block if one["directive"] == "upstream" and one["args"] == [f"{prefix('web')}_{name}"])
    return values(found["block"], "server")


def test_the_same_spec_renders_the_same_bytes() -> None:
    """An unchanged site is never reloaded."""
    assert render_site(spec()) == render_site(spec())


@pytest.mark.parametrize(
    "changes",
    [
        {"body_size": "1g"},
        {"server_names": ("a.example",)},
        {"listen": ("81",)},
        {"blue": ("10.0.0.9:8000",)},
        {"preview_host": "x.example"},
    ],
)
def test_whatever_changes_the_text_changes_the_marker(changes: dict[str, object]) -> None:
    """A live NGINX that still serves the old text can be told from one that serves the new."""
    assert marker_of(render_site(spec())) != marker_of(render_site(spec(**changes)))


def test_the_marker_is_what_the_loopback_server_answers() -> None:
    """One marker, 32 hex digits, in the comment and in the answer; none in a text that is not ours."""
    text = render_site(spec())
    assert re.fullmatch("[0-9a-f]{32}", marker_of(text))
    assert f'return 200 "{marker_of(text)}\\n"' in text
    assert marker_of("server {}") == ""


def test_every_bucket_is_one_percent() -> None:
    """A hundred buckets, 00 to 99, and the last takes what rounding leaves."""
    buckets = re.search(r"split_clients \$request_id \S+ \{(.*?)\}", render_site(spec()), re.DOTALL)
    assert buckets is not None
    lines = [line.strip() for line in buckets[1].strip().splitlines()]
    assert [line.split()[1] for line in lines] == [f"{number:02d};" for number in range(100)]
    assert {line.split()[0] for line in lines[:-1]} == {"1%"}
    assert lines[-1].split()[0] == "*"


@pytest.mark.parametrize(("stick_by", "variable"), [("ip", "remote_addr"), ("cookie:session_id", "cookie_session_id")])
def test_a_sticky_user_s_bucket_is_that_of_the_address_or_the_cookie(stick_by: str, variable: str) -> None:
    """With the app's name in it, so that the same users are not the first in every app; without the cookie a request goes by itself."""
    text, bg = render_site(spec(stick_by=stick_by)), prefix("web")
    assert f"split_clients ${bg}_key ${bg}_bucket {{" in text
    key = f'map ${variable} ${bg}_key {{ default "${{{variable}}}{bg}"; "" $request_id; }}'
    assert key in " ".join(text.split())


@pytest.mark.parametrize("stick_by", ["cookie:a b", "cookie:a;}", "cookie:", "cookie:a-b"])
def test_a_cookie_that_nginx_cannot_name_is_refused(stick_by: str) -> None:
    """Nothing of a user's text becomes a directive."""
    with pytest.raises(ValueError, match="not part of a variable"):
        render_site(spec(stick_by=stick_by))


def test_only_hot_groups_have_a_backup(tmp_path: Path) -> None:
    """A permanent backup would send live's hiccups to the unproven candidate; a lone server ignores failures that would rest it."""
    block = parsed(tmp_path)
    assert group(block, "blue") == [["10.0.0.2:8000", "max_fails=0"]]
    assert group(block, "green") == [["10.0.0.3:8000", "max_fails=0"]]
    assert [words[0::2] if words[-1] == "max_fails=0" else words[:1] for words in group(block, "blue_hot")] == [
        ["10.0.0.2:8000"],
        ["10.0.0.3:8000", "max_fails=0"],
    ]
    assert ["backup" in words for words in group(block, "green_hot")] == [False, True]


def test_every_global_name_carries_the_app() -> None:
    """A second app's variable of the same name would pass `nginx -t` and silently win."""
    names = r"\$\{?(bg_\w+)|^(?:upstream|log_format) (\w+)|^ *zone (\w+)"
    own = {name for found in re.findall(names, render_site(spec()), re.MULTILINE) for name in found if name}
    assert len(own) > 10
    assert {name[:11] for name in own} == {prefix("web")}
    assert prefix("web") != prefix("web2")
    assert re.fullmatch("bg_[0-9a-f]{8}", prefix("web"))


def test_without_a_certificate_there_is_one_server_and_no_redirect(tmp_path: Path) -> None:
    """Port 80 in both protocols; the catch-all name makes it the default server."""
    (server,) = servers(parsed(tmp_path))
    assert values(server, "listen") == [["80", "default_server"], ["[::]:80", "default_server"]]
    assert values(server, "server_name") == [["_"]]


def test_a_named_site_is_no_default_server(tmp_path: Path) -> None:
    """Other sites on the host keep theirs."""
    (server,) = servers(parsed(tmp_path, server_names=("a.example", "*.b.example"), ipv6=False))
    assert values(server, "listen") == [["80"]]
    assert values(server, "server_name") == [["a.example", "*.b.example"]]


@pytest.mark.parametrize(
    ("listen", "secure", "plain", "target"),
    [
        (("80",), "443", "80", "https://$host$request_uri"),
        (("443",), "443", "80", "https://$host$request_uri"),
        (("80", "8443"), "8443", "80", "https://$host:8443$request_uri"),
    ],
)
def test_with_a_certificate_port_80_redirects(tmp_path: Path, listen: tuple[str, ...], secure: str, plain: str, target: str) -> None:
    """To the port where TLS is spoken; certificates can be renewed over either."""
    changes = {"listen": listen, "tls_certificate": "/etc/c.pem", "tls_certificate_key": "/etc/k.pem", "ipv6": False}
    redirect, server = servers(parsed(tmp_path, **changes, server_names=("a.example",)))
    assert values(redirect, "listen") == [[plain]]
    assert values(server, "listen") == [[secure, "ssl", "http2"]]
    assert values(server, "ssl_certificate") == [["/etc/c.pem"]]
    locations = [{one["args"][-1]: one["block"] for one in block if one["directive"] == "location"} for block in (redirect, server)]
    assert values(locations[0]["/"], "return") == [["301", target]]
    assert all("/.well-known/acme-challenge/" in each for each in locations)


def test_http2_is_spelled_as_the_version_wants_it() -> None:
    """`listen … http2` warns from 1.25.1 on, `http2 on` fails before."""
    tls = {"tls_certificate": "/c", "tls_certificate_key": "/k"}
    assert "http2 on;" in render_site(spec(http2_directive=True, **tls))
    assert "ssl http2" not in render_site(spec(http2_directive=True, **tls))
    assert "http2 on;" not in render_site(spec(**tls))


def test_keepalive_min_timeout_only_where_nginx_has_it() -> None:
    """NGINX before 1.27.4 would refuse the whole configuration."""
    assert "keepalive_min_timeout" not in render_site(spec())
    assert "keepalive_min_timeout 60s;" in render_site(spec(keepalive_min_timeout=True))


def test_a_name_too_long_for_nginx_s_hash_is_written_as_a_pattern() -> None:
    """EC2's own host names are longer than the default server_names_hash_bucket_size holds."""
    name = "ec2-203-0-113-25.ap-southeast-2.compute.amazonaws.com"
    assert 'server_name "~^ec2-203-0-113-25\\.ap-southeast-2\\.compute\\.amazonaws\\.com$";' in render_site(spec(server_names=(name,)))


def test_a_request_of_several_replicas_may_rest_one_of_them(tmp_path: Path) -> None:
    """With others to turn to, one that fails repeatedly is left alone for a moment."""
    block = parsed(tmp_path, blue=("10.0.0.2:8000", "10.0.0.4:8000"))
    assert all("max_fails=0" not in words for words in group(block, "blue"))
    assert [words[0] for words in group(block, "green_hot") if "backup" in words] == ["10.0.0.2:8000", "10.0.0.4:8000"]


def test_only_the_preview_keeps_the_apps_redirects_to_itself() -> None:
    """A smoke test that followed one to the site's own address would meet the live release; users are sent where the app says."""
    text, host = render_site(spec()), f"${prefix('web')}_preview_host"
    preview, users = text.split("# Loopback only: one color")[1].split("\nserver {", 2)[1:]
    assert re.findall(r"proxy_redirect (.*);", preview) == [f"http://{host}/ /", f"https://{host}/ /"]
    assert "absolute_redirect off;" in preview
    assert re.findall(r"proxy_redirect (.*);", users) == ["off", "off"]


def test_the_preview_passes_the_real_host_on() -> None:
    """Frameworks answer 400 to a host they do not know: the one that the request asks for, else the one given, else the first real name."""

    def host(**changes: object) -> str:
        found = re.search(r"_preview_host \{\n +default +(\S+);", render_site(spec(**changes)))
        return found[1] if found else ""

    assert host(server_names=("_", "a.example")) == "a.example"
    assert host(preview_host="health.example") == "health.example"
    assert host() == "localhost"


def test_the_log_never_holds_a_query_string() -> None:
    """Tokens travel in them."""
    log = re.search(r"log_format.*?;\n\n", render_site(spec()), re.DOTALL)
    assert log is not None
    assert "$uri" in log[0]
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer|http_cookie)\b", log[0])


_TEXT = st.text("aZ0 /.-_;{}\"'$\\#\n\u2028é字", max_size=4)


@settings(max_examples=50, deadline=None)
@given(
    field=st.sampled_from(["server_names", "listen", "blue", "body_size", "preview_host", "tls_certificate"]),
    parts=st.tuples(_TEXT, st.sampled_from(" \n\t;{}\"'$\\#"), _TEXT),
)
def test_no_value_can_end_its_directive(field: str, parts: tuple[str, str, str]) -> None:
    """`a; } server {` never reaches NGINX, whatever the inputs let through."""
    value = "".join(parts)
    plain = field in {"body_size", "preview_host", "tls_certificate"}
    with pytest.raises(ValueError, match="not one word"):
        render_site(spec(tls_certificate_key="/k", **{field: value if plain else (value,)}))
