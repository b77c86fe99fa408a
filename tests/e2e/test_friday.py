"""The host that lives already, on a Friday: its app is taken over behind its own TLS site, beside its other sites, with its worker."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.box import Box
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.compose import DATABASE, SHOP_ENV, WEB, WEB_PLACE, WORKER, compose_up
from tests.e2e.deploying import APP_NAME, QUICK, everything, expect_end, expect_only_raced, expect_served_by, leaks, route
from tests.e2e.jobs import expect_every_job_done_once, jobs
from tests.e2e.product import APP, ROOT, Product
from tests.load import Kind, Load, Record, Target

_PAGE = (ROOT / "docs" / "adopting.md").read_text()
_SETUP, _INIT, _SECRET, _EDIT, _STOP = (block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE))
_NAME = "shop.example"
_SHOP, *_OTHER_SITES = (f"/etc/nginx/sites-enabled/{name}" for name in ("shop", "blog", "docs"))
_LINE, _EDITED = f"proxy_pass http://{WEB_PLACE};", f"include /etc/nginx/bluegreen/{APP_NAME}.conf;"
_TLS = f"listen 443 ssl http2; ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};"
_SHOP_TEXT = f"""server {{
    {_TLS}
    server_name {_NAME};
    location / {{
        {_LINE}
        proxy_set_header Host $host;
    }}
}}
"""
_RATES = {Kind.H2: 40.0, Kind.H2_POST: 20.0, Kind.FRESH: 10.0, Kind.GET: 20.0, Kind.POST: 10.0}
_ASK_DB = "import urllib.request as r; print(r.urlopen('http://db:5432/').status)"
_RELOADS = """
    until [[ -e /tmp/calm ]]; do nginx -s reload && echo x >> /tmp/reloads; sleep 1; done
    touch /tmp/calmed
"""


@pytest.fixture
def shop(box: Box, product: Product) -> Product:
    """The shop as compose has left it, behind the distribution's NGINX, and two sites of others; no input yet but the way to the host."""
    compose_up(box)
    self_signed(box, _NAME)
    box.write(_SHOP, _SHOP_TEXT)
    for file in _OTHER_SITES:
        name = Path(file).name
        box.write(file, f'server {{ {_TLS} server_name {name}.example; location / {{ return 200 "the {name}\\n"; }} }}\n')
    box.sh("nginx -t 2>&1 && nginx -s reload && sleep 0.3")
    product.inputs = {name: product.inputs[name] for name in ("host", "username", "key", "fingerprint")}
    return product


def _others(box: Box) -> str:
    """What would differ had anybody touched the other sites, as files and as their users see them, or the database."""
    asked = " ".join(f"{Path(file).name}.example" for file in _OTHER_SITES)
    look = "curl -sk --resolve $name:443:127.0.0.1 https://$name/"
    state = "docker inspect -f '{{.Id}} {{json .State}} {{json .NetworkSettings}}'"
    return box.sh(f"sha256sum {' '.join(_OTHER_SITES)}; for name in {asked}; do {look}; done; {state} {DATABASE}")


def test_a_living_host_is_adopted_without_a_failed_request(box: Box, shop: Product, tmp_path: Path) -> None:
    """`setup`, `init`, one line edited, the first release, the next, a bad one, the way back: all under load on 443, and no job is lost.

    The commands are those of docs/adopting.md, and the workflow is the one that `init` prints.
    """
    others = _others(box)
    target = Target(address=box.address, port=443, host=_NAME, tls=True)
    with jobs(box, "shop_spool"), Load(target, tmp_path / "load.jsonl", rates=_RATES) as load:
        for line in _SETUP:
            expect_end(shop.run(*shlex.split(line)[2:]), 0, APP_NAME)
        _take_the_workflow(box, shop, tmp_path)
        expect_end(shop.deploy("v1"), 4, f"{_SHOP}:5: `{_LINE}` becomes `{_EDITED}`")
        for line in _EDIT:
            box.sh_user(line)
        done = shop.deploy("v1", shift="20% 1s")
        expect_end(done, 0, f"hot: {WEB} and {APP_NAME}-v1", f"{APP_NAME}-worker-v1 works", _STOP[-1])
        assert box.docker("exec", f"{APP_NAME}-v1", "python", "-c", _ASK_DB) == "200"
        for line in _STOP:
            box.sh_user(line)
        expect_end(shop.deploy("v2", shift="50% 1s"), 0, f"the adopted app at {WEB_PLACE} is out of NGINX's site", "v2 works")
        expect_end(shop.deploy("v3", bad="traceback=1", shift="50% 5s"), 8, f"{APP_NAME}-v2 serves all traffic")
        expect_end(shop.run("rollback"), 0, "v1 serves all traffic again")
        records = load.stop()
    _expect_served(records, "old", "v1", "v2", "v3")
    expect_every_job_done_once(box, "shop_spool", "old", "v1", "v2")
    assert _others(box) == others
    assert box.read(_SHOP) + "\n" == _SHOP_TEXT.replace(_LINE, _EDITED)
    assert route(box)[1] == "100"
    _expect_others_reloads_to_cost_nothing_more(box, shop, Load(target, tmp_path / "reloads.jsonl", rates=_RATES))


