"""Texts: words of a command, lines, regular expressions, and the way several problems of one input are told together."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from typing import TypeVar

__all__ = [
    "Named",
    "choice",
    "command",
    "flag",
    "gather",
    "lines",
    "one_line",
    "pattern",
    "patterns",
    "process_name",
    "processes",
    "script",
]

Named = tuple[str, tuple[str, ...]]
"""A name and the words of a command."""

T = TypeVar("T")

_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}
_PROCESS = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?", re.ASCII)
_TAKEN = {"web", "release-command"}
_SHELL = {"&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"}


def gather(parse: Callable[[str], T], words: Iterable[str]) -> list[T]:
    """Parse every word, and raise one ValueError that holds the problems of all of them, one a line."""
    values, problems = [], []
    for word in words:
        try:
            values.append(parse(word))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return values


def lines(text: str) -> list[str]:
    """The lines that say something: neither empty nor a `#` comment."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def flag(text: str) -> bool:
    """Yes or no, as YAML and people spell it."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"`{text.strip()}` is neither `true` nor `false`")
    return word in _YES


def command(text: str) -> tuple[str, ...]:
    """The words of a command, split as a shell would, but run by none. Line breaks are spaces."""
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("its quotes do not match") from None
    operators = sorted(_SHELL.intersection(words))
    if operators:
        raise ValueError(f"`{operators[0]}` needs a shell, and none runs this command: write `sh -c '…'`")
    return words


def processes(text: str) -> tuple[Named, ...]:
    """Named commands, `name: command`, one a line."""
    found = tuple(gather(_process, lines(text)))
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"`{twice[0]}` is there twice; give each process a name of its own")
    return found


def process_name(text: str) -> str:
    """The name of one of the `processes`, or nothing."""
    word = text.strip()
    if word and _PROCESS.fullmatch(word) is None:
        raise ValueError(f"`{word}` is no name of a process: up to 30 of a-z, 0-9 and `-`, a letter first and no `-` last")
    return word


def _process(line: str) -> Named:
    name, colon, text = line.partition(":")
    if not colon or _PROCESS.fullmatch(name.strip()) is None:
        raise ValueError(
            f"`{line}` is no `name: command`, such as `worker: python worker.py`, with up to 30 of a-z, 0-9 and `-` in its name"
        )
    if name.strip() in _TAKEN:
        raise ValueError(f"`{name.strip()}` cannot name a process: it has a meaning of its own")
    try:
        words = command(text)
    except ValueError as error:
        raise ValueError(f"`{name.strip()}`: {error}") from None
    if not words:
        raise ValueError(f"`{name.strip()}` has no command")
    return name.strip(), words


def pattern(text: str) -> str:
    """One regular expression in Python's syntax, or nothing."""
    word = text.strip()
    try:
        re.compile(word)
    except re.error as error:
        raise ValueError(f"`{word}` is no regular expression: {error.msg} at position {error.pos}") from None
    return word


def patterns(text: str) -> tuple[str, ...]:
    """Regular expressions, one a line."""
    return tuple(gather(pattern, [line.strip() for line in text.splitlines() if line.strip()]))


def one_line(text: str) -> str:
    """Free text without control characters."""
    word = text.strip()
    if re.search(r"[\x00-\x1f\x7f]", word):
        raise ValueError("it holds a line break or another control character")
    return word


def script(text: str) -> str:
    """A shell script as it is written, without the white space around it."""
    if "\0" in text:
        raise ValueError("it holds a zero byte")
    return text.replace("\r\n", "\n").strip()


def choice(*words: str) -> Callable[[str], str]:
    """A parser that takes one of these words only."""

    def parse(text: str) -> str:
        word = text.strip()
        if word not in words:
            raise ValueError(
                f"`{word}` is none of: {', '.join(words)}" if len(words) > 1 else f"`{word}` is not there yet, only `{words[0]}` is"
            )
        return word

    return parse
