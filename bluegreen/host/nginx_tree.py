"""Reads what `nginx -T` printed as NGINX does: one tree of directives, each with its file and line. Pure, no I/O."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["Directive", "read_tree", "walk"]

_FILE = re.compile(r"^# configuration file (.+):$")
_TOKEN = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|\$\{|[^\s{};])+|\n""", re.DOTALL)
_DEEPEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One directive. `words` are its arguments without quotes, `raw` as they stand; `block` is None for one that ends in `;`."""

    name: str
    words: tuple[str, ...]
    raw: tuple[str, ...]
    file: str
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def text(self) -> str:
        """The directive as it stands, blocks left out."""
        return f"{' '.join((self.name, *self.raw))}{';' if self.block is None else ' { … }'}"

    def named(self, name: str) -> tuple[Directive, ...]:
        """The directives of that name in its block."""
        return tuple(one for one in self.block or () if one.name == name)


def read_tree(dump: str, *, without: str = "") -> tuple[Directive, ...]:
    """All of the configuration, with each `include` followed by what it includes, in NGINX's order; the file `without` is left out."""
    files = {name: _parse(name, text) for name, text in _files(dump) if name != without}
    if not files:
        return ()
    main = next(iter(files))
    reached: set[str] = set()
    tree = tuple(_expand(files[main], files, PurePosixPath(main).parent, reached, 0))
    # What no include reaches cannot be in NGINX's own dump; in a part of one it can.
    rest = [one for name, found in files.items() if name != main and name not in reached for one in found]
    return (*tree, *rest)


def walk(tree: tuple[Directive, ...], above: tuple[Directive, ...] = ()) -> Iterator[tuple[Directive, tuple[Directive, ...]]]:
    """Every directive of `http` with the blocks it stands in, the outermost first; `stream` and `mail` are other worlds."""
    for one in tree:
        if one.block is not None and one.name in {"stream", "mail"} and not above:
            continue
        yield one, above
        if one.block is not None:
            yield from walk(one.block, (*above, one))


def _expand(
    found: tuple[Directive, ...], files: dict[str, tuple[Directive, ...]], home: PurePosixPath, reached: set[str], depth: int
) -> Iterator[Directive]:
    for one in found:
        if one.block is not None:
            block = tuple(_expand(one.block, files, home, reached, depth))
            yield Directive(name=one.name, words=one.words, raw=one.raw, file=one.file, line=one.line, block=block)
            continue
        yield one
        if one.name == "include" and one.words and depth < _DEEPEST:
            for name in sorted(files):
                if _includes(str(home / one.words[0]), name):
                    reached.add(name)
                    yield from _expand(files[name], files, home, reached, depth + 1)


def _includes(pattern: str, name: str) -> bool:
    """Whether the pattern of an `include` means that file; a `*` stays within one folder."""
    wanted, parts = pattern.split("/"), name.split("/")
    return len(wanted) == len(parts) and all(fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=True))


def _files(dump: str) -> Iterator[tuple[str, str]]:
    name = ""
    lines: list[str] = []
    for line in dump.split("\n"):
        header = _FILE.match(line)
        if header is None:
            lines.append(line)
            continue
        if name:
            yield name, "\n".join(lines)
        name, lines = header[1], []
    if name:
        yield name, "\n".join(lines)


def _parse(file: str, text: str) -> tuple[Directive, ...]:
    """The directives of one file. A brace too many ends the file, as it does for NGINX."""
    stack: list[list[Directive]] = [[]]
    heads: list[tuple[int, list[str]]] = []
    line, start = 1, 0
    raw: list[str] = []
    for piece in _TOKEN.findall(text):
        if piece[0] == "#" or piece == "\n":
            line += piece == "\n"
            continue
        if piece not in {"{", "}", ";"}:
            start = start if raw else line
            raw.append(piece)
            line += piece.count("\n")
            continue
        if piece == "{":
            heads.append((start or line, raw))
            stack.append([])
        elif piece == ";" and raw:
            stack[-1].append(_directive(file, start, raw, None))
        elif piece == "}" and heads:
            block = tuple(stack.pop())
            stack[-1].append(_directive(file, *heads.pop(), block))
        raw, start = [], 0
    return tuple(stack[0])


def _directive(file: str, line: int, raw: list[str], block: tuple[Directive, ...] | None) -> Directive:
    words = tuple(piece[1:-1] if piece[0] in "\"'" else piece for piece in raw) or ("",)
    return Directive(name=words[0], words=words[1:], raw=tuple(raw[1:]), file=file, line=line, block=block)
