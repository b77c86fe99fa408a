"""Finds which fields of our values are read, and where: a small type inference over the product's own source.

Names alone would not do, `timeout` is a field of half the values. So the type of what stands before the dot is followed: from the
annotations of parameters and of classes, through assignments, loops and chains such as `job.ask.retire.keep`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["Reads"]

_Types = dict[str, str]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Reads:
    """All `(class, field)` that the given files read; the classes are those declared in `declaring`."""

    def __init__(self, declaring: Iterable[Path], reading: Iterable[Path]) -> None:
        self._fields: dict[str, _Types] = {}
        self._returns: _Types = {}
        trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in {*declaring, *reading}}
        for tree in trees.values():
            self._declare(tree)
        self.found: set[tuple[str, str]] = set()
        for path in reading:
            self._scope(trees[path], {})

    def _declare(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                fields = self._fields.setdefault(node.name, {})
                for item in node.body:
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                        fields[item.target.id] = _spelled(item.annotation)
                    elif isinstance(item, ast.FunctionDef):
                        fields.update(_own_attributes(item))
                        if any(isinstance(one, ast.Name) and one.id == "property" for one in item.decorator_list):
                            fields[item.name] = _spelled(item.returns)
            elif isinstance(node, _Function):
                self._returns[node.name] = _spelled(node.returns)

    def _scope(self, node: ast.AST, types: _Types, owner: str = "") -> None:
        """Read one function or module: first what its names are, then what is read of them."""
        inner = list(_within(node))
        for _ in range(2):
            for part in inner:
                self._learn(part, types)
        for part in inner:
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load):
                kind = self._type(part.value, types)
                if part.attr in self._fields.get(kind, {}):
                    self.found.add((kind, part.attr))
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "asdict":
                kind = self._type(part.args[0], types)
                self.found |= {(kind, name) for name in self._fields.get(kind, {})}
            elif isinstance(part, ast.ClassDef):
                self._scope(part, dict(types), part.name)
            elif isinstance(part, _Function):
                arguments = {one.arg: _spelled(one.annotation) for one in (*part.args.args, *part.args.kwonlyargs)}
                self._scope(part, {**types, **arguments, **({"self": owner} if owner else {})})

    def _learn(self, part: ast.AST, types: _Types) -> None:
        match part:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.NamedExpr(target=ast.Name(id=name), value=value):
                types[name] = self._type(value, types) or types.get(name, "")
            case ast.Assign(targets=[ast.Tuple(elts=[*targets])], value=ast.Tuple(elts=[*values])) if len(targets) == len(values):
                for one, value in zip(targets, values, strict=True):
                    self._learn(ast.Assign(targets=[one], value=value), types)
            case ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value):
                types[name] = self._type(value, types) or types.get(name, "")
            case _:
                pass

    def _type(self, node: ast.expr, types: _Types) -> str:
        match node:
            case ast.Name(id=name):
                return types.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                return self._fields.get(self._type(value, types), {}).get(attr, "")
            case ast.Call(func=ast.Name(id="replace"), args=[first, *_]):
                return self._type(first, types)
            case ast.Call(func=ast.Name(id=name)):
                return name if name in self._fields else self._returns.get(name, "")
            case ast.BoolOp(values=[*values]):
                return next(filter(None, (self._type(value, types) for value in values)), "")
            case _:
                return ""


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Everything inside, but not what stands in a function or class of its own."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _Function | ast.ClassDef):
            yield from _within(child)


def _own_attributes(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """`self.x = x`, where `x` is a parameter with a type."""
    arguments = {one.arg: _spelled(one.annotation) for one in (*function.args.args, *function.args.kwonlyargs)}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=ast.Name(id=given)) if given in arguments:
                yield name, arguments[given]
            case _:
                pass


def _spelled(annotation: ast.expr | None) -> str:
    """The class an annotation is about: `X`, `X | None`, `tuple[X, ...]`, `Iterable[X]`."""
    match annotation:
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left):
            return _spelled(left)
        case ast.Subscript(slice=ast.Tuple(elts=[first, *_])):
            return _spelled(first)
        case ast.Subscript(slice=inner):
            return _spelled(inner)
        case _:
            return ""
