"""The template of a site, ready to be filled in. Apart, since its language takes a while to load, and a run has time for that later."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["SITE"]


def _without(lines: str, leave: tuple[str, ...]) -> str:
    """The directives but for those that are left to the user."""
    return "\n".join(line for line in lines.split("\n") if not {" ".join(line.split()[:2]), *line.split()[:1]} & set(leave))


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[2] / "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - NGINX's language has no HTML; every value is checked before it comes here
)
_ENVIRONMENT.filters["without"] = _without
SITE = _ENVIRONMENT.get_template("site.conf.j2")
