"""Nothing of another app's, nor of anybody else's, is touched by a deployment, and no data is lost: invariants 4 and 5."""

from __future__ import annotations

from pathlib import Path

from tests.box import Box
from tests.e2e.deploying import QUICK, containers, expect_end, expect_served_by, users
from tests.e2e.product import Product, serving

_THEIRS = (
    "docker ps -a --no-trunc --format '{{.ID}} {{.Names}}' | grep -v ' shop';"
    " docker network ls --no-trunc --format '{{.ID}} {{.Name}}' | grep -v shop;"
    " docker images --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' | grep -v ' shop:'; docker volume ls -q;"
    " docker inspect -f '{{.Name}} {{.State.Status}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy}}' $(docker ps -aq) | grep -v ^/shop;"
    r" find /etc/nginx /etc/logrotate.d /run/bluegreen /var/lib/bluegreen/apps/myexample ! -name '*shop*' -printf '%p %i %T@ %l\n' |"
    r" grep -vE '^(/etc/nginx/conf.d|/run/bluegreen|/etc/logrotate.d) '"
)


def test_two_apps_and_a_stranger_on_one_host(box: Box, product: Product, tmp_path: Path) -> None:
    """One app's good, bad, repeated and withdrawn releases leave the other app, and what is nobody's of ours, exactly as they were."""
    product.inputs |= QUICK
    expect_end(product.deploy("v1", server_name="one.test"), 0)
    expect_end(product.deploy("v2", server_name="one.test"), 0)
    box.docker("run", "-d", "--name", "database", "-v", "database:/data", "python:3.12-slim", "sleep", "900")
    box.docker("tag", "python:3.12-slim", "somebody:v1")
    box.docker("create", "--name", "stopped", "python:3.12-slim", "true")
    shop = {"image": "shop", "server-name": "two.test"}
    expect_end(product.start_deploy("v1", **shop).finish(), 0)
    assert (set(serving(box, host="one.test")), set(serving(box, host="two.test"))) == ({"v2"}, {"v1"})

    before = sorted(box.sh(_THEIRS).splitlines())
    with users(box, tmp_path / "one.jsonl", host="one.test") as one, users(box, tmp_path / "two.jsonl", host="two.test") as two:
        expect_end(product.start_deploy("v2", **shop).finish(), 0)
        expect_end(product.start_deploy("v3", bad="exit", **shop).finish(), 7)
        expect_end(product.start_deploy("v4", bad="traceback=3", **shop | {"shift": "50% 5s"}).finish(), 8)
        expect_end(product.start("rollback", **shop).finish(), 0)
        expect_end(product.start_deploy("v5", keep="0", **shop).finish(), 0)
        at_one, at_two = one.stop(), two.stop()
    expect_served_by(at_one, "v2")
    expect_served_by(at_two, "v1", "v2", "v4", "v5")
    assert sorted(box.sh(_THEIRS).splitlines()) == before
    assert [line.split()[:2] for line in containers(box, "shop")] == [["shop-v5", "running"]]


def test_two_apps_deployed_at_once(box: Box, product: Product) -> None:
    """Neither waits for the other's lock, and each ends well, first deployments with their reloads of one NGINX included."""
    product.inputs |= QUICK
    runs = [product.start_deploy("v1", image=name, server_name=f"{name}.test") for name in ("one", "two")]
    for run in runs:
        expect_end(run.finish(), 0)
    assert (set(serving(box, host="one.test")), set(serving(box, host="two.test"))) == ({"v1"}, {"v1"})


_SLEEPER = ("python:3.12-slim", "sleep", "900")
_DATABASE = "docker run -d --name shop-db --network shop_default --network-alias db python:3.12-slim sleep 900"
_NAMES = (
    "import socket\n"
    "for name in ('db', 'myexample', 'web', 'app', 'blue', 'green', 'candidate', 'myexample-v1', 'myexample-v2'):\n"
    "    try: print(name, socket.gethostbyname(name))\n"
    "    except OSError: pass"
)


