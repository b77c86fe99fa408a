"""Finds how users come to an app that runs already: the locations of the user's NGINX that lead to it, and their URL. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bluegreen.host.nginx_route import Place, locations, route_of
from bluegreen.host.nginx_tree import Directive, read_tree, walk
from bluegreen.host.site_text import snippet_path
from bluegreen.host.users_site import authority, users_site
from bluegreen.model.site import Way

__all__ = ["users_way"]


def users_way(dump: str, app: str, places: Iterable[str], url: str, before: str = "") -> Way:
    """What `nginx -T` printed, seen by the users of an app at any of `places`. With `url`, theirs; else one that leads there is found.

    `before` is where the part that is included leads, should that be there already.
    """
    tree = read_tree(dump, without=snippet_path(app))
    found = {place: at for place in locations(tree) if (at := _leads(place, tree, app, before)) in set(places)}
    passes = tuple(f"{one.place}: {one.text}" for one, _ in walk(tree) if one.name.endswith("_pass"))
    if not found:
        return Way(url=url, passes=passes)
    leading = tuple(place.location.place for place in found)
    url = url or next(_urls(tree, list(found)), "")
    chosen = route_of(tree, url) if url else None
    if chosen not in found:
        return Way(url=url, leading=leading, answers=chosen.location.place if chosen else "", passes=passes)
    return Way(url=url, place=found[chosen], leading=leading, passes=passes, site=users_site(dump, app, url, before))


def _leads(place: Place, tree: tuple[Directive, ...], app: str, before: str) -> str:
    """Whom the location asks: an upstream of one server is that server."""
    if any(one.words == (snippet_path(app),) for one in place.own("include")):
        return before
    asked = authority(place)
    groups = (one for one, _ in walk(tree) if one.name == "upstream" and one.words == (asked,))
    servers = [server.words[0] for group in groups for server in group.named("server") if server.words]
    return servers[0] if len(servers) == 1 else asked


def _urls(tree: tuple[Directive, ...], found: list[Place]) -> Iterator[str]:
    """URLs that lead to one of these locations: over TLS first, then the shortest."""
    every = [url for place in found for url in _spelled(place)]
    for url in sorted(every, key=lambda url: (url.startswith("http:"), len(url), url)):
        if route_of(tree, url) in found:
            yield url


def _spelled(place: Place) -> Iterator[str]:
    server = next((one for one in place.above if one.name == "server"), None)
    for name in (word for one in server.named("server_name") for word in one.words) if server else ():
        if not set(name) & set("*~$") and not name.startswith(".") and name.strip("_"):
            yield from (f"{origin}{place.prefix or '/'}" for origin in _origins(server, name))


def _origins(server: Directive | None, name: str) -> Iterator[str]:
    listens = [one.words for one in server.named("listen") if one.words] if server else []
    for at, *words in listens or [("80",)]:
        port = at.rpartition(":")[2]
        port = port if port.isdecimal() else "80"
        scheme = "https" if "ssl" in words else "http"
        yield f"{scheme}://{name}" if (scheme, port) in {("https", "443"), ("http", "80")} else f"{scheme}://{name}:{port}"
