"""No input is decoration: each goes into the `Ask`, and each part of the `Ask` is read by what deploys."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from bluegreen.inputs.model import Inputs, described
from bluegreen.model.ask import Ask
from tests.flow.reads import Reads

ROOT = Path(__file__).resolve().parents[2] / "bluegreen"
DOING = ("model", "commands", "stages", "decide", "host", "report")
# One value each until there is a second way: the value itself is checked, and there is nothing else to read.
SINGLE_CHOICE = {"source"}


def parts(kind: type) -> Iterator[type]:
    """The class and the classes of its fields, all of them dataclasses."""
    yield kind
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and is_dataclass(inner):
                yield from parts(inner)


def unread(kind: type, found: set[tuple[str, str]]) -> set[str]:
    """The fields of the class and of its parts that nothing reads."""
    return {f"{part.__name__}.{one.name}" for part in parts(kind) for one in fields(part) if (part.__name__, one.name) not in found}


def test_every_part_of_what_was_asked_is_read_by_what_deploys() -> None:
    """An input that is parsed and then forgotten would be found here."""
    reading = [file for room in DOING for file in (ROOT / room).rglob("*.py")]
    found = Reads(ROOT.rglob("*.py"), [*reading, ROOT / "__main__.py"]).found
    assert unread(Ask, found) == set()


def test_every_input_goes_into_what_is_asked() -> None:
    """Or is a choice of one."""
    source = ast.parse((ROOT / "inputs" / "ask.py").read_text())
    read = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "inputs"}
    assert read == set(Inputs.model_fields) - SINGLE_CHOICE
    assert {one.name for one in described()} == {name.replace("_", "-") for name in Inputs.model_fields}


@pytest.mark.parametrize("name", sorted(SINGLE_CHOICE))
def test_a_choice_of_one_refuses_everything_else(name: str) -> None:
    """So that nobody believes that a way is there which is not."""
    with pytest.raises(Exception, match=f"(?s){name}.*is not there yet"):
        Inputs({f"INPUT_{name.upper()}": "another"})


@pytest.mark.parametrize(
    "source",
    [
        "def f(a: Pair) -> None:\n    g(a.used)",
        "def f(job: Job) -> None:\n    pair, x = job.pair, 1\n    g(pair.used)",
        "class C:\n  def __init__(self, job: Job) -> None:\n    self._job = job\n  def m(self) -> None:\n    g(self._job.pair.used)",
        "def f(a: list[Pair]) -> None:\n    g(one.used for one in a)",
        "def f(a: Pair, b: Other) -> None:\n    g(a.used, b.unused)",
        "def f(a: Pair) -> None:\n    a.unused = a.used",
    ],
)
def test_the_search_follows_types_and_not_names(source: str, tmp_path: Path) -> None:
    """The same name of another class, or a write, is no read."""
    declared, reading = tmp_path / "declared.py", tmp_path / "reading.py"
    declared.write_text("class Pair:\n    used: int\n    unused: int\nclass Other:\n    unused: int\nclass Job:\n    pair: Pair\n")
    reading.write_text(source)
    found = Reads([declared, reading], [reading]).found
    assert ("Pair", "used") in found
    assert ("Pair", "unused") not in found
