"""An NGINX in a container: what it lacks is named, with the very lines to add; and where its own paths lie on the host."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import crossplane  # type: ignore[import-untyped]
import pytest

from bluegreen.host.nginx_container import lacking, missing, read_container, unfit
from bluegreen.host.site_text import render_site
from bluegreen.model.site import SiteSpec
from tests.unit.test_inputs_ask import ask, problems

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "nginx-in-a-container.md").read_text(encoding="utf-8")
_GRPC = {"protocol": "grpc", "tls_certificate": "/etc/c.pem", "tls_certificate_key": "/etc/k.pem"}
_MOUNTS = {
    "/etc/nginx/conf.d": "/srv/web/conf.d",
    "/var/lib/bluegreen": "/var/lib/bluegreen",
    "/run/bluegreen": "/run/bluegreen",
    "/var/log/bluegreen": "/var/log/bluegreen",
}


def _described(mounts: dict[str, str] = _MOUNTS, **changes: Any) -> str:
    """What facts.sh prints of a container that the recipe made, with changes."""
    found = {
        "state": "running",
        "mode": "web_default",
        "mounts": [{"Type": "bind", "Source": host, "Destination": inside, "RW": True} for inside, host in mounts.items()],
        "networks": {"web_default": {"IPAddress": "172.20.0.2"}, "bluegreen-shop": {"IPAddress": "172.19.128.0"}},
        "ports": {"80/tcp": [{"HostIp": "10.1.2.3", "HostPort": "8080"}], "443/tcp": None, "53/udp": [{"HostIp": "", "HostPort": "53"}]},
    }
    return json.dumps(found | changes)


def _lacks(described: str) -> tuple[str, ...]:
    return lacking(read_container("web", described, ()), "shop")


def _without(*paths: str) -> dict[str, str]:
    return {inside: host for inside, host in _MOUNTS.items() if inside not in paths}


def test_the_container_of_the_recipe_lacks_nothing() -> None:
    """Its address, its published ports and its directories are known."""
    container = read_container("web", _described(), ())
    assert lacking(container, "shop") == ()
    assert container.address("bluegreen-shop") == "172.19.128.0"
    assert (container.published_at(8080), container.published_at(80), container.published_at(53)) == (("10.1.2.3",), (), ())
    assert container.on_host("/etc/nginx/conf.d") == "/srv/web/conf.d"
    assert container.on_host("/etc/nginx/nginx.conf") == ""


@pytest.mark.parametrize(
    ("mounts", "conf_dir"),
    [
        ({**_without("/etc/nginx/conf.d"), "/etc/nginx": "/srv/web"}, "/srv/web/conf.d"),
        ({**_without("/etc/nginx/conf.d"), "/etc/nginx/": "/srv/web/"}, "/srv/web/conf.d"),
        ({**_MOUNTS, "/etc/nginx": "/srv/elsewhere"}, "/srv/web/conf.d"),
        ({**_without("/run/bluegreen"), "/run": "/run"}, "/srv/web/conf.d"),
    ],
)
def test_a_mount_above_will_do_as_well(mounts: dict[str, str], conf_dir: str) -> None:
    """The nearest one counts, as it does in the container."""
    assert _lacks(_described(mounts)) == ()
    assert read_container("web", _described(mounts), ()).on_host("/etc/nginx/conf.d") == conf_dir


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (_described(_without("/var/lib/bluegreen")), "/var/lib/bluegreen of the host is not mounted"),
        (_described(_without("/run/bluegreen")), "/run/bluegreen of the host is not mounted"),
        (_described({**_MOUNTS, "/run/bluegreen": "/srv/run"}), "/run/bluegreen of the host is not mounted"),
        (_described({**_without("/run/bluegreen"), "/run/bluegreen/shop": "/run/bluegreen/shop"}), "/run/bluegreen of the host is not"),
        (_described(_without("/var/log/bluegreen")), "/var/log/bluegreen of the host is not mounted"),
        (_described(_without("/etc/nginx/conf.d")), "/etc/nginx/conf.d is the container's own"),
        (_described({**_without("/etc/nginx/conf.d"), "/etc/nginx/conf.d/x.conf": "/srv/x.conf"}), "is the container's own"),
        (_described(networks={"web_default": {"IPAddress": "172.20.0.2"}}), "not attached to the network bluegreen-shop"),
        (_described(networks={"bluegreen-shop": {"IPAddress": ""}}), "not attached to the network bluegreen-shop"),
        (_described(mode="host", networks={"host": {"IPAddress": ""}}), "it uses the host's own network"),
        (_described(ports={"29173/tcp": [{"HostIp": "", "HostPort": "29173"}]}), "it publishes the port 29173"),
    ],
)
def test_each_thing_that_is_missing_is_named(described: str, words: str) -> None:
    """One at a time, and nothing else with it."""
    found = _lacks(described)
    assert len(found) == 1
    assert words in found[0]


def test_a_log_that_cannot_be_written_is_named() -> None:
    """NGINX would not even start with it."""
    found = json.loads(_described())
    found["mounts"][-1]["RW"] = False
    assert _lacks(json.dumps(found)) == ("/var/log/bluegreen is mounted read-only",)


def test_the_remedy_is_what_the_page_says() -> None:
    """Line by line, with the network of the app's own name; the conf.d that is there already is not asked for again."""
    bare = read_container("web", _described({}, networks={}), ())
    error = unfit(bare, "myexample", lacking(bare, "myexample"))
    lines = [line for line in error.todo.splitlines()[1:] if not line.startswith("and at")]
    assert len(lines) == 9
    assert all(f"\n{line}\n" in _PAGE for line in lines)
    assert "./conf.d" in error.todo
    mounted = read_container("web", _described(_without("/run/bluegreen")), ())
    assert "./conf.d" not in unfit(mounted, "shop", lacking(mounted, "shop")).todo


