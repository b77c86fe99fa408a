"""`NAME=value` lines: environments, build arguments, build secrets. Their values are secrets, so no problem here repeats a line."""

from __future__ import annotations

import re

__all__ = ["build_args", "build_secrets", "environment"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

Pairs = tuple[tuple[str, str], ...]


def environment(text: str) -> Pairs:
    """Docker's own env-file syntax: a value is taken as it stands, quotes included; `#` begins a comment only at a line's start.

    https://docs.docker.com/reference/cli/docker/container/run/#env
    """
    numbered = [(number, line.lstrip(" \t")) for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1)]
    return _pairs([(number, line) for number, line in numbered if line.strip() and not line.startswith("#")], _NAME, "a variable")


def build_args(text: str) -> Pairs:
    """Build arguments, one a line; a line break goes into a value whose whole `"NAME=value"` is in double quotes."""
    return _pairs(_records(text), _VARIABLE, "a build argument")


def build_secrets(text: str) -> Pairs:
    """Build secrets as docker/build-push-action takes them: `id=value`, or `"id=value"` over several lines with `""` for a quote."""
    return _pairs(_records(text), _NAME, "a secret")


def _pairs(numbered: list[tuple[int, str]], form: re.Pattern[str], what: str) -> Pairs:
    pairs: dict[str, str] = {}
    problems = []
    for number, line in numbered:
        name, equals, value = line.partition("=")
        if not equals:
            yaml = ", and in YAML's `NAME: value` the colon has to become one" if re.match(r"[A-Za-z_]\w*:", line) else ""
            problems.append(f"line {number} is no `NAME=value`: it has no `=`{yaml}")
        elif name.startswith("export "):
            problems.append(f"line {number} begins with `export`, which only a shell understands: leave that word away")
        elif name != name.rstrip() and form.fullmatch(name.rstrip()):
            problems.append(f"line {number}: no space may stand before the `=`, and one after it is part of the value")
        elif form.fullmatch(name) is None:
            problems.append(f"line {number}: what stands before the `=` is no name of {what}")
        elif "\0" in value:
            problems.append(f"line {number} (`{name}`): its value holds a NUL character")
        else:
            # The last one wins, in its own place, as docker does it.
            pairs.pop(name, None)
            pairs[name] = value
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(pairs.items())


def _records(text: str) -> list[tuple[int, str]]:
    """The records of a list whose items may be quoted over several lines, each with the number of its first line."""
    records: list[tuple[int, str]] = []
    open_at, parts = 0, [""]
    for number, line in enumerate(text.splitlines(), 1):
        if not open_at:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if not line.lstrip().startswith('"'):
                records.append((number, line.strip()))
                continue
            open_at, parts = number, [line.lstrip()[1:]]
        else:
            parts.append(line)
        if re.search(r'(?<!")(?:"")*"\s*\Z', parts[-1]):
            records.append((open_at, "\n".join(parts).rstrip()[:-1].replace('""', '"')))
            open_at = 0
    if open_at:
        raise ValueError(f'the double quote that opens line {open_at} is never closed: a quote inside is written `""`')
    return records
