"""What the user's own NGINX configuration means for an app in `include` mode: where ours belongs, and what would break. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bluegreen.host.nginx_route import Place, locations, route_of
from bluegreen.host.nginx_tree import Directive, read_tree, walk
from bluegreen.host.site_text import site_path, snippet_path
from bluegreen.model.site import Edit, Fit, UsersSite

__all__ = ["authority", "users_site"]

_PASS = re.compile(r"(https?)://(unix:[^:]+|[^/]+?)(?::(/.*)|(/.*))?", re.ASCII)
_LOG_OF_NGINX = "/var/log/nginx/access.log"
# Twice in one location, these are an error; the user's own win. The first are left to the user when a block above has them, too.
_SOFT = ("proxy_redirect", "proxy_read_timeout", "proxy_send_timeout", "proxy_next_upstream")
_FIRM = ("proxy_http_version", "proxy_connect_timeout", "proxy_socket_keepalive", "proxy_next_upstream_tries")
_FORWARDED = ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port")
_REWRITES = {"set", "return", "rewrite", "break"}


def users_site(dump: str, app: str, url: str, before: str = "") -> UsersSite:
    """What `nginx -T` printed, seen by the app whose users type `url`. `before` is where its traffic went before it was ours."""
    path = snippet_path(app)
    tree = read_tree(dump, without=path)
    every = locations(tree)
    including = [place for place in every if _include_of(place, path) is not None]
    chosen = route_of(tree, url)
    notes: list[str] = []
    problems = list(_read_too_early(tree, including, app))
    if chosen is not None and chosen not in including:
        if including:
            there = " and ".join(place.location.place for place in including)
            notes.append(f"{chosen.location.place} answers `url` without the part that {there} includes: give a `url` that leads there.")
        else:
            problems += _no_proxy(chosen)
            before = authority(chosen) or before
    to_change = [place for place in every if place not in including and before and authority(place) == before]
    ours = [*including, *to_change]
    for place in ours:
        problems += _problems(place, path)
        notes += _notes(place)
    problems += _logs_differ(ours)
    return UsersSite(
        part=path,
        included=tuple(_at(place, path) for place in including),
        edits=tuple(_edit(place, path) for place in to_change),
        fit=_fit(ours, before, {one.words[0] for one, _ in walk(tree) if one.name == "upstream" and one.words}),
        problems=tuple(dict.fromkeys(problems)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _include_of(place: Place, path: str) -> Directive | None:
    return next((one for one in place.own("include") if one.words == (path,)), None)


def _ours(place: Place, path: str) -> Directive | None:
    """Where our part stands, or is to stand, in the location."""
    return _include_of(place, path) or next(iter(place.own("proxy_pass")), None)


def _at(place: Place, path: str) -> str:
    found = _include_of(place, path)
    return found.place if found else place.location.place


def authority(place: Place) -> str:
    """Whom the location asks over plain HTTP, as in `proxy_pass`; empty for any other location."""
    found = next((_PASS.fullmatch(one.words[0]) for one in place.own("proxy_pass") if one.words), None)
    if found is None or found[1] != "http" or "$" in found[2]:
        return ""
    return re.sub(r"^localhost(?=:|$)", "127.0.0.1", found[2])


def _edit(place: Place, path: str) -> Edit:
    old = place.own("proxy_pass")[0]
    found = _PASS.fullmatch(old.words[0])
    uri = (found[3] or found[4] or "") if found else ""
    new = f"include {path};"
    if uri and uri != place.prefix:
        # After ours: `break` ends what may still be rewritten in the location, and ours chooses the color by rewriting.
        pattern = f"^{re.escape(place.prefix or '')}(.*)$".replace(r"\-", "-")
        new += f" rewrite {pattern} {uri}$1 break;"
    return Edit(file=old.file, line=old.line, old=old.text, new=new)


def _fit(places: list[Place], before: str, upstreams: set[str]) -> Fit:
    named = before in upstreams
    logs = tuple(dict.fromkeys(log for place in places for log in _logs(place)))
    leave = sorted({word for place in places for word in _leave(place)})
    return Fit(
        before_address="" if named else before,
        before_group=before if named else "",
        logs=logs,
        leave=tuple(leave),
        secure=any("ssl" in listen.words for place in places for listen in place.above[1].named("listen")),
    )


def _leave(place: Place) -> Iterator[str]:
    for name in (*_SOFT, *_FIRM):
        if place.own(name) or (name in _SOFT and place.inherited(name)):
            yield name
    own = {one.words[0].lower() for one in place.own("proxy_set_header") if one.words}
    if not own:
        if place.inherited("proxy_set_header"):
            yield "proxy_set_header"
        return
    yield from (f"proxy_set_header {name}" for name in _FORWARDED)
    if "host" in own:
        yield "proxy_set_header Host"
    if own & {"upgrade", "connection"}:
        yield from ("proxy_set_header Connection", "proxy_set_header Upgrade")


def _logs(place: Place) -> tuple[str, ...]:
    """The user's logs that ours would silence: those of the blocks above, unless the location has some of its own."""
    if place.own("access_log"):
        return ()
    inherited = place.inherited("access_log")
    if not inherited:
        return (_LOG_OF_NGINX,)
    return tuple(" ".join(one.raw) for one in inherited if one.words[:1] != ("off",))


