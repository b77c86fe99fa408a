"""The other decisions: health, the log gate, room, retention, the site's ports, the URL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bluegreen.decide.health import answer_fault, container_fault
from bluegreen.decide.plan import make_plan
from bluegreen.decide.retention import kept, own_names, prunable, spare_containers
from bluegreen.decide.site_spec import own_url, site_spec
from bluegreen.model.ask import AppAsk, Ask, BuildAsk, Command, ConnectionAsk, Control, Expectations, LogRules, RetireAsk, TrafficAsk
from bluegreen.model.color import Color, Split
from bluegreen.model.container import Container, Image, Network, Role
from bluegreen.model.observed import Answer, Observed, Routes
from bluegreen.model.release import Release, RunInfo, Settings
from bluegreen.model.replicas import Replicas
from bluegreen.model.site import AppProtocol, InstalledSite

NETWORK = Network(name="bluegreen-x", subnet="10.9.0.0/16", blue=("10.9.0.2", "10.9.0.3"), green=("10.9.0.34", "10.9.0.35"))
ASK = Ask(
    command=Command.DEPLOY,
    connection=ConnectionAsk(host="198.51.100.7", port=22, username="u", key=""),
    build=BuildAsk(app="x", image="x", version="v1", context=Path()),
    app=AppAsk(app="x", settings=Settings(container_port=8000)),
    expect=Expectations(path="/healthz"),
    logs=LogRules(),
    traffic=TrafficAsk(),
    retire=RetireAsk(),
    control=Control(),
    run=RunInfo(),
)


def container_of(version: str = "v1", color: Color = Color.BLUE, **changes: object) -> Container:
    base = Container(
        id=version, name=version, color=color, release_id=version, version=version, settings_digest="", role=Role.WEB,
        image_id=f"sha256:{version}", running=True, address=NETWORK.addresses(color)[0], port=8000, started_at="2026-01-01",
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # any field


def release_of(version: str, at: str = "2026-01-01") -> Release:
    return Release(
        app="x", version=version, image="x", image_id=f"sha256:{version}", settings=Settings(container_port=8000), committed_at=at
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=200), ""),
        (Answer(status=301), ""),
        (Answer(status=404), "404"),
        (Answer(status=500), "500"),
        (Answer(status=0, problem="connection refused"), "connection refused"),
    ],
)
def test_an_answer_is_good_when_its_status_is_admitted(answer: Answer, says: str) -> None:
    """200-399 by default; a fault quotes what was seen."""
    fault = answer_fault(answer, Expectations(path="/healthz"))
    assert (fault is None) == (not says)
    assert fault is None or (says in fault.reason and fault.means)


def test_a_service_that_grpc_does_not_know_is_no_missing_health_service() -> None:
    """It answers NOT_FOUND: with an empty message or, like an app without any health service, with none. The hint names both."""
    for status in (501, 503):
        fault = answer_fault(Answer(status=status), Expectations(path="/shop.Crat", protocol=AppProtocol.GRPC))
        assert fault is not None
        assert "503: it says that it does not serve, or does not know /shop.Crat, the service that `health-path` names" in fault.means
        assert "501: it answered with an error alone" in fault.means


def test_a_body_that_lacks_its_text_is_not_good() -> None:
    """`health-body` is a part of the body; the body itself is not quoted, it may hold secrets."""
    expect = Expectations(body="ready")
    assert answer_fault(Answer(status=200, body="all ready"), expect) is None
    fault = answer_fault(Answer(status=200, body="hunter2"), expect)
    assert fault is not None
    assert "hunter2" not in fault.reason


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (container_of(), ""),
        (container_of(running=False, exit_code=3), "code 3"),
        (container_of(running=False, exit_code=137, oom_killed=True), "memory"),
        (container_of(running=False, exit_code=137), "exited with code 137 (SIGKILL)"),
        (container_of(restarts=1), "restarted"),
        (container_of(started_at="2026-01-02"), "restarted"),
        (container_of(health="unhealthy"), "HEALTHCHECK"),
        (container_of(health="starting"), ""),
    ],
)
def test_a_container_is_well_while_it_runs_as_it_was_started(now: Container, says: str) -> None:
    """Exit, OOM kill, restart and Docker's own unhealthy are faults; starting is none."""
    fault = container_fault(now, container_of())
    assert (fault is None) == (not says)
    assert fault is None or says in fault.reason


def test_a_kill_that_docker_does_not_explain_is_told_with_what_would_explain_it() -> None:
    """Docker 20.10 misses some kills by the kernel; a plain exit is the app's own matter."""
    killed, ended = (container_fault(container_of(running=False, exit_code=code), container_of()) for code in (137, 1))
    assert killed is not None
    assert ended is not None
    assert "dmesg" in killed.means
    assert "`memory`" in killed.means
    assert "dmesg" not in ended.means


def test_the_last_committed_releases_are_kept() -> None:
    """Besides the live one; one that was never committed is not."""
    releases = (release_of("v1", "1"), release_of("v2", "2"), release_of("v3", "3"), release_of("v4", ""))
    assert [r.version for r in kept(releases, releases[2].id, 1)] == ["v3", "v2"]
    assert [r.version for r in kept(releases, releases[2].id, 0)] == ["v3"]


def test_only_older_images_that_no_release_needs_are_pruned() -> None:
    """A newer one may be another deployment's, built before it got the lock."""
    images = tuple(Image(id=f"sha256:v{n}", created=f"2026-01-0{n}") for n in range(1, 6))
    gone = prunable(images, "sha256:v4", [release_of("v3"), release_of("v4")])
    assert [image.id for image in gone] == ["sha256:v1", "sha256:v2"]
    assert prunable(images, "sha256:unknown", []) == ()


