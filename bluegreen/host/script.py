"""Runs the bash scripts of this folder on the host: they travel on standard input, so a process list shows one short line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Script", "load_script"]

_SCRIPTS = Path(__file__).parent / "scripts"
# `exec`, so that the process's parent is its sshd session itself; -N counts characters, and LC_ALL=C makes them bytes.
# `&&`: when the connection breaks on the way, half a script must not run.
_LOADER = 'IFS= read -r -N "$1" s && eval "$s"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script ready to run: `argv` starts a bash that reads the text, which the caller sends first, and then its own input."""

    name: str
    text: bytes

    def argv(self, *arguments: str, root: bool = True) -> tuple[str, ...]:
        """The command for a user who is root, or else through `sudo -n`. In the script `$2` is the first of the arguments."""
        sudo = () if root else ("sudo", "-n")
        return ("exec", *sudo, "env", "LC_ALL=C", "bash", "-c", _LOADER, self.name, str(len(self.text)), *arguments)


def load_script(name: str, *files: str) -> Script:
    """The files joined in this order."""
    text = b"\n".join((_SCRIPTS / file).read_bytes() for file in files)
    return Script(name=name, text=text)
