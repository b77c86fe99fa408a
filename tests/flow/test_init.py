"""`init` on a host in memory: what it asks of the host, what it answers, and whom it sends away with which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bluegreen.errors import HostNotReady
from bluegreen.model.ask import AppAsk, TrafficAsk
from bluegreen.model.neighbor import Published
from bluegreen.model.portrait import Mount, NetworkEnd, Portrait
from bluegreen.model.site import Edit, UsersSite, Way
from tests.flow.conftest import SETTINGS, Stage

_LOOKS = {"neighbors", "portrait", "users_way"}
_EDIT = Edit(file="/etc/nginx/sites-enabled/shop", line=5, old="proxy_pass http://127.0.0.1:8000;", new="include …;")
_WEB = Portrait(
    name="shop-web-1",
    image="myexample:old",
    image_id="sha256:1",
    published=(Published(address="127.0.0.1", port=8000, container_port=80),),
    networks=(NetworkEnd(name="shop_default"),),
    env=(("API_TOKEN", "hunter2-hunter2"),),
)
_WORKER = replace(
    _WEB,
    name="shop-worker-1",
    service="worker",
    published=(),
    command=("python", "-m", "worker"),
    mounts=(Mount(kind="volume", source="spool", target="/spool"),),
)
_WAY = Way(
    url="https://shop.example/",
    place="127.0.0.1:8000",
    leading=("/etc/nginx/sites-enabled/shop:4",),
    site=UsersSite(part="/etc/nginx/bluegreen/myexample.conf", edits=(_EDIT,)),
)


@pytest.fixture
def shop(empty: Stage) -> Stage:
    """The app and its worker, and a database of another image."""
    database = Portrait(name="shop-db-1", image="postgres:17", image_id="sha256:2", ports=(5432,), addresses=("172.18.0.2",))
    empty.host.world.portraits = [_WEB, _WORKER, database]
    empty.host.world.way = _WAY
    return empty


def test_it_only_looks(shop: Stage) -> None:
    """And hides the variables' values from everything that is told."""
    told = shop.init("shop-web-1")
    assert set(shop.host.world.ops) == _LOOKS
    assert "hunter2-hunter2" in shop.tell.hidden
    assert "hunter2" not in repr(told)


def test_the_answer_names_the_app_and_takes_its_worker_along(shop: Stage) -> None:
    """The name is the image's unless another is given; the database is no worker."""
    told = shop.init("shop-web-1")
    given = {one.name: one.text or f"secret {one.secret}" for one in told.inputs}
    assert (told.app, told.url, told.site.edits) == ("myexample", "https://shop.example/", (_EDIT,))
    assert given == {
        "host": "secret EC2_HOST",
        "username": "ubuntu",
        "key": "secret EC2_KEY",
        "fingerprint": "secret EC2_FINGERPRINT",
        "image": "myexample",
        "container-port": "80",
        "env": "secret APP_ENV",
        "volumes": "spool:/spool",
        "networks": "shop_default",
        "processes": "worker: python -m worker",
        "url": "https://shop.example/",
        "site": "include",
        "adopt": "shop-web-1",
    }
    assert [one.name for one in told.secrets] == ["EC2_HOST", "EC2_KEY", "EC2_FINGERPRINT", "APP_ENV"]
    assert any("docker update --restart no shop-worker-1 && docker stop shop-worker-1" in note for note in told.notes)
    named = shop.init("shop-web-1", app=AppAsk(app="shop", settings=SETTINGS))
    assert {one.name: one.text for one in named.inputs}["app"] == "shop"


def _refused(stage: Stage, container: str = "shop-web-1", **changes: object) -> str:
    with pytest.raises(HostNotReady) as caught:
        stage.init(container, **changes)
    assert caught.value.state == "Nothing was changed."
    assert caught.value.todo
    return " ".join(caught.value.lines())


def test_a_container_that_is_not_there_is_told_with_those_that_are(shop: Stage) -> None:
    """So that a typo is seen at once."""
    assert "no container called shop_web on the host" in _refused(shop, "shop_web")
    assert "Running containers: shop-db-1, shop-web-1, shop-worker-1." in _refused(shop, "shop_web")


def test_a_release_of_ours_and_a_stopped_container_are_no_start(shop: Stage) -> None:
    """Each for its own reason."""
    shop.host.world.portraits = [replace(_WEB, app="myexample"), replace(_WORKER, running=False)]
    assert "is a release of myexample already" in _refused(shop)
    assert "`docker start shop-worker-1`" in _refused(shop, "shop-worker-1")


def test_an_app_that_nginx_does_not_lead_to_is_told_where_nginx_leads(shop: Stage) -> None:
    """With where it was looked for, and all that NGINX passes on."""
    shop.host.world.way = Way(passes=("/etc/nginx/sites-enabled/blog:7: proxy_pass http://127.0.0.1:2368;",))
    said = _refused(shop)
    assert "No location of the host's NGINX leads to shop-web-1, which is at 127.0.0.1:8000." in said
    assert "blog:7: proxy_pass http://127.0.0.1:2368;" in said
    shop.host.world.way = Way()
    assert "NGINX passes nothing on to anybody." in _refused(shop)


def test_a_container_without_any_port_cannot_be_looked_for(shop: Stage) -> None:
    """It says how to give it one."""
    assert "on which port shop-worker-1 listens" in _refused(shop, "shop-worker-1")


def test_a_url_is_asked_for_where_none_can_be_told_and_a_wrong_one_is_refused(shop: Stage) -> None:
    """A server without a name, or a location that leads elsewhere."""
    there = ("/etc/nginx/sites-enabled/shop:4",)
    shop.host.world.way = Way(leading=there)
    assert "which URL leads to shop-web-1" in _refused(shop)
    shop.host.world.way = Way(leading=there, answers="/etc/nginx/sites-enabled/blog:2")
    said = _refused(shop, traffic=TrafficAsk(url="https://blog.example/"))
    assert "https://blog.example/ does not lead to shop-web-1: /etc/nginx/sites-enabled/blog:2 answers it" in said
    assert there[0] in said
