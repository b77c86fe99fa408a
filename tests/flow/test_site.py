"""The site before, while and after it is told to NGINX: whose server block it is, and that nothing starts that nobody could reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import Cancelled, HostNotReady
from bluegreen.model.ask import Expectations, TrafficAsk
from bluegreen.model.outcome import Result
from bluegreen.model.site import AppProtocol, Edit, Fit, SiteMode, UsersSite
from tests.flow.conftest import PAUSING, Stage

TLS = TrafficAsk(server_names=("shop.example",), listen=("443",), tls_certificate="/etc/c.pem", tls_certificate_key="/etc/c.key", watch=1)
INCLUDE = TrafficAsk(site=SiteMode.INCLUDE, url="https://shop.example/", watch=1)
PART = "/etc/nginx/bluegreen/myexample.conf"
EDIT = Edit(file="/etc/nginx/sites-enabled/shop", line=7, old="proxy_pass http://127.0.0.1:8000;", new=f"include {PART};")
BEFORE = UsersSite(part=PART, edits=(EDIT,), fit=Fit(before_address="127.0.0.1:8000"))
AFTER = UsersSite(part=PART, included=("/etc/nginx/sites-enabled/shop:7",), fit=BEFORE.fit)


def test_a_location_that_does_not_include_the_part_yet_is_told_the_edit(empty: Stage) -> None:
    """Exit 4 before anything is started; the part lies there, so that the edit is valid, and leads where the location led before."""
    empty.host.world.users_site = BEFORE
    with pytest.raises(HostNotReady, match=f"includes {PART} yet") as caught:
        empty.deploy("v1", traffic=INCLUDE)
    assert "sites-enabled/shop:7: `proxy_pass http://127.0.0.1:8000;` becomes" in caught.value.todo
    assert "leads to 127.0.0.1:8000, as your location does today" in caught.value.means
    assert caught.value.state == "Nothing was started. No release serves yet: your own location leads where it led before."
    assert empty.host.world.containers == {}
    assert empty.host.world.site is not None
    assert "127.0.0.1:8000" in empty.host.world.site.text


def test_with_the_edit_made_the_release_goes_live(empty: Stage) -> None:
    """And the next one as well, without another change of the site."""
    empty.host.world.users_site = AFTER
    assert empty.deploy("v1", traffic=INCLUDE).result is Result.DEPLOYED
    site = empty.host.world.site
    assert empty.deploy("v2", traffic=INCLUDE).result is Result.DEPLOYED
    assert empty.host.world.site == site
    assert empty.serving() == {"v2": 100}


def test_a_first_release_that_fails_leaves_the_part_in_place(empty: Stage) -> None:
    """The user's location includes it: without the file, NGINX could not start any more."""
    empty.host.world.users_site = AFTER
    empty.host.world.front_door_elsewhere = True
    with pytest.raises(HostNotReady, match="Your users do not reach") as caught:
        empty.deploy("v1", traffic=INCLUDE)
    assert "shop:7 includes" in caught.value.means
    assert "systemctl reload nginx" in caught.value.todo
    assert "your own location leads where it led before" in caught.value.state
    assert empty.host.world.site is not None
    assert empty.host.world.routes.armed is None


def test_an_edit_during_the_probe_counts(empty: Stage) -> None:
    """The configuration that decides is the one that there is when the site is told to NGINX, not the one of the beginning."""
    world = empty.host.world
    world.users_site = AFTER
    world.hooks["get"] = lambda: setattr(world, "users_site", BEFORE)
    with pytest.raises(HostNotReady, match=f"includes {PART} yet"):
        empty.deploy("v1", traffic=INCLUDE)
    assert world.containers == {}


def test_an_edit_that_was_taken_back_stops_the_next_release(empty: Stage) -> None:
    """The release before serves on, and nothing is started."""
    empty.host.world.users_site = AFTER
    empty.deploy("v1", traffic=INCLUDE)
    empty.host.world.users_site = BEFORE
    with pytest.raises(HostNotReady) as caught:
        empty.deploy("v2", traffic=INCLUDE)
    assert "myexample-v1 serves all traffic" in caught.value.state
    assert empty.running() == ["myexample-v1"]


def test_what_does_not_go_together_is_said_before_anything_is_changed(empty: Stage) -> None:
    """A problem in the user's own configuration, with its place."""
    empty.host.world.users_site = replace(AFTER, problems=("shop:9: `open_file_cache max=9;` would freeze the traffic.",))
    with pytest.raises(HostNotReady, match="shop:9"):
        empty.deploy("v1", traffic=INCLUDE)
    assert empty.host.world.site is None


def test_a_forgotten_location_is_a_warning(empty: Stage) -> None:
    """Its users are served by the app as it ran before."""
    empty.host.world.users_site = replace(AFTER, edits=(EDIT,), notes=("shop:8: leads past.",))
    empty.deploy("v1", traffic=INCLUDE)
    told = "\n".join(empty.tell.warnings)
    assert "shop:7: `proxy_pass http://127.0.0.1:8000;` becomes" in told
    assert "shop:8: leads past." in told


def test_a_plan_tells_the_edit_and_what_would_break(empty: Stage) -> None:
    """And makes neither the part nor anything else."""
    empty.host.world.users_site = replace(BEFORE, problems=("shop:9: breaks.",), notes=("shop:8: leads past.",))
    told = "\n".join(empty.plan("v1", traffic=INCLUDE).problems)
    assert all(words in told for words in (f"includes {PART} yet", str(EDIT), "shop:9: breaks.", "shop:8: leads past."))
    assert empty.host.world.site is None


