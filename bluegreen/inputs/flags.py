"""The command line. A flag stands for the variable of the same input, so that both ways mean the same by construction.

pydantic-settings can read a command line too, and was tried: it takes the value `null` for nothing, gives every secret a flag that
takes its value, and its message about an unknown flag repeats what follows, which may be a secret.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bluegreen.inputs.field import Described, Kind, kebab
from bluegreen.model.ask import Command

__all__ = ["Flags", "read_flags"]

_OURS = ("--help", "--json", "--key-file")
_BOOLS = {"true", "false", "yes", "no", "on", "off"}


@dataclass(slots=True, kw_only=True)
class Flags:
    """What a command line says: inputs by the names of their variables, and the words that are no inputs."""

    given: dict[str, str] = field(default_factory=dict)
    json: bool = False
    help: bool = False
    version: bool = False
    problems: list[str] = field(default_factory=list)


def read_flags(argv: Sequence[str], inputs: Iterable[Described], read_key: Callable[[str], str]) -> Flags:
    """Read the words after the program's name. `read_key` is given the value of `--key-file` and raises ValueError."""
    known = {f"--{one.name}": one for one in inputs if one.name != "command"}
    flags = Flags()
    rest = deque(argv)
    if rest and not rest[0].startswith("-"):
        _command(rest.popleft(), flags)
    while rest:
        word = rest.popleft()
        if word == "-h":
            word = "--help"
        if not word.startswith("-"):
            flags.problems.append("a word stands alone on the command line, and every value needs its flag before it; is a quote missing?")
            continue
        name, equals, value = word.partition("=")
        name = kebab(name)
        attached = value if equals else None
        if name in _OURS or (word == "--version" and not rest):
            _own(name, attached, rest, flags, read_key)
        elif name in known:
            _input(known[name], attached, rest, flags, set(known))
        elif name.startswith("--no-") and (one := known.get(f"--{name[5:]}")) and one.kind is Kind.SWITCH:
            flags.given[one.env] = "false"
        else:
            _unknown(name, attached, rest, flags, known)
    return flags


def _command(word: str, flags: Flags) -> None:
    names = [command.value for command in Command]
    if word in names:
        flags.given["INPUT_COMMAND"] = word
        return
    near = get_close_matches(word, names, n=1)
    # A word that resembles no command may be anything, also a secret whose flag was forgotten.
    flags.problems.append(f"the first word is none of the commands {', '.join(names)}{f'; did you mean `{near[0]}`?' if near else ''}")


def _own(name: str, attached: str | None, rest: deque[str], flags: Flags, read_key: Callable[[str], str]) -> None:
    if name != "--key-file":  # --version with a value is the input; alone and last it asks for ours
        if attached is not None:
            flags.problems.append(f"`{name}` takes no value")
        setattr(flags, name[2:], True)
        return
    path = attached if attached is not None else _next(rest)
    if not path:
        flags.problems.append("`--key-file` needs the path of a private key, or `-` for standard input")
        return
    try:
        flags.given["INPUT_KEY"] = read_key(path)
    except ValueError as error:
        flags.problems.append(f"`--key-file`: {error}")


def _input(one: Described, attached: str | None, rest: deque[str], flags: Flags, known: set[str]) -> None:
    if one.kind is Kind.SECRET:
        if attached is None:
            _skip_value(rest)
        ways = {"key": " or `--key-file FILE`", "env": " or `--env-file FILE`"}.get(one.name, "")
        flags.problems.append(f"`--{one.name}` is no flag, since a command line is no place for a secret: set {one.env}{ways}")
        return
    if one.kind is Kind.SWITCH and attached is None:
        attached = rest.popleft() if rest and rest[0].lower() in _BOOLS else "true"
    if attached is None:
        follows = kebab(rest[0].partition("=")[0]) if rest else ""
        attached = None if not rest or follows in known or follows in _OURS else rest.popleft()
    if attached is None:
        flags.problems.append(f"`--{one.name}` needs a value")
    elif one.env not in flags.given:
        flags.given[one.env] = attached
    elif one.kind is Kind.LIST:
        flags.given[one.env] += f"\n{attached}"
    else:
        flags.problems.append(f"`--{one.name}` is given more than once")


def _unknown(name: str, attached: str | None, rest: deque[str], flags: Flags, known: dict[str, Described]) -> None:
    if attached is None:
        _skip_value(rest)
    shown = name if re.fullmatch(r"--?[a-z][a-z0-9-]{0,30}", name) else "a word that begins with `-`"
    said = f"`{shown}`" if shown == name else shown
    near = get_close_matches(name, [*known, *_OURS], n=1, cutoff=0.7)
    meant = known.get(near[0]) if near else None
    hint = near[0] if near else ""
    if meant is not None and meant.kind is Kind.SECRET:
        hint = "--key-file" if meant.name == "key" else meant.env
    flags.problems.append(f"{said} is not a flag{f'; did you mean `{hint}`?' if hint else ''}")


def _skip_value(rest: deque[str]) -> None:
    """What follows an unknown flag was meant as its value, and is dropped unseen."""
    if rest and not rest[0].startswith("--"):
        rest.popleft()


def _next(rest: deque[str]) -> str:
    return rest.popleft() if rest else ""
