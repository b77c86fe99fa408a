"""From an environment and a command line to one frozen `Ask`, or to every reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bluegreen import __version__
from bluegreen.errors import BadInput
from bluegreen.inputs.ask import make_ask
from bluegreen.inputs.field import TYPED
from bluegreen.inputs.flags import read_flags
from bluegreen.inputs.help import help_text
from bluegreen.inputs.model import Inputs, described, normalized, read_inputs
from bluegreen.inputs.world import commit_of, read_key_file
from bluegreen.model.ask import Ask

__all__ = ["Help", "understand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Nothing is to be done but to print this."""

    text: str


def understand(
    environ: Mapping[str, str],
    argv: Sequence[str],
    *,
    commit: Callable[[Path], str] = commit_of,
    read_key: Callable[[str], str] = read_key_file,
) -> Ask | Help:
    """What is asked for. A flag wins over its variable. Raises `BadInput` with all problems at once."""
    flags = read_flags(argv, described(), read_key)
    if flags.help:
        return Help(text=help_text(flags.given.get("INPUT_COMMAND", "")))
    if flags.version:
        return Help(text=f"bluegreen-action {__version__}")
    problems = list(flags.problems)
    if normalized(environ).get("INPUT_COMMAND") in {command.value for command in TYPED} and "INPUT_COMMAND" not in flags.given:
        problems.append("`command`: `init` is for the command line only, since its answer is for a person: `python entrypoint.py init …`")
    inputs: Inputs | None = None
    try:
        inputs = read_inputs(normalized(environ) | normalized(flags.given))
    except BadInput as error:
        problems += error.problems
    if inputs is not None:
        try:
            ask = make_ask(inputs, environ, commit)
        except BadInput as error:
            problems += error.problems
        else:
            if not problems:
                return replace(ask, control=replace(ask.control, json=flags.json))
    todo = "`--help` lists every flag." if argv else "Correct the `with:` block of the step. On a command line, `--help` lists every flag."
    raise BadInput(problems, todo=todo)
