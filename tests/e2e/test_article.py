"""The article's six steps, each looked at from outside with the commands that the article types: docker's and NGINX's own.

build the image · run the new container beside the old one · read its log · add it to NGINX as backup · move the share · stop and remove the
old one. The application is the article's kind: a FastAPI microservice, examples/fastapi.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.box import Box
from tests.box.engine import engine
from tests.box.watch import Watch
from tests.box.wheels import BUILD_ARGS, context_with_wheels
from tests.e2e.deploying import containers, expect_end, expect_served_by, plain, users
from tests.e2e.product import ROOT, Done, Product, Running
from tests.load import Record
from tests.load.checker import Phase, Violation, check

_READY = "Uvicorn running on http://0.0.0.0:8000"
_GETS, _FRESH = 150.0, 30.0


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What docker and NGINX said while the new release had a tenth of the traffic."""

    images: list[str]
    container: dict[str, Any]
    ports: str
    listening: str
    log: str
    configuration: str
    loaded: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """v1 → v2 with users on it, as seen from outside."""

    done: Done
    moment: Moment
    records: list[Record]
    phases: list[Phase]
    problems: list[Violation]
    after: list[str]
    v1: dict[str, Any]


@pytest.fixture(scope="module")
def product(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The product with the inputs that the article's reader would give it, on a box as new."""
    running_box.reset()
    context = context_with_wheels(engine(), ROOT / "examples" / "fastapi", tmp_path_factory.mktemp("example") / "fastapi")
    product = Product(running_box, tmp_path_factory.mktemp("article"))
    product.inputs |= {
        "context": str(context),
        "shift": "10% 4s, 50% 4s",
        "watch": "2s",
        "log-ready": re.escape(_READY),
    }
    return product


def _deploy(product: Product, version: str, **inputs: str) -> Running:
    return product.start("deploy", version=version, build_args="\n".join((f"VERSION={version}", *BUILD_ARGS)), **inputs)


def _inspect(box: Box, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(box.docker("inspect", name))[0]
    return found


def _look(box: Box) -> Moment:
    return Moment(
        images=box.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split(),
        container=_inspect(box, "myexample-v2"),
        ports=box.docker("port", "myexample-v2"),
        listening=box.sh("cat /proc/net/tcp /proc/net/tcp6"),
        log=box.sh("docker logs myexample-v2 2>&1"),
        configuration=box.sh("nginx -T 2> /dev/null"),
        loaded=box.sh("curl -s -H 'Host: myexample.bluegreen.localhost' http://127.0.0.1:29173/site"),
    )


@pytest.fixture(scope="module")
def story(running_box: Box, product: Product, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Tell it once; every step's test reads it."""
    expect_end(_deploy(product, "v1").finish(), 0, "myexample v1 serves all traffic")
    with (
        Watch(running_box, "myexample") as watch,
        users(running_box, tmp_path_factory.mktemp("load") / "load.jsonl", get=_GETS, fresh=_FRESH) as load,
    ):
        running = _deploy(product, "v2")
        running.wait_for("10 % of the requests go to myexample-v2")
        moment = _look(running_box)
        done = running.finish()
        records = load.stop()
        phases = watch.phases()
        problems = check(records, phases, deaths=watch.deaths(), most_in_flight=0, rate=_GETS + _FRESH)
    expect_end(done, 0, "myexample v2 serves all traffic; v1 is kept, stopped")
    return Story(
        done=done,
        moment=moment,
        records=records,
        phases=phases,
        problems=problems,
        after=[" ".join(line.split()[:2]) for line in containers(running_box)],
        v1=_inspect(running_box, "myexample-v1"),
    )


def _group(configuration: str, name: str) -> list[str]:
    """The `server` lines of the upstream whose name ends so."""
    found = re.search(rf"upstream bg_\w{{8}}_{name} \{{(.*?)\n\}}", configuration, re.DOTALL)
    assert found is not None, f"no upstream {name}"
    return re.findall(r"^\s*(server .*);$", found[1], re.MULTILINE)


def test_step_1_the_image_is_built_on_the_host(story: Story) -> None:
    """`docker build -t myexample:v2 .`."""
    assert "myexample:v2" in story.moment.images
    assert story.moment.container["Config"]["Image"] in {"myexample:v2", story.done.outputs["image-id"]}
    assert story.moment.container["Image"] == story.done.outputs["image-id"]


def test_step_2_the_new_container_runs_unexposed_beside_the_old_one(story: Story) -> None:
    """`docker run -d --name myexample-v2 myexample:v2`, and nothing of it can be reached from outside of the host."""
    assert story.moment.container["State"]["Running"] is True
    assert story.moment.ports == ""
    assert not story.moment.container["HostConfig"]["PortBindings"]
    assert story.moment.container["HostConfig"]["NetworkMode"] != "host"
    assert not re.search(rf":{8000:04X} \S+ 0A ", story.moment.listening), "something on the host itself listens on the app's port"


def test_step_3_its_log_is_read_before_anyone_reaches_it(story: Story) -> None:
    """`docker logs myexample-v2`: the line that `log-ready` names is there, and its own log has no user before the first share."""
    assert _READY in story.moment.log
    assert story.moment.log.index(_READY) < story.moment.log.index('"GET / HTTP/1.1" 200')
    hot = next(phase.at for phase in story.phases if "v2" in phase.shares)
    seen_late = 0.1  # seconds by which a phase may be noticed after it began, see tests/load/checker.py
    assert min(record.start for record in story.records if record.version == "v2") > hot - seen_late


def test_step_4_nginx_knows_both_and_each_backs_the_other_up(story: Story) -> None:
    """`nginx -T`: both addresses in either group, the other one marked `backup`, and this very text is what NGINX runs with."""
    new = story.moment.container["NetworkSettings"]["Networks"]["bluegreen-myexample"]["IPAddress"]
    old = next(line.split()[1] for line in _group(story.moment.configuration, "blue")).removesuffix(":8000")
    for group, serving, standby in (("blue_hot", old, new), ("green_hot", new, old)):
        first, second = _group(story.moment.configuration, group)
        assert first.startswith(f"server {serving}:8000 ")
        assert "backup" not in first
        assert second.startswith(f"server {standby}:8000 backup")
    marker = re.search(r"^# marker: (\w+)$", story.moment.configuration, re.MULTILINE)
    assert marker is not None
    assert story.moment.loaded == marker[1]


def test_step_5_the_share_grows_and_nobody_notices(story: Story) -> None:
    """All, then 10 %, then half, then none of the requests stay with v1, by what users were answered; not one failed."""
    assert story.problems == []
    expect_served_by(story.records, "v1", "v2")
    declared = [phase.shares.get("v2", 0) for phase in story.phases]
    assert list(dict.fromkeys(declared)) == [0, 10, 50, 100]
    shares = []
    for share in (10, 50, 100):
        index = next(i for i, phase in enumerate(story.phases) if phase.shares.get("v2", 0) == share)
        until = story.phases[index + 1].at if index + 1 < len(story.phases) else story.records[-1].start
        seen = Counter(r.version for r in story.records if story.phases[index].at + 0.1 < r.start and r.end < until - 0.1)
        shares.append(100 * seen["v2"] / seen.total())
    assert 4 < shares[0] < 18
    assert 40 < shares[1] < 60
    assert shares[2] == 100


def test_step_6_the_old_container_is_stopped(story: Story) -> None:
    """`docker stop myexample-v1`: it got SIGTERM and ended by itself, and would not come back with the host."""
    assert story.after == ["myexample-v1 exited", "myexample-v2 running"]
    assert story.v1["State"]["ExitCode"] == 0
    assert story.v1["HostConfig"]["RestartPolicy"]["Name"] == "no"


def test_step_6_with_keep_0_the_old_container_is_removed(running_box: Box, product: Product, story: Story, tmp_path: Path) -> None:
    """`docker rm myexample-v1`, and the images of what is gone go too."""
    with users(running_box, tmp_path / "load.jsonl", get=_GETS, fresh=_FRESH) as load:
        done = _deploy(product, "v3", keep="0", shift="50% 1s", watch="1s").finish()
        records = load.stop()
    expect_end(done, 0, "myexample v3 serves all traffic")
    expect_served_by(records, "v2", "v3")
    assert [" ".join(line.split()[:2]) for line in containers(running_box)] == ["myexample-v3 running"]
    assert running_box.docker("image", "ls", "myexample", "--format", "{{.Tag}}").split() == ["v3"]


def test_a_log_that_never_says_ready_keeps_the_candidate_out(running_box: Box, product: Product, story: Story, tmp_path: Path) -> None:
    """The log is really read: well in every other way, a release whose log lacks the awaited line is refused, and its log is shown."""
    before = containers(running_box)
    with users(running_box, tmp_path / "load.jsonl", get=_GETS, fresh=_FRESH) as load:
        done = _deploy(product, "v4", log_ready="ready to rumble", health_timeout="8s").finish()
        records = load.stop()
    expect_end(done, 7, "no line of its log matched `ready to rumble`")
    assert _READY in plain(done.out)
    assert len({record.version for record in records}) == 1
    assert not any(record.failed for record in records)
    assert containers(running_box) == before