def test_a_container_on_the_host_s_network_is_told_to_leave_it() -> None:
    """What its users come by is published then."""
    container = read_container("web", _described(mode="host", networks={"host": {}}), ())
    assert "without `network_mode: host`" in unfit(container, "shop", lacking(container, "shop")).todo


@pytest.mark.parametrize(
    ("described", "what", "todo"),
    [
        ("", "There is no container called web", "correct `nginx`"),
        (_described(state="exited"), "is exited", "docker start web"),
        (_described(), "has no NGINX", "Correct `nginx`"),
    ],
)
def test_a_container_without_a_running_nginx_is_refused_by_its_state(described: str, what: str, todo: str) -> None:
    """Where there is none of that name, those that run are named."""
    error = missing(read_container("web", described, ("other", "db")))
    assert what in error.what
    assert todo in error.todo
    assert ("db, other" in error.means) is (not described)


def test_our_own_servers_answer_the_host_alone(tmp_path: Path) -> None:
    """In a container they cannot listen on the host's loopback, and others share its networks; no other server is guarded so."""
    spec = SiteSpec(app="shop", blue=("10.0.0.2:8000",), green=("10.0.0.3:8000",), server_names=("_",), listen=("80",))
    file = tmp_path / "nginx.conf"
    file.write_text(f"http {{\n{render_site(replace(spec, asked_from='10.0.0.1'))}\n}}\n")
    block = crossplane.parse(str(file))["config"][0]["parsed"][0]["block"]
    servers = [one["block"] for one in block if one["directive"] == "server"]
    listens = [next(one["args"] for one in server if one["directive"] == "listen") for server in servers]
    assert listens == [["29173"], ["29173"], ["80", "default_server"]]
    guards = [[one["block"] for one in server if one["args"] == ["$remote_addr", "!=", "10.0.0.1"]] for server in servers]
    assert [len(guard) for guard in guards] == [1, 1, 0]
    assert all(block[0]["args"] == ["403"] for guard in guards for block in guard)


@pytest.mark.parametrize("others", [{"site": "include", "url": "https://shop.example/"}, {"adopt": "127.0.0.1:8000"}, _GRPC])
def test_an_nginx_in_a_container_goes_with_what_works_in_it(others: dict[str, str]) -> None:
    """Not with an include, an adopted app or gRPC; the host's own NGINX does."""
    assert ask(nginx="container:web").traffic.nginx == "web"
    assert ["`nginx`: `container:NAME` does not go with" in problem for problem in problems(nginx="container:web", **others)] == [True]
    assert ask(nginx="host", **others).traffic.nginx == ""
