"""What the tests of whole deployments share: users on a live release, and what must hold of a host after any bad day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.box import Box
from tests.e2e.product import ROOT, Done, Product
from tests.load import Kind, Load, Record, Target

__all__ = [
    "APP_NAME",
    "QUICK",
    "SECRETS",
    "Standing",
    "containers",
    "everything",
    "expect_end",
    "expect_only_raced",
    "expect_served_by",
    "leaks",
    "plain",
    "route",
    "users",
]

APP_NAME = "myexample"
QUICK = {"shift": "100%", "watch": "0s", "health-successes": "1"}
"""Inputs of a deployment that is not itself the matter of a test."""

_GENTLE = {Kind.GET: 40.0, Kind.POST: 20.0, Kind.FRESH: 10.0}
_TOKEN = "s3cr3t-t0ken-of-the-app"
_NPM = "npm_s3cr3t-of-the-build"
SECRETS = (_TOKEN, _NPM)


def users(box: Box, file: Path, *, host: str = "localhost", **rates: float) -> Load:
    """A few users of port 80, none of whom may notice anything; `stream=1` sets how many of a kind come each second."""
    wanted = {Kind(name): rate for name, rate in rates.items()} or _GENTLE
    return Load(Target(address=box.address, host=host), file, rates=wanted)


def expect_served_by(records: Iterable[Record], *versions: str) -> None:
    """Assert that these users were all answered, by these releases and all of these."""
    records = list(records)
    failed = [record for record in records if record.failed]
    assert not failed, f"{len(failed)} of {len(records)} requests failed, the first: {failed[0]}"
    assert {record.version for record in records if record.version} == set(versions)
    assert len(records) > 20, "too few users to prove anything"


def expect_only_raced(records: Iterable[Record]) -> list[Record]:
    """Assert that no user failed but one who wrote on an idle connection in the very moment in which a reload closed it; the others.

    NGINX before 1.27.4 cannot do better, and the deployment says so.
    """
    records = list(records)
    failed = [record for record in records if record.failed]
    assert all(record.race and record.reused for record in failed), failed
    assert len(failed) <= 5, f"{len(failed)} failed: {failed[0]}"
    return [record for record in records if not record.failed]


def plain(text: str) -> str:
    """Output as a person reads it: without colors, annotations unescaped, any white space one space."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace("%0A", "\n").replace("%25", "%")
    return " ".join(text.split())


def expect_end(done: Done, code: int, *words: str) -> None:
    """Assert a run's exit code and that its output has each of `words`, and no traceback of our own."""
    assert done.exit_code == code, f"exit code {done.exit_code}, not {code}:\n{done.out}"
    said = plain(done.out)
    for word in words:
        assert word in said, f"{word!r} is missing in:\n{done.out}"
    for ours in (f'File "{ROOT}', "/site-packages/", "bug of its own"):
        assert ours not in said, f"a traceback reached the user:\n{done.out}"


def leaks(done: Done, secrets: Iterable[str]) -> list[str]:
    """Where a secret occurs in what a run left: its output (but for the lines that make a runner mask it), summary, outputs, reports."""
    texts = {"output": "\n".join(line for line in done.out.splitlines() if not line.startswith("::add-mask::"))}
    for file in done.outputs_file.parent.rglob("*"):
        if file.is_file() and file.name != "log.txt":
            texts[file.name] = file.read_text(errors="replace")
    return [f"{secret[:4]}… in {where}" for where, text in texts.items() for secret in secrets if secret in text]


def containers(box: Box, app: str = APP_NAME) -> list[str]:
    """The app's containers, running or not, each as `NAME STATE ID STARTED`, by name; nothing that a stage forgot escapes it."""
    ids = box.docker("ps", "-aq", "--no-trunc", "--filter", f"label=bluegreen.app={app}").split()
    form = "{{.Name}} {{.State.Status}} {{.Id}} {{.State.StartedAt}}"
    return sorted(line.removeprefix("/") for line in box.docker("inspect", "-f", form, *ids).splitlines()) if ids else []


def everything(box: Box, app: str = APP_NAME) -> list[str]:
    """All that a deployment could touch on the host: containers, networks, images, NGINX's processes, and every file down to its inode."""
    return sorted(
        box.sh(
            "docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}'; docker network ls -q --no-trunc;"
            " docker images -aq --no-trunc; docker inspect -f '{{.State.StartedAt}} {{.RestartCount}}' $(docker ps -aq) 2>/dev/null;"
            " pgrep -x nginx; find /etc/nginx /etc/logrotate.d /etc/tmpfiles.d /etc/sudoers.d /run/bluegreen /var/lib/bluegreen -mindepth 1"
            rf" ! -path /var/lib/bluegreen/apps/{app} -printf '%p %i %T@ %C@ %m %u %l\n' 2>/dev/null; true"
        ).splitlines()
    )


def route(box: Box, app: str = APP_NAME) -> tuple[str, str]:
    """The splits that are armed and committed, each `-` where there is no link."""
    links = (f"/run/bluegreen/{app}", f"/var/lib/bluegreen/apps/{app}/traffic")
    armed, committed = (box.sh(f"readlink {link} || echo -").rsplit("/", 1)[-1] for link in links)
    return armed, committed


class Standing:
    """v1 of the test application, live on the box, which has to outlive every bad day of its successors."""

    def __init__(self, box: Box, directory: Path, **inputs: str) -> None:
        self.box = box
        self.product = Product(box, directory)
        self.product.inputs |= {"env": f"SECRET_TOKEN={_TOKEN}", "build-secrets": f"npm={_NPM}", **QUICK, **inputs}
        self._directory = directory
        self._days = 0
        first = self.product.deploy("v1")
        assert first.exit_code == 0, first.out
        self.as_it_was = containers(box)

    def expect_bad_day(self, code: int, *words: str, version: str = "v2", bad: str = "", **inputs: str) -> Done:
        """Deploy something bad with users on v1, and assert how it ends: for the reader, for the users, on the host."""
        return self.expect_through(lambda: self.product.deploy(version, bad=bad, timeout=60, **inputs), code, *words)

    def expect_through(self, run: Callable[[], Done], code: int, *words: str) -> Done:
        """The same for any run."""
        self._days += 1
        with users(self.box, self._directory / f"day-{self._days}.jsonl") as load:
            done = run()
            records = load.stop()
        expect_end(done, code, *words)
        self.expect_untouched(done)
        expect_served_by(records, "v1")
        return done

    def expect_untouched(self, done: Done) -> None:
        """Assert that v1 is the very container it was and all there is, that traffic is its own, and that no secret got out."""
        assert containers(self.box) == self.as_it_was, done.out
        armed, committed = route(self.box)
        assert (armed, committed) in {("000", "000"), ("-", "000")}, done.out
        assert done.outputs["result"] == "failed"
        key = self.product.inputs["key"].splitlines()[1:-1]
        assert not leaks(done, (*SECRETS, *(line for line in key if len(line) > 20)))
