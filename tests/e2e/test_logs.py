"""`logs`: what a container on the host says, without SSH, and without its secrets."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, everything, expect_end, leaks
from tests.e2e.product import ROOT, Product

_TOKEN = "s3cr3t-t0ken-of-the-app"


def test_logs_shows_follows_and_hides(box: Box, product: Product, tmp_path: Path) -> None:
    """The last lines and what comes; a SIGINT is how following ends; the release's secrets are masked; the host is as it was."""
    product.inputs |= QUICK
    expect_end(product.deploy("v1", env=f"API_TOKEN={_TOKEN}"), 0)
    expect_end(product.deploy("v2", env=f"API_TOKEN={_TOKEN}"), 0)
    before = everything(box)

    def says(version: str, text: str) -> None:
        box.docker("exec", f"{APP_NAME}-{version}", "sh", "-c", f"echo '{text}' > /proc/1/fd/1")

    says("v2", "first words")
    says("v2", f"the token is {_TOKEN}")
    shown = product.run("logs", lines="2")
    expect_end(shown, 0, f"the log of {APP_NAME}-v2", "first words", "the token is ***")
    assert not leaks(shown, [_TOKEN])
    expect_end(product.run("logs", color="blue"), 0, f"the log of {APP_NAME}-v1")
    expect_end(product.run("logs", app="nobody"), 4, "no live container of nobody")

    words = (sys.executable, "-I", str(ROOT / "entrypoint.py"), "logs", "--json", "--lines", "1")
    (tmp_path / "json").mkdir()
    done = subprocess.run(words, cwd=ROOT, env=product.environment(tmp_path / "json"), capture_output=True, timeout=60, check=True)
    assert [line["text"] for line in json.loads(done.stdout)["lines"]] == ["the token is ***"]

    following = product.start("logs", follow="true", lines="1")
    following.wait_for("the token is")
    says("v2", "later words")
    following.wait_for("later words")
    following.process.send_signal(signal.SIGINT)
    expect_end(following.finish(20), 0, "later words", "no longer following")
    assert everything(box) == before
