"""Runs the user's smoke test on this machine, with a URL that leads to the candidate."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bluegreen.host import Clock
from bluegreen.host.child import run_child

__all__ = ["run_smoke_test"]

_OURS = re.compile(r"INPUT_.*", re.IGNORECASE)
_PROXY = re.compile(r"(?:http|https|all)_proxy", re.IGNORECASE)


def run_smoke_test(
    script: str, url: str, environment: Mapping[str, str], clock: Clock, on_line: Callable[[str], None], *, timeout: float
) -> int | None:
    """Its exit status, None when time was up; then it was ended with all that it had started.

    It is run as a workflow's own `run:` is: a file for bash, which stops at the first command that fails.
    """
    with tempfile.TemporaryDirectory(prefix="bluegreen-smoke-") as private:
        file = Path(private) / "smoke-test.sh"
        file.touch(mode=0o600)
        file.write_text(f"{script}\n")
        bash = shutil.which("bash", path=environment.get("PATH"))
        shell = (bash, "--noprofile", "--norc", "-e", "-o", "pipefail") if bash else ("sh", "-e")
        try:
            return run_child((*shell, str(file)), _environment(environment, url), clock, on_line, timeout=timeout)
        except TimeoutError:
            return None


def _environment(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """Ours, without our inputs, which hold secrets; a runner behind a proxy is told that this URL is on its own side of it."""
    own = {name: value for name, value in environment.items() if not _OURS.fullmatch(name)}
    if any(_PROXY.fullmatch(name) for name in own):
        direct = ",".join(filter(None, (own.get("no_proxy") or own.get("NO_PROXY", ""), "127.0.0.1")))
        own |= {"no_proxy": direct, "NO_PROXY": direct}
    return {**own, "BLUEGREEN_PREVIEW_URL": url}
