"""Writes the inputs, from the one model of them, into action.yml and the README; with `--check` it only says what differs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bluegreen.inputs.field import Described, Kind  # noqa: E402 — the line above finds it
from bluegreen.inputs.model import described  # noqa: E402


def action_inputs(inputs: Iterable[Described]) -> Iterator[str]:
    """The `inputs:` of action.yml."""
    for one in inputs:
        yield f"  {one.name}:"
        yield f"    description: {json.dumps(_sentence(one), ensure_ascii=False)}"
        if one.required:
            yield "    required: true"
        elif one.default:
            yield f"    default: {json.dumps(one.default)}"


def action_env(inputs: Iterable[Described]) -> Iterator[str]:
    """The `env:` of action.yml's deploying step."""
    return (f"        {one.env}: ${{{{ inputs.{one.name} }}}}" for one in inputs)


def readme_table(inputs: Iterable[Described]) -> Iterator[str]:
    """The README's table."""
    for group, members in groupby(inputs, key=lambda one: one.group):
        yield f"\n**{group}**\n\n| input | default | what it is |\n|---|---|---|"
        for one in members:
            default = "*required*" if one.required else f"`{one.default}`" if one.default else one.otherwise or " "
            text = one.text.replace("|", "\\|")
            yield f"| `{one.name}` | {default} | {'secret. ' if one.kind is Kind.SECRET else ''}{text}{_one_a_line(one)} |"


def synced(path: Path, text: str) -> str:
    """The file's text with every block of ours written anew. Raises ValueError when one is missing."""
    inputs = [one for one in described() if not one.typed]
    for name, write in _blocks(path):
        body = "\n".join(write(inputs)).lstrip("\n") + "\n"
        pattern = rf"(?P<begin>(?:#|<!--) tools/sync_inputs\.py writes {name}(?: -->)?\n)(?P<body>.*?)(?P<end> *(?:#|<!--) end of {name}\b)"
        text, found = re.subn(pattern, lambda block, body=body: f"{block['begin']}{body}{block['end']}", text, flags=re.DOTALL)  # type: ignore[misc]
        if found != 1:
            raise ValueError(f"{path.name} has {found} blocks '{name}', and needs one")
    return text


def _blocks(path: Path) -> list[tuple[str, Callable[[Iterable[Described]], Iterator[str]]]]:
    if path.name == "README.md":
        return [("the table of inputs", readme_table)]
    return [("the inputs", action_inputs), ("the environment", action_env)]


def _sentence(one: Described) -> str:
    default = f" Default: {one.otherwise}." if one.otherwise else ""
    return f"{one.text}{_one_a_line(one)}{default}"


def _one_a_line(one: Described) -> str:
    plural = one.kind is Kind.LIST or one.name in {"env", "build-secrets"}
    return " One a line." if plural and "line" not in one.text else ""


def main(argv: list[str]) -> int:
    """Write, or with `--check` compare; 1 when something differs."""
    differs = []
    for path in (ROOT / "action.yml", ROOT / "README.md"):
        text = path.read_text(encoding="utf-8")
        wanted = synced(path, text)
        if wanted != text:
            differs.append(path.name)
            if "--check" not in argv:
                path.write_text(wanted, encoding="utf-8")
    if differs:
        print(f"{' and '.join(differs)} {'differ from the model' if '--check' in argv else 'written'}")
    return 1 if differs and "--check" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