def test_of_images_of_one_date_those_of_earlier_releases_are_pruned() -> None:
    """BuildKit gives an image the date of its newest layer, which two releases can share."""
    images = tuple(Image(id=f"sha256:v{n}", created="2026-01-01") for n in range(1, 5))
    gone = prunable(images, "sha256:v3", [release_of("v2"), release_of("v3")], [release_of("v1"), release_of("v2")])
    assert [image.id for image in gone] == ["sha256:v1"]


def test_of_a_kept_release_one_stopped_container_stays() -> None:
    """The one that ran last; containers of no kept release go, the live one never does."""
    live, old = release_of("v2"), release_of("v1")
    containers = [
        container_of("a", release_id=live.id),
        container_of("b", release_id=old.id, running=False, started_at="2"),
        container_of("c", release_id=old.id, running=False, started_at="1"),
        container_of("d", release_id="other", running=False),
    ]
    assert {c.id for c in spare_containers(containers, Replicas(containers=(containers[0],)), [live, old])} == {"c", "d"}


def test_the_other_slot_keeps_its_port_so_that_nothing_reloads_for_nothing() -> None:
    """The port of whoever is in the other slot, else the one that the installed site names."""
    live = container_of("v1", Color.BLUE, port=8000)
    observed = Observed(routes=Routes(committed=Split(green=0), armed=None), containers=(live,), releases=())
    plan = make_plan(observed, release_of("v2"), NETWORK)
    candidate = Replicas(containers=(container_of("v2", plan.color, port=9000),))
    spec = site_spec(ASK, plan, candidate, None, (1, 22, 1), ipv6=True)
    assert (spec.blue, spec.green) == (("10.9.0.2:8000",), ("10.9.0.34:9000",))
    named = InstalledSite(text="server 10.9.0.34:9000;", edited=False)
    again = site_spec(ASK, plan, Replicas(containers=(live,)), named, (1, 22, 1), ipv6=True)
    assert (again.blue, again.green) == (spec.blue, spec.green)


def test_a_live_release_off_its_network_is_deployed_again_and_never_named_without_an_address() -> None:
    """NGINX refuses a server that has a port and no address; the slot's own stands there instead."""
    for address, unchanged in (("10.9.0.2", True), ("", False)):
        release = release_of("v1")
        live = container_of("v1", Color.BLUE, release_id=release.id, address=address)
        observed = Observed(routes=Routes(committed=Split(green=0), armed=None), containers=(live,), releases=())
        plan = make_plan(observed, release, NETWORK)
        assert plan.unchanged == unchanged
        candidate = Replicas(containers=(container_of("v2", plan.color),))
        assert site_spec(ASK, plan, candidate, None, (1, 22, 1), ipv6=True).blue == ("10.9.0.2:8000",)


@pytest.mark.parametrize(
    ("traffic", "url"),
    [
        (TrafficAsk(), "http://198.51.100.7/"),
        (TrafficAsk(listen=("8080",)), "http://198.51.100.7:8080/"),
        (TrafficAsk(server_names=("*.example.org", "example.org")), "http://example.org/"),
        (TrafficAsk(server_names=("example.org",), tls_certificate="/c", tls_certificate_key="/k"), "https://example.org/"),
        (TrafficAsk(server_names=("example.org",), listen=("80", "8443"), tls_certificate="/c", tls_certificate_key="/k"),
         "https://example.org:8443/"),
        (TrafficAsk(url="https://shop.example.org/hello"), "https://shop.example.org/hello"),
    ],
)  # fmt: skip
def test_the_url_follows_from_what_is_known(traffic: TrafficAsk, url: str) -> None:
    """`url` wins; else the first name that is one, the port that is not the usual one, and TLS."""
    assert own_url(replace(ASK, traffic=traffic)) == url


def test_a_split_is_read_as_it_is_written() -> None:
    """Green's percentage on the host, a color's share everywhere else."""
    for split in (Split(green=0), Split(green=30, hot=True), Split(green=100)):
        assert Split.parse(split.name) == split
    assert Split.giving(Color.BLUE, 30, hot=True).name == "070-hot"
    assert Split.parse("101") is None
    assert Split.parse("../etc") is None


def test_a_recipe_is_read_as_it_is_written() -> None:
    """Everything that is needed to create the release again, secrets included."""
    settings = Settings(container_port=80, env=(("A", "b=c"),), volumes=("d:/d",), container_command=("run",), cpus=0.5)
    release = Release(app="x", version="v", image="x:v", image_id="sha256:1", settings=settings, run=RunInfo(number=3), committed_at="now")
    assert Release.from_json(release.to_json()) == release
    with pytest.raises(TypeError):
        Release.from_json(release.to_json().replace('"container_port": 80', '"container_port": [80]'))
    assert "b=c" not in repr(release)


def test_a_name_that_somebody_else_gave_an_image_is_not_ours_to_remove() -> None:
    """The image stays by that name, and what runs by it goes on."""
    ours = replace(release_of("v1"), image="registry:5000/x:v1")
    assert own_names(Image(id="i", tags=("registry:5000/x:v1", "other:v1")), [ours]) == ("registry:5000/x:v1",)
    assert own_names(Image(id="i", tags=("other:v1",)), [ours]) == ()
    assert own_names(Image(id="i"), [ours]) == ("i",)