def _read_too_early(tree: tuple[Directive, ...], places: list[Place], app: str) -> Iterator[str]:
    """NGINX must know the format of our log before it reads the location that uses it."""
    order = list(dict.fromkeys(one.file for one, _ in walk(tree)))
    own = site_path(app)
    for place in places:
        file = place.location.file
        if own in order and file != own and order.index(file) < order.index(own) and "conf.d" in file:
            name = file.rpartition("/")[2]
            yield (
                f"{place.location.place} is read before {own}, which it needs. Rename it, so that it comes later in the alphabet:"
                f" `sudo mv {file} {file.removesuffix(name)}site-{name}`."
            )


def _no_proxy(place: Place) -> Iterator[str]:
    if authority(place):
        return
    how = next((one for one in place.location.block or () if one.name.endswith("_pass")), None)
    if how is None:
        yield f"{place.location.place}, which answers `url`, passes nothing on: give a `url` that leads to the app's location."
    elif how.name != "proxy_pass" or how.words[0].startswith("https:"):
        yield f"{how.place}, which answers `url`, has `{how.text}`: only an app that is asked over plain HTTP can be taken over."
    else:
        yield f"{how.place}, which answers `url`, has `{how.text}`: nobody can tell where that leads. Write the app's address there."


def _problems(place: Place, path: str) -> Iterator[str]:
    block = place.location.block or ()
    ours = _ours(place, path)
    for one in block[: block.index(ours)] if ours in block else ():
        # Of several `if` that hold, the last one's configuration wins: that would be ours, and the user's would be lost.
        holds = one.name == "if" and any(inner.name not in _REWRITES for inner in one.block or ())
        stops = one.name == "break" or (one.name == "rewrite" and one.words[-1:] in {("break",), ("last",)})
        if holds or stops:
            yield f"{one.place}: `{one.text}` stands before the include, and one of them would undo the other. Move the include above it."
    if _include_of(place, path):
        yield from (f"{one.place}: `{one.text}` is what the include replaces. Remove it." for one in place.own("proxy_pass"))
    for name in ("open_file_cache", "disable_symlinks"):
        yield from (f"{one.place}: `{one.text}` would freeze the traffic. Move it up, into the server block." for one in place.own(name))
    for one in place.own("access_log"):
        if one.words[:1] == ("off",):
            yield f"{one.place}: `{one.text}` would hide the app's requests from the deployment. Move it up, into the server block."
    for one in place.own("proxy_redirect"):
        if one.words[:1] == ("default",):
            yield f"{one.place}: `{one.text}` does not go with an include. Remove it."
    headers = () if place.own("proxy_set_header") else place.inherited("proxy_set_header")
    if headers and all(one.words[:1] not in {("Host",), ("host",)} for one in headers):
        yield f"{headers[0].place} sets headers but no Host, so the app would see a name of ours. Add `proxy_set_header Host $http_host;`."


def _logs_differ(places: list[Place]) -> Iterator[str]:
    if len({_logs(place) for place in places}) > 1:
        where = " and ".join(place.location.place for place in places)
        yield f"{where} write different access logs, and one part cannot write both: put its `access_log` line into each location."


def _notes(place: Place) -> Iterator[str]:
    for one in (*place.own("proxy_cache"), *place.inherited("proxy_cache")):
        if one.words[:1] != ("off",) and not (place.own("proxy_cache_key") or place.inherited("proxy_cache_key")):
            yield f"{one.place}: `{one.text}` keeps the colors' answers apart. `proxy_cache_key $scheme$host$request_uri;` shares them."
    for one in place.own("if"):
        for inner in one.block or ():
            if inner.name.endswith("_pass"):
                yield f"{inner.place}: `{inner.text}` leads some requests past the deployment."
