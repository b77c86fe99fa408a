"""Reads `container-options`: docker-run words, of which only those pass that cannot undo what a deployment promises.

`option_words` splits the input's text, `option_problems` says all that is wrong with it, and `parse_options` gives the frozen values the
engine's room hands to Docker.
"""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bluegreen.errors import BadInput
from bluegreen.model.option_list import ALLOWED, REFUSED, SHORT, Kind, Option
from bluegreen.model.option_values import Gpus, Ulimit

__all__ = ["HostOptions", "option_problems", "option_words", "parse_options"]

_ALONE = frozenset({"--detach", "--interactive", "--publish-all", "--quiet", "--tty"})
"""Options whose letter may stand before others, as in `-it`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """The options that were given; a default stands for one that was not. Sizes are bytes, durations seconds."""

    hosts: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    cpu_shares: int = 0
    cpuset_cpus: str = ""
    devices: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    entrypoint: str = ""
    gpus: Gpus | None = None
    groups: tuple[str, ...] = ()
    health_command: str = ""
    health_interval: float = 0.0
    health_retries: int = 0
    health_start_period: float = 0.0
    health_timeout: float = 0.0
    hostname: str = ""
    init: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    log_driver: str = ""
    log_options: tuple[tuple[str, str], ...] = ()
    memory_reservation: int = 0
    no_healthcheck: bool = False
    oom_score_adj: int = 0
    pids_limit: int = 0
    read_only: bool = False
    runtime: str = ""
    security: tuple[str, ...] = ()
    shm_size: int = 0
    stop_signal: str = ""
    sysctls: tuple[tuple[str, str], ...] = ()
    tmpfs: tuple[tuple[str, str], ...] = ()
    tty: bool = False
    ulimits: tuple[Ulimit, ...] = ()
    user: str = ""
    workdir: str = ""


def option_words(text: str) -> tuple[str, ...]:
    """The words of the input, split as a shell would; a line that begins with `#` is a comment. ValueError for an open quote."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    # shlex's own comments would also cut a `#` inside a word, as in `--label color=#fff`.
    return tuple(word for word in shlex.split("\n".join(lines)) if word.strip())


def option_problems(text: str) -> list[str]:
    """Everything that is wrong with the input `container-options`, one sentence each; empty when it can be used."""
    try:
        words = option_words(text)
    except ValueError:
        return ["container-options: a quote is opened and never closed."]
    return _read(words)[1]


def parse_options(words: Sequence[str]) -> HostOptions:
    """The values of words that passed `option_problems`. Raises `BadInput` with every problem when they would not pass."""
    options, problems = _read(words)
    if problems:
        raise BadInput(problems)
    return options


def _read(words: Sequence[str]) -> tuple[HostOptions, list[str]]:
    """All options that can be read, and a sentence about each word that cannot."""
    given: dict[str, object] = {}
    problems: list[str] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if not word.startswith("-") or word in {"-", "--"}:
            problems.append(f"container-options: '{word}' is no option; what the container runs goes to container-command.")
            continue
        for name, attached in _names(word):
            option = ALLOWED.get(name)
            problem = _refusal(name) if option is None else _take(option, attached, rest, given)
            if problem:
                problems.append(f"container-options: {name} {problem}.")
            if option is None and attached is None and rest and not rest[0].startswith("-"):
                rest.popleft()  # the refused option's value, which may be a secret: not named
    return HostOptions(**given), problems  # type: ignore[arg-type]  # the table's checks give each field its type


def _names(word: str) -> Iterator[tuple[str, str | None]]:
    """The long names in one word, each with the value attached to it. `-it` holds two, `-u1000` one with its value."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        yield name, value if equals else None
        return
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = SHORT.get(f"-{letter}", f"-{letter}")
        if letters and not letters.startswith("=") and name in _ALONE:
            yield name, None
            continue
        yield name, letters.removeprefix("=") if letters else None
        return


def _refusal(name: str) -> str:
    """Why an option is refused, as the rest of a sentence that began with its name."""
    if name in REFUSED:
        return f"is refused: {REFUSED[name]}"
    near = get_close_matches(name, ALLOWED, n=1, cutoff=0.8)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"is not among the options that can be used{hint}; the README lists them"


def _take(option: Option, attached: str | None, rest: deque[str], given: dict[str, object]) -> str:
    """Put one option's value where it belongs; what is wrong with it, as the rest of a sentence, or nothing."""
    if option.kind is Kind.SWITCH:
        if attached not in {None, "true", "false"}:
            return "is a switch and takes no value"
        given[option.field] = attached != "false"
        return ""
    if attached is None:
        if not rest:
            return "wants a value"
        attached = rest.popleft()
    try:
        value = option.check(attached)
    except ValueError as error:
        return f"{error}, not '{attached}'"
    if option.kind is Kind.MANY:
        before = given.get(option.field, ())
        given[option.field] = (*before, value) if isinstance(before, tuple) else (value,)
    else:
        given[option.field] = value
    return ""
