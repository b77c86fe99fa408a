"""Writes texts so that GitHub reads them from a workflow as what they are."""

from __future__ import annotations

import json
import re

from bluegreen.model.init_report import WorkflowInput

__all__ = ["input_value", "scalar"]

_INDENT = " " * 12
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.@:+=,~-]*(?: [A-Za-z0-9/_.@+=~-][A-Za-z0-9/_.@:+=,~-]*)*", re.ASCII)
_WHOLE = re.compile(r"0|[1-9]\d{0,9}")
_DURATION = re.compile(r"\d+[smhgk]")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def input_value(one: WorkflowInput) -> str:
    """What stands behind an input's name in a step's `with:`."""
    if one.secret:
        return f"${{{{ secrets.{one.secret} }}}}"
    lines = [_literal(line) for line in one.text.splitlines()]
    return "|\n" + "\n".join(f"{_INDENT}{line}" for line in lines) if len(lines) > 1 else scalar(one.text)


def scalar(text: str) -> str:
    """One value, in quotes where YAML would read something else without them."""
    text = _literal(text)
    if text.lower() in _WORDS or text.endswith(":") or ": " in text:
        return _quoted(text)
    return text if any(form.fullmatch(text) for form in (_PLAIN, _WHOLE, _DURATION)) else _quoted(text)


def _quoted(text: str) -> str:
    # Every JSON string is a YAML one.
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    """An expression of GitHub's that is meant as it stands."""
    return text.replace("${{", "${{ '${{' }}")
