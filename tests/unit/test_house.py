"""The house keeps its own rules: sizes, opening sentences, a lock that names no registry, and docs that do not lag behind."""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluegreen import errors
from bluegreen.model.option_list import ALLOWED

_ROOT = Path(__file__).resolve().parents[2]
_ROOMS = ("bluegreen", "tests", "demo", "tools", "bench", "examples", "templates")
_CODE = (".py", ".sh", ".j2")
_LONGEST_FILE = 250
_LONGEST_FUNCTION = 40
_IMPORT = re.compile(r"^ *(?:from|import) (\w+)", re.MULTILINE)
_DEF = re.compile(r"(?:async )?def (\w+)")


@functools.cache
def _found(room: str) -> tuple[Path, ...]:
    names = [Path(folder, name) for folder, _, names in os.walk(_ROOT / room) for name in names if name.endswith(_CODE)]
    return tuple(sorted(path for path in names if "__pycache__" not in path.parts))


def _files(*suffixes: str) -> Iterator[Path]:
    return (path for room in _ROOMS for path in _found(room) if path.suffix in suffixes)


@functools.cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@functools.cache
def _functions(path: Path) -> list[tuple[str, int, int]]:
    """Name, first and last line of each function, by indentation: parsing all files would take longer than all other tests."""
    return list(_indented(_lines(path)))


def _indented(lines: list[str]) -> Iterator[tuple[str, int, int]]:
    opened: list[tuple[str, int, int]] = []
    last = 0
    for number, line in enumerate(lines, start=1):
        text = line.lstrip()
        if not text:
            continue
        indent = len(line) - len(text)
        while opened and indent <= opened[-1][1] and not text.startswith(")"):
            name, _, first = opened.pop()
            yield name, first, last
        if found := _DEF.match(text):
            opened.append((found[1], indent, number))
        last = number
    yield from ((name, first, last) for name, _, first in opened)


def test_a_file_can_be_read_in_a_sitting() -> None:
    """No file of ours has more than 250 lines."""
    lengths = {str(path.relative_to(_ROOT)): len(_lines(path)) for path in _files(*_CODE)}
    assert {name: length for name, length in lengths.items() if length > _LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    """No function has more than 40 lines, its signature and docstring included."""
    long = {
        f"{path.relative_to(_ROOT)}:{first} {name}": last - first + 1
        for path in _files(".py")
        for name, first, last in _functions(path)
        if last - first + 1 > _LONGEST_FUNCTION
    }
    assert long == {}


def test_every_test_states_a_behaviour() -> None:
    """A test has a docstring, for its name alone is a caption."""
    silent = [
        f"{path.relative_to(_ROOT)} {name}"
        for path in _found("tests")
        if path.name.startswith("test_") and path.suffix == ".py"
        for name, first, last in _functions(path)
        if name.startswith("test_") and not any(line.lstrip().startswith(('"""', 'r"""')) for line in _lines(path)[first : last + 1])
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_the_lock_pins_and_hashes_everything_and_names_no_registry(name: str) -> None:
    """Whoever installs chooses the package index; the lock only says which files are right."""
    text = (_ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pinned
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+( ; .+)? \\", line) for line in pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


def test_development_and_users_run_the_same_versions() -> None:
    """Every package that users install is in the development lock, at the same version."""
    runtime, dev = (
        {line.split(" ")[0] for line in (_ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("runtime", "dev")
    )
    assert runtime <= dev


def test_users_install_nothing_that_the_program_does_not_use() -> None:
    """Every dependency in pyproject.toml is imported somewhere in the program."""
    declared = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    packages = {each.partition(">")[0].replace("-", "_") for each in declared}
    imports = {found for path in _found("bluegreen") for found in _IMPORT.findall("\n".join(_lines(path)))}
    assert packages <= imports


def test_the_readme_shows_a_workflow_by_line_25() -> None:
    """Who looks at the README sees what to write before scrolling."""
    lines = (_ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    assert any("uses: org/bluegreen-action@" in line for line in lines)


def test_the_readme_explains_every_exit_code() -> None:
    """A new way to end cannot be forgotten in the README's table."""
    codes = {getattr(errors, name).exit_code for name in errors.__all__ if hasattr(getattr(errors, name), "exit_code")} | {0, 1}
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", (_ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)}
    assert told == codes


def test_the_readme_lists_the_container_options_that_pass() -> None:
    """What `container-options` takes is told, all of it and nothing else."""
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = text[text.index("`container-options` takes") : text.index("Any other is refused")]
    assert set(re.findall(r"`(--[a-z-]+)`", paragraph)) == set(ALLOWED)


def test_links_between_our_pages_lead_somewhere() -> None:
    """A relative link in a page of ours names a file that is there."""
    pages = [*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md"), *(_ROOT / "tests").glob("*.md"), *(_ROOT / "examples").rglob("*.md")]
    broken = [
        f"{page.relative_to(_ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
