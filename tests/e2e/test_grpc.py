"""`protocol: grpc`: calls of every shape through a shift, and what condemns a release whose HTTP status is always 200."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.box import Box
from tests.box.wheels import context_with_wheels
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.deploying import APP_NAME, QUICK, expect_end
from tests.e2e.product import ROOT, Product

_NAME = "shop.example.test"
_DRAIN = 4.0
_USERS = "grpc-users"


@contextmanager
def _users(box: Box) -> Iterator[list[dict[str, Any]]]:
    """Users on the box, who leave at the end of the block; then the list holds their calls."""
    mount = ("-v", f"{CERTIFICATE}:/certificate.pem:ro")
    box.docker("run", "-d", "--name", _USERS, "--network", "host", *mount, "myexample:v1", "python", "users.py", _NAME, "/certificate.pem")
    calls: list[dict[str, Any]] = []
    try:
        box.sh(f"for i in {{1..100}}; do docker logs {_USERS} | grep -q unary && exit 0; sleep 0.1; done; exit 1")
        yield calls
        box.docker("stop", "-t", "15", _USERS)
        calls += [json.loads(line) for line in box.docker("logs", _USERS).splitlines() if line.startswith("{")]
    finally:
        box.docker("rm", "-f", _USERS)


def test_calls_of_every_shape_survive_a_shift_and_their_own_statuses_decide(box: Box, product: Product, tmp_path: Path) -> None:
    """None fails, streams stay with their release; one whose calls end in INTERNAL goes back, one that does not serve gets nobody."""
    self_signed(box, _NAME)
    context = context_with_wheels(box.engine, ROOT / "tests" / "box" / "grpc", tmp_path / "context")
    product.inputs |= {
        **QUICK,
        "protocol": "grpc",
        "context": str(context),
        "health-path": "/test.Shop",
        "server-name": _NAME,
        "tls-certificate": CERTIFICATE,
        "tls-certificate-key": KEY,
        "drain-timeout": f"{_DRAIN:g}s",
    }
    expect_end(product.deploy("v1"), 0, "good answers in a row to grpc.health.v1 of /test.Shop", f"reaches {APP_NAME}-v1")
    with _users(box) as calls:
        running = product.start_deploy("v2", shift="50% 3s", watch="1s")
        running.wait_for("committed: ")
        committed = float(box.sh("date +%s.%N"))
        expect_end(running.finish(), 0, "v2 serves all traffic", "still open after `drain-timeout`")
    (chat,) = (call for call in calls if call["kind"] == "chat")
    assert chat["versions"] == ["v1"]
    assert chat["end"] > committed + _DRAIN
    assert [call for call in calls if call["error"] and call is not chat] == []
    for kind, most in (("unary", 1), ("stream", 20)):
        one = [call for call in calls if call["kind"] == kind]
        assert {call["count"] for call in one} == {most}
        assert {tuple(call["versions"]) for call in one} == {("v1",), ("v2",)}

    with _users(box) as calls:
        done = product.deploy("v3", bad="fail=3", shift="50% 20s")
    expect_end(done, 8, "misbehaved at 50 % of the traffic: it failed", "POST /test.Shop/Unary answered 500", "v2 serves all traffic")
    assert {call["error"] for call in calls if call["error"]} == {"INTERNAL: a bad day"}
    sick = product.deploy("v4", bad="sick", health_timeout="1s")
    expect_end(sick, 7, "grpc.health.v1 of /test.Shop answered 503", "it says that it does not serve", "v2 serves all traffic")
    expect_end(product.run("status"), 0, "v2 serves all traffic")
