"""Two containers of one release: NGINX spreads the requests over them, one may die, half a candidate is none, and back to one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from tests.box import Box
from tests.box.watch import Watch
from tests.e2e.deploying import APP_NAME, QUICK, containers, expect_end, expect_served_by, plain, users
from tests.e2e.product import Product

_RELOADS = 4


def _states(box: Box) -> list[list[str]]:
    return [line.split()[:2] for line in containers(box)]


def _answered(box: Box) -> set[str]:
    """The addresses that answered users since the log was emptied the last time; it is emptied now."""
    lines = box.read(f"/var/log/bluegreen/{APP_NAME}.log").splitlines()
    box.sh(f": > /var/log/bluegreen/{APP_NAME}.log")
    return {json.loads(line)["upstream"].rsplit(", ", 1)[-1] for line in lines}


def test_two_over_one_and_back_with_users_on_them(box: Box, product: Product, tmp_path: Path) -> None:
    """No GET fails: not while their number changes, not when one dies for a moment or for good, not for half a candidate or a cut."""
    product.inputs |= QUICK
    assert product.deploy("v1").exit_code == 0
    with Watch(box, APP_NAME) as watch, users(box, tmp_path / "load.jsonl", get=100, fresh=30) as load:
        done = product.deploy("v2", replicas="2", shift="50% 1s")
        expect_end(done, 0, f"{APP_NAME}-v2 and {APP_NAME}-v2_2 run as the replicas of the green one", "v2 serves all traffic")
        assert done.outputs["containers"].split() == [f"{APP_NAME}-v2", f"{APP_NAME}-v2_2"]
        assert _states(box) == [[f"{APP_NAME}-v1", "exited"], [f"{APP_NAME}-v2", "running"], [f"{APP_NAME}-v2_2", "running"]]
        box.sh("sleep 1")
        _answered(box)
        box.sh("sleep 1")
        assert len(_answered(box)) == 2, "one of the two has nothing to do"
        _one_dies(box)
        half = "sh -c 'mkdir /once/taken && exec python -S -m testapp'"
        failed = product.deploy("v3", replicas="2", volumes="once:/once", container_command=half)
        expect_end(failed, 7, f"{APP_NAME}-v3_2 failed its probe: it exited with code 1", "mkdir")
        assert [name for name, _ in _states(box)] == [f"{APP_NAME}-v1", f"{APP_NAME}-v2", f"{APP_NAME}-v2_2"]
        told = plain(product.run("status").out)
        assert all(f"{name} green v2 running" in told for name in (f"{APP_NAME}-v2", f"{APP_NAME}-v2_2")), told
        _cut(product)
        back = product.run("rollback", shift="30% 1s")
        gone = (f"{name} was left" for name in (f"{APP_NAME}-v3", f"{APP_NAME}-v3_2"))
        expect_end(back, 0, *gone, "30 % of the requests go to", f"{APP_NAME}-v2_2 is drained and stopped", "v1 serves all traffic again")
        records = load.stop()
        shares = [phase.shares.get("v1", 0) for phase in watch.phases()]
    assert [share for before, share in pairwise(shares) if share != before][-2:] == [30, 100]
    # A new number reloads NGINX, which before 1.27.4 may close an idle connection just as it is used again.
    raced = [record for record in records if record.race and record.reused]
    assert len(raced) <= _RELOADS * 5, raced[0]
    expect_served_by((record for record in records if record not in raced), "v1", "v2", "v3")
    assert len([name for name, state in _states(box) if state == "running"]) == 1


def _cut(product: Product) -> None:
    """The runner dies while two replicas of either release serve: the host itself takes the traffic back."""
    dying = product.start_deploy("v3", replicas="2", shift="50% 30s")
    dying.wait_for("50 % of the requests go to")
    product.box.sh("sleep 0.5")  # so that some of the users meet it
    dying.process.kill()
    dying.finish()


def _one_dies(box: Box) -> None:
    """By a crash, from which Docker starts it again, and then for good: the other one answers for it."""
    box.sh(f"kill -KILL $(docker inspect -f '{{{{.State.Pid}}}}' {APP_NAME}-v2_2)")
    _is_back(box, f"{APP_NAME}-v2_2")
    box.docker("kill", f"{APP_NAME}-v2")
    box.sh("sleep 4")
    box.docker("start", f"{APP_NAME}-v2")
    _is_back(box, f"{APP_NAME}-v2")


def _is_back(box: Box, name: str) -> None:
    """It answers, and NGINX has had the time to try it again."""
    address = box.docker("inspect", "-f", f'{{{{(index .NetworkSettings.Networks "bluegreen-{APP_NAME}").IPAMConfig.IPv4Address}}}}', name)
    box.sh(f"for i in {{1..100}}; do curl -sf -m 1 http://{address.strip()}:8000/healthz && sleep 3 && exit 0; sleep 0.1; done; exit 1")
