"""The few things around the inputs that are looked up on the runner: a key file, and the commit of a checkout."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

__all__ = ["commit_of", "read_key_file"]

_SHORT = 7
_LARGEST_KEY = 65536
_GIT_SECONDS = 10


def read_key_file(path: str) -> str:
    """The text of a private key's file, or of standard input for `-`. Raises ValueError, also when others may read the file."""
    if path == "-":
        return sys.stdin.read(_LARGEST_KEY)
    file = Path(path)
    try:
        mode = file.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise ValueError(f"`{path}` can be read by others: `chmod 600 {path}`")
        return file.read_bytes()[:_LARGEST_KEY].decode("utf-8", "replace")
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read: {error.strerror or type(error).__name__}") from None


def commit_of(folder: Path) -> str:
    """The short commit that is checked out in a folder, or nothing where there is none or no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--verify", "--quiet", "HEAD"],  # noqa: S607
            capture_output=True, timeout=_GIT_SECONDS, check=False, text=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()[:_SHORT] if done.returncode == 0 else ""
