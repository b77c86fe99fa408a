"""The Jinja environments: whatever a template prints is escaped for HTML, Markdown or YAML, without the template's doing."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from bluegreen.report.text import round_trips, sampled, seconds
from bluegreen.report.yaml import input_value, scalar

__all__ = ["html", "markdown", "markdown_escape", "workflow"]

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", "\n": "<br>", "\r": ""}
_INLINE = re.compile(r"[\\`*_\[\]~#!&<>|$\n\r]")
_CODE = re.compile(r"`([^`]+)`")
_LEADING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](?:\s|$)))")


def html(name: str) -> Template:
    """The template that renders everything escaped for HTML."""
    return _html_environment().get_template(name)


def markdown(name: str) -> Template:
    """The template that renders everything escaped for GitHub's Markdown, table cells included."""
    return _markdown_environment().get_template(name)


def workflow(name: str) -> Template:
    """The template that renders everything written as YAML."""
    return _yaml_environment().get_template(name)


def _prose_html(text: str) -> Markup:
    """Prose in which `words` in backquotes and indented lines are code: something to type, or to copy."""
    return Markup("\n").join(_coded(line, escape) for line in text.splitlines())


def _prose_markdown(text: str) -> Markup:
    return Markup("<br>").join(_coded(line, _markdown) for line in text.splitlines())


def _markdown(text: str) -> Markup:
    return Markup(markdown_escape(text))  # noqa: S704 (this is the escaping)


def _coded(line: str, safe: Callable[[str], Markup]) -> Markup:
    if line.startswith("  ") and line.strip():
        return Markup('<code class="copy">{}</code>').format(safe(line.strip()))
    parts = _CODE.split(line)
    return Markup("").join(Markup("<code>{}</code>").format(safe(part)) if odd % 2 else safe(part) for odd, part in enumerate(parts))


def markdown_escape(text: str) -> str:
    """The text so that Markdown shows it as it is, in a paragraph or in a table's cell."""
    safe = _INLINE.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)
    return _LEADING.sub(_literal, safe)


def _literal(found: re.Match[str]) -> str:
    """The sign that would begin a list or a heading, as a plain character."""
    sign = found[2]
    return f"{found[1]}&#{ord(sign[0])};{sign[1:]}"


@functools.cache
def _html_environment() -> Environment:
    return _environment(lambda value: value, _prose_html)


@functools.cache
def _markdown_environment() -> Environment:
    return _environment(lambda value: value if isinstance(value, Markup) else _markdown(str(value)), _prose_markdown)


@functools.cache
def _yaml_environment() -> Environment:
    environment = _environment(lambda value: value if isinstance(value, Markup) else _yaml(scalar(str(value))), _prose_markdown)
    environment.filters["input"] = lambda one: _yaml(input_value(one))
    return environment


def _yaml(text: str) -> Markup:
    return Markup(text)  # noqa: S704 (it is YAML by now, and no HTML)


def _environment(finalize: Callable[[Any], Any], prose: Callable[[str], Markup]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"verbatim": escape, "seconds": seconds, "trips": round_trips, "sampled": sampled, "prose": prose}
    return environment
