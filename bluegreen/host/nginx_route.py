"""Follows a URL through the user's NGINX configuration, to the location that answers it. Pure, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bluegreen.host.nginx_tree import Directive, walk

__all__ = ["Place", "locations", "route_of"]

_MODIFIERS = ("=", "^~", "~*", "~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location and the blocks it stands in, the outermost first."""

    location: Directive
    above: tuple[Directive, ...]

    def own(self, name: str) -> tuple[Directive, ...]:
        """The directives of that name in the location itself."""
        return self.location.named(name)

    def inherited(self, name: str) -> tuple[Directive, ...]:
        """What the location inherits of that name when it has none: all that the nearest block above has."""
        return next((found for block in reversed(self.above) if (found := block.named(name))), ())

    @property
    def prefix(self) -> str | None:
        """The path it begins with; None for a pattern or a named location."""
        modifier, path = _modifier(self.location)
        return path if modifier in {"", "=", "^~"} and path.startswith("/") else None


def locations(tree: tuple[Directive, ...]) -> tuple[Place, ...]:
    """Every location of every server."""
    return tuple(Place(location=one, above=above) for one, above in walk(tree) if one.name == "location" and one.block is not None)


def route_of(tree: tuple[Directive, ...], url: str) -> Place | None:
    """The location that NGINX chooses for the URL, following `try_files` to a named one; None when there is none."""
    parts = urlsplit(url)
    port = str(parts.port or (443 if parts.scheme == "https" else 80))
    server = _server(tree, parts.hostname or "", port)
    if server is None:
        return None
    here = [place for place in locations(tree) if server in place.above]
    chosen = _choose([place for place in here if place.above[-1] is server], here, parts.path or "/")
    if chosen is None:
        return None
    last = next((one.words[-1] for one in chosen.own("try_files") if one.words), "")
    named = (place for place in here if place.location.words == (last,))
    return next(named, chosen) if last.startswith("@") else chosen


def _server(tree: tuple[Directive, ...], host: str, port: str) -> Directive | None:
    servers = [one for one, _ in walk(tree) if one.name == "server" and one.block is not None and port in _ports(one)]
    ranked = [(rank, -number) for number, server in enumerate(servers) if (rank := _rank(server, host)) is not None]
    if ranked:
        return servers[-max(ranked)[1]]
    chosen = (one for one in servers if any("default_server" in listen.words for listen in one.named("listen")))
    return next(chosen, servers[0] if servers else None)


def _ports(server: Directive) -> set[str]:
    found = {one.words[0].rpartition(":")[2] for one in server.named("listen") if one.words}
    return {port if port.isdecimal() else "80" for port in found} or {"80"}


def _rank(server: Directive, host: str) -> tuple[int, int] | None:
    """How well a name of the server fits: exact before the longest wildcard before a pattern."""
    found: list[tuple[int, int]] = []
    for name in (word for one in server.named("server_name") for word in one.words):
        if name == host or (name.startswith(".") and name[1:] == host):
            found.append((3, 0))
        elif name[:1] in "*." and host.endswith(name.lstrip("*")) and len(name) > 1:
            found.append((2, len(name)))
        elif name.endswith(".*") and host.startswith(name[:-1]):
            found.append((1, len(name)))
        elif name.startswith("~") and _matches(name[1:], host, 0):
            found.append((0, 0))
    return max(found) if found else None


def _choose(level: list[Place], everywhere: list[Place], path: str) -> Place | None:
    best: tuple[int, str, Place] | None = None
    patterns: list[Place] = []
    for place in level:
        modifier, word = _modifier(place.location)
        if modifier == "=" and word == path:
            return place
        if modifier in {"~", "~*"}:
            if _matches(word, path, re.IGNORECASE if modifier == "~*" else 0):
                patterns.append(place)
        elif modifier != "=" and path.startswith(word) and (best is None or len(word) > best[0]):
            best = (len(word), modifier, place)
    if patterns and (best is None or best[1] != "^~"):
        return patterns[0]
    if best is None:
        return None
    inner = [place for place in everywhere if place.above[-1] is best[2].location]
    return _choose(inner, everywhere, path) or best[2]


def _modifier(location: Directive) -> tuple[str, str]:
    """The modifier and the path of a location, also where no space is between them."""
    words = location.words or ("",)
    if len(words) > 1:
        return words[0], words[1]
    glued = next((one for one in _MODIFIERS if words[0].startswith(one)), "")
    return glued, words[0][len(glued) :]


def _matches(pattern: str, text: str, flags: int) -> bool:
    try:
        return re.search(pattern, text, flags) is not None
    except re.error:  # one of PCRE's own
        return False
