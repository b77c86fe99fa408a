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
