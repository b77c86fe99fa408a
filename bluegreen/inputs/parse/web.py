"""What NGINX is told: server names, addresses to listen on, and the URL users type. An allow-list each: `a; } server {` goes nowhere."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from bluegreen.inputs.parse.names import is_host_name
from bluegreen.inputs.parse.phrases import gather
from bluegreen.inputs.parse.quantities import port

__all__ = ["http_path", "listen", "server_names", "url"]

_WORDS = re.compile(r"[\s,]+")
_NAME_PART = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_SERVER_NAME = re.compile(rf"(?:\*\.|\.)?{_NAME_PART}(?:\.{_NAME_PART})*(?:\.\*)?", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?", re.ASCII)


def server_names(text: str) -> tuple[str, ...]:
    """NGINX's `server_name`: exact names and wildcards, apart by spaces, commas or lines; `_` answers to any name."""
    names = tuple(dict.fromkeys(gather(_server_name, _split(text))))
    if len(names) > 1 and "_" in names:
        raise ValueError("`_` answers to any name, so it stands alone")
    return names or ("_",)


def _server_name(word: str) -> str:
    name = word.lower()
    if not name.isascii():
        raise ValueError(f"`{word}` is not ASCII; NGINX wants its form that begins with `xn--`")
    if name.startswith("~"):
        raise ValueError(f"`{word}` is a regular expression; only names and wildcards such as `*.example.com` are taken")
    if "://" in name or re.fullmatch(r"[^:]+:\d+", name):
        raise ValueError(f"`{word}` is a name with more around it; give the name alone, the port goes into `listen`")
    if _SERVER_NAME.fullmatch(name) is None or len(name) > 253:
        raise ValueError(f"`{word}` is no server name such as `example.com`, `*.example.com` or `_`")
    return name


def listen(text: str) -> tuple[str, ...]:
    """NGINX's `listen` addresses without its options: `80`, `127.0.0.1:8080`, `[::1]:80`."""
    return tuple(dict.fromkeys(gather(_listen, _split(text)))) or ("80",)


def _listen(word: str) -> str:
    if word in {"ssl", "default_server", "http2"}:
        raise ValueError(f"`{word}` is an option; give addresses alone, TLS follows from `tls-certificate`")
    address, colon, last = word.rpartition(":")
    try:
        number = port(last)
        if not colon:
            return str(number)
        if address.startswith("[") and address.endswith("]"):
            return f"[{ipaddress.IPv6Address(address[1:-1])}]:{number}"
        return f"{'*' if address == '*' else ipaddress.IPv4Address(address)}:{number}"
    except ValueError:
        raise ValueError(f"`{word}` is no address to listen on such as `80`, `127.0.0.1:8080` or `[::1]:80`") from None


def url(text: str) -> str:
    """What users type: `https://example.com/`, or nothing."""
    word = text.strip()
    if not word:
        return word
    try:
        parts = urlsplit(word)
        number = parts.port
    except ValueError:
        raise ValueError("it is no URL such as `https://example.com/`") from None
    if "://" not in word:
        raise ValueError("it has no scheme: it begins with `https://` or `http://`, as in `https://example.com/`")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_host_name(parts.hostname):
        raise ValueError("it is no URL such as `https://example.com/`")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user or a password, and the URL is printed; give it without")
    if parts.fragment or number == 0 or _PATH.fullmatch(f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}") is None:
        raise ValueError("it is no URL such as `https://example.com/`")
    return word


def http_path(text: str) -> str:
    """The path of a request, perhaps with a query."""
    word = text.strip()
    if not word.startswith("/"):
        hint = " (the host is never part of it)" if "://" in word else ""
        raise ValueError(f"`{word}` is no path such as `/healthz`{hint}")
    if _PATH.fullmatch(word) is None:
        raise ValueError("it holds a character that must be percent-encoded in a path")
    return word


def _split(text: str) -> list[str]:
    return [word for word in _WORDS.split(text) if word]