def _expect_served(records: list[Record], *versions: str) -> None:
    """Assert that no request failed: over HTTP/2 and on a new connection none at all, on an idle one none but for NGINX's own race.

    Four reloads lie in the whole run: the user's own edit, and those that the deployments announce.
    """
    kept = {Kind.GET, Kind.POST}
    expect_served_by((record for record in records if record.kind not in kept), *versions)
    expect_served_by(expect_only_raced(record for record in records if record.kind in kept), *versions)


def _expect_others_reloads_to_cost_nothing_more(box: Box, shop: Product, load: Load) -> None:
    """With a stranger who reloads NGINX every second, assert that a deployment costs no more than no deployment.

    Such a reload now and then costs a request by itself, in either run: one or two more are chance.
    """
    began = time.monotonic()
    with _reloads(box), load:
        expect_end(shop.deploy("v4", shift="20% 2s, 50% 2s", processes=""), 0, "v4 serves all traffic")
        records = load.stop()
    lasted = time.monotonic() - began
    with _reloads(box), load:
        time.sleep(lasted)
        control = load.stop()
    _expect_served(records, "v1", "v4")
    _expect_served(control, "v4")
    lost, lost_without = (sum(record.failed for record in run) for run in (records, control))
    assert lost <= lost_without + 2, f"{lost} of {len(records)} failed with the deployment, {lost_without} of {len(control)} without"


@contextmanager
def _reloads(box: Box) -> Iterator[None]:
    """Somebody's reloads while the block runs, and not too few."""
    box.sh("rm -f /tmp/calm /tmp/calmed /tmp/reloads")
    box.write("/tmp/reloads.sh", _RELOADS)
    box.sh("setsid bash /tmp/reloads.sh > /dev/null 2>&1 &")
    try:
        yield
    finally:
        box.sh("touch /tmp/calm; until [[ -e /tmp/calmed ]]; do sleep 0.1; done")
    assert len(box.read("/tmp/reloads").splitlines()) > 4


def _take_the_workflow(box: Box, shop: Product, directory: Path) -> None:
    """Have `init` print it, see that this changed nothing and told no secret, and make what it says this product's inputs."""
    before = everything(box)
    done = shop.run(*shlex.split(_INIT[0])[2:])
    expect_end(done, 0, f"{WEB} runs {APP_NAME}:old", f"{_SHOP}:5 - {_LINE} + {_EDITED}", _STOP[1], _SECRET[0])
    expect_end(shop.run("init", from_container=WORKER), 4, f"No location of the host's NGINX leads to {WORKER}", f"{_SHOP}:5: {_LINE}")
    assert everything(box) == before
    key = shop.inputs["key"].splitlines()[1:-1]
    assert not leaks(done, (*SHOP_ENV.values(), "pa55-of-the-shop", *key))

    text = "\n".join(itertools.takewhile(bool, itertools.dropwhile(lambda line: line != "name: Deploy", done.out.splitlines()))) + "\n"
    file = directory / "deploy.yml"
    file.write_text(text)
    lint = (Path(sys.executable).with_name("jactionlint"), "--strict-exit", "--ignore", "unpinned-uses", str(file))
    linted = subprocess.run(lint, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert linted.returncode == 0, linted.stdout
    workflow = yaml.safe_load(text)
    assert workflow == yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)[0])
    secrets = {f"EC2_{name.upper()}": shop.inputs[name] for name in ("host", "key", "fingerprint")} | {"APP_ENV": box.sh_user(_SECRET[0])}
    given: dict[str, object] = workflow["jobs"]["deploy"]["steps"][1]["with"]
    shop.inputs = {name: _filled(str(value), secrets) for name, value in given.items()} | QUICK | {"context": str(APP)}


def _filled(text: str, secrets: dict[str, str]) -> str:
    """The value of an input as the runner would give it."""
    return re.sub(r"\$\{\{ secrets\.(\w+) \}\}", lambda found: secrets[found[1]], text)
