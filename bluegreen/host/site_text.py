"""The text of an app's NGINX site, and how to recognize one: what is written here is what routes every request of the app's users."""

from __future__ import annotations

import hashlib
import re

from bluegreen.model.color import Color
from bluegreen.model.site import AppProtocol, Fit, InstalledSite, SiteMode, SiteSpec

__all__ = ["LOOPBACK_PORT", "before_of", "marker_of", "parse_site", "prefix", "render_site", "site_path", "snippet_path"]

LOOPBACK_PORT = 29173
# Where the part for the user's location begins in the site's text: on the host, a file of its own begins with this line.
SNIPPET_LINE = "# bluegreen part of "

# Measured (bench/routing.py). NGINX forgets a server's failures only when `fail_timeout` passes without one, so a live release that fails
# several times a second is left in any case, for `fail_timeout` after every `max_fails`: with 3 and 2 s a candidate without a share got
# three of four requests of a live one that dropped 1 in 50, with 5 and 1 s it gets half. Ten would be slow to leave a killed container,
# whose address answers nothing: each request that finds out waits for proxy_connect_timeout.
_HOT = "max_fails=5 fail_timeout=1s"
# Where several replicas serve day and night nobody is in danger of getting more than the share that was meant for it.
_LENIENT = "max_fails=3 fail_timeout=2s"
# A longer exact name does not fit a bucket of NGINX's default server_names_hash (64 bytes); one written as a pattern is not in that hash.
_LONGEST_HASHED_NAME = 46
_WORD = re.compile(r"[\w.:/*@%+~,=\[\]-]+", re.ASCII)
_FIRST_LINE = re.compile(r"# bluegreen site v1 sha256=([0-9a-f]{64})\n")
_MARKER = re.compile(r"^# marker: ([0-9a-f]{32})$", re.MULTILINE)
_QUOTED = re.compile(r"""\$\{\w+\}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_ENDS = re.compile(r"""[;{}#"'\n]""")
_BEFORE = re.compile(r"^# before: (\S+)$", re.MULTILINE)
_NAMES = re.compile(r"^ +server_name (.+);$", re.MULTILINE)
_CERTIFICATE = re.compile(r"^ +ssl_certificate (\S+);$", re.MULTILINE)
_ADOPTED = re.compile(r"^# adopted: (blue|green) (\S+)$", re.MULTILINE)


def render_site(spec: SiteSpec) -> str:
    """The site's whole text, the same for the same spec. Raises ValueError for a value that would not stay one word of NGINX's."""
    marker = _digest(_body(spec, marker=""))[:32]
    body = _body(spec, marker=marker)
    return f"# bluegreen site v1 sha256={_digest(body)}\n{body}"


def parse_site(text: str) -> InstalledSite:
    """A site file as it lies on the host; edited unless its text is, byte for byte, what its first line says."""
    first = _FIRST_LINE.match(text)
    intact = first is not None and first[1] == _digest(text[first.end() :])
    mode = SiteMode.INCLUDE if f"\n{SNIPPET_LINE}" in text else SiteMode.MANAGED
    adopted = _ADOPTED.search(text)
    names = _NAMES.findall(text)  # the users' own server is the last
    certificate = _CERTIFICATE.search(text)
    return InstalledSite(
        text=text,
        edited=not intact,
        mode=mode,
        protocol=AppProtocol.GRPC if "grpc_pass grpc://" in text else AppProtocol.HTTP,
        adopted=(Color(adopted[1]), adopted[2]) if adopted else None,
        names=tuple(map(_name_of, names[-1].split())) if names and mode is SiteMode.MANAGED else ("_",),
        certificate=certificate[1] if certificate else "",
    )


def marker_of(text: str) -> str:
    """What a live NGINX answers when it serves this text; empty for a text that is no site of ours."""
    found = _MARKER.search(text)
    return found[1] if found else ""


def prefix(app: str) -> str:
    """What every global name of the app begins with in NGINX: variables, groups and formats of all apps share one space there."""
    return f"bg_{_digest(app)[:8]}"


def site_path(app: str) -> str:
    """Where the site's text lies on the host."""
    return f"/etc/nginx/conf.d/bluegreen-{app}.conf"


def snippet_path(app: str) -> str:
    """Where the part lies that a location of the user's includes."""
    return f"/etc/nginx/bluegreen/{app}.conf"


def before_of(text: str) -> str:
    """Where an installed site of `include` mode sends requests until a release was committed; empty when it names nobody."""
    found = _BEFORE.search(text)
    return found[1] if found else ""


def _body(spec: SiteSpec, *, marker: str) -> str:
    from bluegreen.host.site_template import SITE  # noqa: PLC0415 — see there

    tls = bool(spec.tls_certificate)
    secure, plain = _listens(spec)
    extra = " default_server" if spec.server_names == ("_",) else ""
    tls_words = " ssl" if spec.http2_directive else " ssl http2"
    port = _port(secure[0]) if tls else ""
    return SITE.render(
        app=_word(spec.app),
        bg=prefix(spec.app),
        marker=marker,
        blue=[_word(address) for address in spec.blue],
        green=[_word(address) for address in spec.green],
        adopted=spec.adopted.value if spec.adopted else "",
        lenient=_LENIENT,
        hot=_HOT,
        tls=tls,
        listens=[f"{_word(at)}{extra}{tls_words if tls else ''}" for at in (secure if tls else plain)],
        redirects=[f"{_word(at)}{extra}" for at in plain] if tls else [],
        redirect_port="" if port == "443" else f":{port}",
        names=" ".join(_server_name(name) for name in spec.server_names),
        certificate=_word(spec.tls_certificate) if tls else "",
        certificate_key=_word(spec.tls_certificate_key) if tls else "",
        http2_directive=spec.http2_directive,
        keepalive_min_timeout=spec.keepalive_min_timeout,
        body_size=_word(spec.body_size),
        grpc=spec.protocol is AppProtocol.GRPC,
        asked_from=_word(spec.asked_from) if spec.asked_from else "",
        own_reach="For the host alone" if spec.asked_from else "Loopback only",
        sticky=_sticky(spec.stick_by),
        preview_host=_word(spec.preview_host or _first_name(spec)),
        include=spec.mode is SiteMode.INCLUDE,
        fit=_checked(spec.fit),
        before=spec.fit.before_group or (f"{prefix(spec.app)}_before" if spec.fit.before_address else '""'),
        snippet=f"{SNIPPET_LINE}{snippet_path(spec.app)}",
    )


def _listens(spec: SiteSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where TLS is spoken and where it is not. With a certificate, port 80 only redirects."""
    if not spec.tls_certificate:
        return (), _with_ipv6(spec.listen, spec)
    plain = tuple(at for at in spec.listen if _port(at) == "80") or ("80",)
    secure = tuple(at for at in spec.listen if _port(at) != "80") or ("443",)
    return _with_ipv6(secure, spec), _with_ipv6(plain, spec)


def _with_ipv6(listens: tuple[str, ...], spec: SiteSpec) -> tuple[str, ...]:
    twins = (twin for at in listens for twin in ((at, f"[::]:{at}") if spec.ipv6 and at.isdecimal() else (at,)))
    return tuple(dict.fromkeys(twins))


def _port(listen: str) -> str:
    tail = listen.rpartition(":")[2]
    return tail if tail.isdecimal() else "80"


def _server_name(name: str) -> str:
    word = _word(name)
    if len(word) <= _LONGEST_HASHED_NAME or word[0] in "*.~" or word.endswith("*"):
        return word
    return '"~^' + re.escape(word).replace(r"\-", "-") + '$"'


def _name_of(word: str) -> str:
    """The name that `_server_name` wrote so."""
    pattern = re.fullmatch(r'"~\^(.+)\$"', word)
    return pattern[1].replace("\\", "") if pattern else word


def _first_name(spec: SiteSpec) -> str:
    return next((name for name in spec.server_names if name[0] not in "_*.~"), "localhost")


def _sticky(stick_by: str) -> str:
    """The variable whose value keeps a user in the same place; nothing where every request goes by itself."""
    if stick_by == "request":
        return ""
    return "remote_addr" if stick_by == "ip" else f"cookie_{_name(stick_by.removeprefix('cookie:'))}"


def _name(value: str) -> str:
    """The value itself, once it is sure that it can end a variable's name."""
    if not re.fullmatch(r"\w+", value, re.ASCII):
        message = f"not part of a variable of NGINX's: {value!r}"
        raise ValueError(message)
    return value


def _word(value: str) -> str:
    """The value itself, once it is sure that NGINX reads it as one word: no space, quote, variable, semicolon or brace."""
    if not _WORD.fullmatch(value):
        message = f"not one word of NGINX's: {value!r}"
        raise ValueError(message)
    return value


def _checked(fit: Fit) -> Fit:
    """The fit itself: its logs are whole arguments of the user's own configuration, so only what would end a directive is refused."""
    for value in (fit.before_address, fit.before_group):
        _word(value or "-")
    for log in fit.logs:
        if _ENDS.search(_QUOTED.sub("", log)):
            message = f"not the arguments of an access_log: {log!r}"
            raise ValueError(message)
    return fit


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
