"""Which running app `adopt` means: the places people know it by, and the ones NGINX could not reach."""

from __future__ import annotations

import pytest

from bluegreen.decide.adoption import find_adopted
from bluegreen.errors import HostNotReady
from bluegreen.host.engine_neighbors import listed_neighbor
from bluegreen.host.site_text import parse_site, render_site
from bluegreen.inputs.parse.names import adopted
from bluegreen.model.color import Color
from bluegreen.model.neighbor import Neighbor, Published
from bluegreen.model.site import SiteSpec

OLD = Neighbor(
    name="shop_web_1",
    service="web",
    published=(Published(address="127.0.0.1", port=9000, container_port=8000),),
    addresses=("172.20.0.3",),
    ports=(8000,),
)
INNER = Neighbor(name="inner", addresses=("172.20.0.4",), ports=(3000,))
TWO = Neighbor(
    name="two",
    published=(Published(address="0.0.0.0", port=81, container_port=80), Published(address="::", port=9443, container_port=443)),  # noqa: S104
    addresses=("172.20.0.5",),
    ports=(80, 443),
)
ALL = (OLD, INNER, TWO)


@pytest.mark.parametrize(
    ("reference", "port", "place", "name"),
    [
        ("127.0.0.1:9000", 0, "127.0.0.1:9000", "shop_web_1"),
        ("shop_web_1", 0, "127.0.0.1:9000", "shop_web_1"),
        ("inner", 0, "172.20.0.4:3000", "inner"),
        ("172.20.0.4:3000", 0, "172.20.0.4:3000", "inner"),
        ("two", 80, "127.0.0.1:81", "two"),
        ("127.0.0.1:5000", 0, "127.0.0.1:5000", "the app at 127.0.0.1:5000"),
    ],
)
def test_an_app_is_found_by_its_place_or_its_name(reference: str, port: int, place: str, name: str) -> None:
    """A published port is preferred: it survives the container."""
    found = find_adopted(reference, ALL, port)
    assert (found.place, found.name) == (place, name)


def test_how_to_stop_it_is_said_in_the_words_of_what_it_is() -> None:
    """A container is stopped for good; of a process only its port is known."""
    assert find_adopted("shop_web_1", ALL, 0).stop == "docker update --restart no shop_web_1 && docker stop shop_web_1"
    assert find_adopted("127.0.0.1:5000", ALL, 0).stop == "sudo ss -ltnp 'sport = :5000'"


@pytest.mark.parametrize(("reference", "says"), [("nobody", "inner, shop_web_1, two"), ("two", "its ports are 80, 443")])
def test_an_app_that_cannot_be_told_is_refused_with_what_there_is(reference: str, says: str) -> None:
    """The names and ports that could have been meant are listed."""
    with pytest.raises(HostNotReady) as refused:
        find_adopted(reference, ALL, 0)
    assert says in " ".join(refused.value.lines())


@pytest.mark.parametrize(
    ("text", "is_"), [("", ""), (" web ", "web"), ("localhost:8000", "127.0.0.1:8000"), ("10.0.0.7:08000", "10.0.0.7:8000")]
)
def test_adopt_is_an_address_and_port_or_a_name(text: str, is_: str) -> None:
    """`localhost` is written as its address, for NGINX does not start when it cannot look a name up."""
    assert adopted(text) == is_


@pytest.mark.parametrize("text", ["example.com:8000", "127.0.0.1:0", "127.0.0.1:x", "a b", "[::1]:8000", "-x", "127.0.0.1:8000;"])
def test_what_nginx_could_not_use_is_refused(text: str) -> None:
    """Before the host is contacted."""
    with pytest.raises(ValueError, match="`"):
        adopted(text)


def test_a_container_of_ours_is_no_neighbor() -> None:
    """Whatever app it belongs to; what is left of another has names, ports and addresses."""
    found = {
        "Id": "0123",
        "Names": ["/other/web", "/web"],
        "Labels": {"com.docker.compose.service": "web"},
        "Ports": [
            {"IP": "127.0.0.1", "PrivatePort": 8000, "PublicPort": 9000, "Type": "tcp"},
            {"PrivatePort": 53, "Type": "udp"},
        ],
        "NetworkSettings": {"Networks": {"x": {"IPAddress": "172.20.0.3"}, "y": {"IPAddress": ""}}},
    }
    assert listed_neighbor(found) == Neighbor(
        name="web",
        id="0123",
        service="web",
        published=(Published(address="127.0.0.1", port=9000, container_port=8000),),
        addresses=("172.20.0.3",),
        ports=(8000,),
    )
    assert listed_neighbor(found | {"Labels": {"bluegreen.app": "x"}}) is None


def test_the_site_tells_whom_it_adopted() -> None:
    """Observed, not remembered: the next deployment reads it there. A site of ours alone names nobody."""
    spec = SiteSpec(app="x", blue=("127.0.0.1:8000",), green=("10.9.0.34:8000",), server_names=("_",), listen=("80",), adopted=Color.BLUE)
    site = parse_site(render_site(spec))
    assert (site.adopted, site.edited) == ((Color.BLUE, "127.0.0.1:8000"), False)
