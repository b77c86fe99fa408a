"""Reads `nginx -T`: which server blocks there are, and which of them would keep users from reaching our site. Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.host.nginx_tree import Directive, read_tree, walk

__all__ = ["ServerBlock", "conflicts", "parse_servers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBlock:
    """One `server { … }` of somebody. `listens` are addresses as NGINX binds them, `0.0.0.0:80`; `defaults` those it is the default of."""

    file: str
    line: int
    listens: tuple[str, ...]
    defaults: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def parse_servers(dump: str) -> tuple[ServerBlock, ...]:
    """Every HTTP server block in what `nginx -T` printed."""
    return tuple(_server(one) for one, _ in walk(read_tree(dump)) if one.name == "server" and one.block is not None)


def conflicts(servers: tuple[ServerBlock, ...], own_file: str, names: tuple[str, ...], listen: tuple[str, ...]) -> tuple[str, ...]:
    """What is in the way of a site with these names and listens, each with its place and its remedy."""
    found: dict[str, None] = {}
    wanted = {_address((at,)) for at in listen}
    for server in servers:
        if server.file == own_file:
            continue
        remedy = _remedy(server)
        for at in sorted(wanted & set(server.listens)):
            shared = sorted(set(names) & set(server.names) - {"_", ""})
            if shared:
                found[f"{server.place} already serves {' '.join(shared)} on {at}, and NGINX would go on using it. {remedy}"] = None
            elif "_" in names and at in server.defaults:
                found[f"{server.place} is the default server of {at}, and gets every request that names no other. {remedy}"] = None
        for at in server.listens:
            if _hides(at, wanted):
                found[f"{server.place} listens on {at} alone: requests to it never reach a site on the wildcard. {remedy}"] = None
    return tuple(found)


def _remedy(server: ServerBlock) -> str:
    if server.file == "/etc/nginx/sites-enabled/default":
        return "It is Debian's welcome page: `sudo rm /etc/nginx/sites-enabled/default` (the file it links to stays), then deploy again."
    return f"Remove that block, or take the name or `default_server` out: `sudo editor +{server.line} {server.file}`, then deploy again."


def _hides(at: str, wanted: set[str]) -> bool:
    """Whether a listen for one address takes requests away from a wildcard of ours on the same port."""
    address, _, port = at.rpartition(":")
    if address in {"0.0.0.0", "[::]", "127.0.0.1", "[::1]"} or at.startswith("unix:"):  # noqa: S104 - compared, not bound
        return False
    return f"{'[::]' if address.startswith('[') else '0.0.0.0'}:{port}" in wanted  # noqa: S104


def _server(block: Directive) -> ServerBlock:
    listens = [one.words for one in block.named("listen") if one.words] or [("80",)]
    defaults = tuple(_address(words) for words in listens if {"default_server", "default"} & set(words[1:]))
    names = tuple(word.lower() for one in block.named("server_name") for word in one.words)
    addresses = tuple(_address(words) for words in listens)
    return ServerBlock(file=block.file, line=block.line, listens=addresses, defaults=defaults, names=names or ("",))


def _address(words: tuple[str, ...]) -> str:
    """A listen as NGINX binds it: `80` is 0.0.0.0:80, `[::]` is [::]:80."""
    at = words[0]
    if at.isdecimal():
        return f"0.0.0.0:{at}"
    if at.startswith("unix:"):
        return at
    if at.endswith("]") or ":" not in at:
        at = f"{at}:80"
    return "0.0.0.0" + at[1:] if at.startswith("*:") else at  # noqa: S104 - compared, not bound