def test_a_managed_site_is_not_taken_away_for_one_that_nobody_includes(v1_live: Stage) -> None:
    """Its users would have no way in."""
    v1_live.host.world.users_site = BEFORE
    site = v1_live.host.world.site
    with pytest.raises(HostNotReady, match="is `managed` by its earlier deployments"):
        v1_live.deploy("v2", traffic=INCLUDE)
    assert v1_live.host.world.site == site
    assert v1_live.serving() == {"v1": 100}


def test_a_conflict_is_found_before_anything_is_started(empty: Stage) -> None:
    """No container has to be removed again for it."""
    empty.host.world.conflicts = ("/etc/nginx/sites-enabled/default:22 is the default server of 0.0.0.0:80.",)
    with pytest.raises(HostNotReady, match="sites-enabled/default:22"):
        empty.deploy("v1")
    assert "create" not in empty.host.world.ops
    assert empty.host.world.site is None


def test_an_nginx_in_a_container_is_asked_from_the_app_s_own_network(empty: Stage) -> None:
    """The site names the host's address there; where NGINX is the host's own it names none, and stays what it is."""
    empty.deploy("v1", traffic=TrafficAsk(watch=1))
    assert empty.host.world.site is not None
    assert "asked_from=''" in empty.host.world.site.text
    empty.deploy("v2", traffic=TrafficAsk(watch=1, nginx="web"))
    assert "asked_from='10.9.0.1'" in empty.host.world.site.text
    assert "asked_from='ADDRESS" not in "".join(empty.plan("v3", traffic=TrafficAsk(watch=1, nginx="web")).diff)


def test_what_nginx_had_to_say_is_told(empty: Stage) -> None:
    """Old workers that still serve connections, for example."""
    empty.host.nginx.notes = ("2 old NGINX worker(s) still serve connections",)
    empty.deploy("v1")
    assert any("2 old NGINX worker(s)" in line for line in empty.tell.said)


def test_both_releases_of_a_shift_speak_the_same(v1_live: Stage) -> None:
    """One site asks them both: a release that speaks gRPC is refused beside one that does not, before anything is started."""
    grpc = Expectations(protocol=AppProtocol.GRPC, path="/")
    assert any("`protocol: http`" in problem for problem in v1_live.plan("v2", expect=grpc).problems)
    with pytest.raises(HostNotReady, match="was deployed with `protocol: http`") as caught:
        v1_live.deploy("v2", expect=grpc)
    assert "Nothing was started. myexample-v1 serves all traffic" in caught.value.state
    assert v1_live.running() == ["myexample-v1"]


def test_an_app_of_grpc_goes_on_as_one(empty: Stage) -> None:
    """From its first release to the next."""
    grpc = Expectations(protocol=AppProtocol.GRPC, path="/")
    assert empty.deploy("v1", expect=grpc).result is Result.DEPLOYED
    assert any("grpc.health.v1 of /" in line for line in empty.tell.said)
    assert empty.deploy("v2", expect=grpc).result is Result.DEPLOYED
    assert empty.serving() == {"v2": 100}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_cancel_while_the_site_changes_puts_it_back(v1_live: Stage, version: str) -> None:
    """The host goes on with what it has begun; then the site is what it was, for a new release as for the very same one."""
    world = v1_live.host.world
    before = world.site
    world.hooks["install"] = lambda: setattr(v1_live.clock, "cancelled", True)
    with pytest.raises(Cancelled):
        v1_live.deploy(version, traffic=TrafficAsk(server_names=("new.example",), watch=1))
    assert world.site == before
    assert (v1_live.serving(), v1_live.running()) == ({"v1": 100}, ["myexample-v1"])


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (TrafficAsk(watch=1), ("`server-name: shop.example`", "`tls-certificate: /etc/c.pem`")),
        (TrafficAsk(watch=1, server_names=("www.shop.example",)), ("`tls-certificate: /etc/c.pem`",)),
    ],
    ids=["nothing", "no certificate"],
)
@pytest.mark.parametrize("command", ["rollback", "promote"])
def test_a_job_without_the_inputs_of_the_site_does_not_take_it_away(
    empty: Stage, command: str, given: TrafficAsk, missing: tuple[str, ...]
) -> None:
    """Users would find neither their name nor TLS; with the inputs the same job goes through."""
    empty.deploy("v1", traffic=TLS)
    paused = replace(TLS, steps=PAUSING.steps)
    empty.deploy("v2", traffic=paused if command == "promote" else TLS)
    before = empty.host.world.site
    with pytest.raises(HostNotReady) as refused:
        getattr(empty, command)(traffic=given)
    assert all(each in str(refused.value) for each in missing)
    assert empty.host.world.site == before
    getattr(empty, command)(traffic=paused if command == "promote" else TLS)
    assert empty.serving() == {"v2" if command == "promote" else "v1": 100}


def test_a_rollback_without_site_include_leaves_the_users_own_server_block(empty: Stage) -> None:
    """Our part of it would become a server of its own, and their line would include nothing."""
    empty.host.world.users_site = AFTER
    for version in ("v1", "v2"):
        empty.deploy(version, traffic=INCLUDE)
    with pytest.raises(HostNotReady, match="`site: include`"):
        empty.rollback(traffic=TrafficAsk(watch=1))
    assert empty.rollback(traffic=INCLUDE).version == "v1"