def test_a_stack_next_door_is_made_anew_in_the_middle_of_a_shift(box: Box, product: Product, tmp_path: Path) -> None:
    """The app is on its network, and no name there leads to a release but that of its own container: DNS moves no traffic.

    What `docker compose up` would do to a changed service, remove and run, disturbs neither side.
    """
    box.docker("network", "create", "shop_default")
    box.sh(_DATABASE)
    product.inputs |= {**QUICK, "networks": "shop_default"}
    expect_end(product.deploy("v1"), 0)

    def names() -> set[str]:
        return {line.split()[0] for line in box.docker("exec", "shop-db", "python3", "-c", _NAMES).splitlines()}

    assert names() == {"db", "myexample-v1"}
    with users(box, tmp_path / "load.jsonl") as load:
        running = product.start_deploy("v2", shift="50% 6s")
        running.wait_for("50 % of the requests go to")
        assert names() == {"db", "myexample-v1", "myexample-v2"}
        box.docker("rm", "-f", "shop-db")
        made = box.sh(_DATABASE)
        assert names() == {"db", "myexample-v1", "myexample-v2"}
        expect_end(running.finish(), 0, "v2 serves all traffic")
        records = load.stop()
    expect_served_by(records, "v1", "v2")
    assert names() == {"db", "myexample-v2"}
    assert box.docker("inspect", "-f", "{{.Id}} {{.State.Running}} {{.RestartCount}}", "shop-db") == f"{made} true 0"
    assert box.docker("exec", "myexample-v2", "getent", "hosts", "db").split()[1] == "db"


def test_a_network_of_ours_that_was_lost_is_made_again(box: Box, product: Product) -> None:
    """Taken from a live release, then pruned under a stopped one, its addresses somebody else's: deploying once more is enough."""
    product.inputs |= QUICK
    expect_end(product.deploy("v1"), 0)
    subnet = box.docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "bluegreen-myexample")
    box.docker("network", "disconnect", "-f", "bluegreen-myexample", "myexample-v1")
    box.docker("network", "rm", "bluegreen-myexample")
    theirs = box.docker("network", "create", "--subnet", subnet, "theirs")
    again = product.deploy("v1")
    expect_end(again, 0, "v1 serves all traffic")
    assert again.outputs["result"] == "deployed"
    assert set(serving(box)) == {"v1"}
    (live,) = containers(box)

    box.docker("stop", "-t", "1", live.split()[0])
    box.docker("run", "-d", "--network", "theirs", *_SLEEPER)
    assert "bluegreen-myexample" in box.docker("network", "prune", "-f")
    expect_end(product.deploy("v2"), 0, "v2 serves all traffic")
    assert set(serving(box)) == {"v2"}
    assert box.docker("network", "inspect", "-f", "{{.Id}} {{(index .IPAM.Config 0).Subnet}}", "theirs") == f"{theirs} {subnet}"


def test_two_deployments_of_one_app_take_turns(box: Box, product: Product, tmp_path: Path) -> None:
    """The second one waits, says for whom, and observes again when its turn comes; with no patience it ends with exit code 5."""
    product.inputs |= QUICK
    expect_end(product.deploy("v1"), 0)
    with users(box, tmp_path / "load.jsonl") as load:
        first = product.start_deploy("v2", shift="50% 6s")
        first.wait_for("50 % of the requests go to")
        second = product.start_deploy("v3")
        hasty = product.deploy("v4", lock_timeout="1s")
        expect_end(first.finish(), 0, "v2 serves all traffic")
        done = second.finish()
        records = load.stop()
    expect_end(hasty, 5, "a command line, as ubuntu")
    expect_end(done, 0, "a command line, as ubuntu", "v3 serves all traffic; v2 is kept")
    expect_served_by(records, "v1", "v2", "v3")
    assert [" ".join(line.split()[:2]) for line in containers(box)] == ["myexample-v2 exited", "myexample-v3 running"]


def test_volumes_outlive_every_release(box: Box, product: Product) -> None:
    """What one release writes the next one reads, and no removal of containers removes it."""
    product.inputs |= {**QUICK, "volumes": "myexample-data:/data\n/srv/shared:/shared", "keep": "0"}
    expect_end(product.deploy("v1"), 0)
    box.docker("exec", "myexample-v1", "sh", "-c", "echo orders > /data/file; echo uploads > /shared/file")
    expect_end(product.deploy("v2"), 0)
    expect_end(product.deploy("v3", bad="exit"), 7)
    expect_end(product.deploy("v4"), 0)
    assert box.docker("exec", "myexample-v4", "cat", "/data/file", "/shared/file") == "orders\nuploads"
