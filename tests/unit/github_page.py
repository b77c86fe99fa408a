"""A summary as GitHub would show it."""

from __future__ import annotations

from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": True}).enable("table")


def shown(summary: str) -> str:
    """The summary as HTML."""
    return str(_READER.render(summary))
