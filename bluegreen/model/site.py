"""The site is the part of NGINX's configuration that is ours, and where it meets the user's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bluegreen.model.color import Color

__all__ = ["AppProtocol", "Edit", "Fit", "InstalledSite", "SiteMode", "SiteSpec", "UsersSite", "Way"]


class SiteMode(Enum):
    """Who owns the server block: we do, or the user does and includes our part in a location of it."""

    MANAGED = "managed"
    INCLUDE = "include"


class AppProtocol(Enum):
    """What the app speaks on its port, and NGINX to it: HTTP/1.1, or gRPC over HTTP/2 without TLS."""

    HTTP = "http"
    GRPC = "grpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How the included part suits the locations that include it.

    `leave` names what is left to the user: directives, and headers as `proxy_set_header NAME`. `logs` are the arguments of the user's
    own `access_log`, which ours would silence. Until a release was committed, traffic goes where it went before: to `before_address`,
    or to `before_group`, an upstream of the user's; with neither there is nothing to go to. `secure` says that users come in over TLS.
    """

    before_address: str = ""
    before_group: str = ""
    logs: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    secure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change that the user makes by hand: on that line of the file, `old` becomes `new`."""

    file: str
    line: int
    old: str
    new: str

    def __str__(self) -> str:
        """The edit in one line."""
        return f"{self.file}:{self.line}: `{self.old}` becomes `{self.new}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersSite:
    """What the user's own configuration means for an app in `include` mode; `part` is the path of what is to be included.

    `included` are the places of the locations that include our part; `edits` would make those do so that still lead past it, to the app as
    it runs without us. `problems` keep the included part from working, `notes` do not; each has its place and its remedy.
    """

    part: str
    included: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    fit: Fit = Fit()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the users of an app that runs already come to it through the user's NGINX.

    `place` is where NGINX finds the app, as its `proxy_pass` has it, and `leading` are the locations that lead there, none when none does;
    `url` is what users type, empty when no name tells; `answers` is the location that answers `url` without leading there.
    `passes` is all that NGINX passes on to anybody, `proxy_pass` and its like, each with its place.
    """

    url: str = ""
    place: str = ""
    leading: tuple[str, ...] = ()
    answers: str = ""
    passes: tuple[str, ...] = ()
    site: UsersSite = UsersSite(part="")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """All that the site's text depends on. `blue` and `green` are `address:port`; `http2_directive` is NGINX >= 1.25.1's spelling.

    In `include` mode names, listens, certificate and body size are the user's own, and not looked at.
    `stick_by` is `request`, `ip` or `cookie:NAME`. `adopted` is the color whose address is not ours but an adopted app's. `asked_from` is
    the host's address as an NGINX in a container sees it, the only one that may ask our own server there; empty for the host's own NGINX.
    """

    app: str
    blue: tuple[str, ...]
    green: tuple[str, ...]
    server_names: tuple[str, ...]
    listen: tuple[str, ...]
    mode: SiteMode = SiteMode.MANAGED
    protocol: AppProtocol = AppProtocol.HTTP
    fit: Fit = Fit()
    tls_certificate: str = ""
    tls_certificate_key: str = ""
    body_size: str = "50m"
    stick_by: str = "request"
    preview_host: str = ""
    http2_directive: bool = False
    keepalive_min_timeout: bool = False
    ipv6: bool = True
    adopted: Color | None = None
    asked_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledSite:
    """The site file as it lies on the host; `edited` when its text no longer matches the digest in its first line.

    `adopted` is the color that an adopted app has in it, and that app's `address:port`. `names` are the server names of a managed site,
    and `certificate` is the file of its certificate, empty without TLS.
    """

    text: str
    edited: bool
    mode: SiteMode = SiteMode.MANAGED
    protocol: AppProtocol = AppProtocol.HTTP
    adopted: tuple[Color, str] | None = None
    names: tuple[str, ...] = ("_",)
    certificate: str = ""
