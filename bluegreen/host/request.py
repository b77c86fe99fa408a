"""What is asked over HTTP, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A GET to `address:port`, whatever name is in `host`. TLS certificates are not verified: the peer is the host itself.

    With `service`, not None, it is gRPC's question for that service's health instead. NGINX, where it is asked (`through_nginx`), takes
    the question over HTTP/1.1.
    """

    address: str
    port: int
    path: str
    host: str
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=())
    service: str | None = None
    through_nginx: bool = False

    @property
    def direct_call(self) -> bool:
        """Whether the app itself is asked in its gRPC."""
        return self.service is not None and not self.through_nginx

    @classmethod
    def of_url(cls, url: str, address: str, headers: tuple[tuple[str, str], ...]) -> Request:
        """What a browser would send for `url`, to `address` and that URL's port."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return cls(address=address, port=parts.port or (443 if tls else 80), path=path, host=parts.netloc, tls=tls, headers=headers)

    @property
    def url(self) -> str:
        """The URL in which the name is the Host's."""
        name = self.host.rsplit(":", 1)[0] if self.host and not self.host.endswith("]") else self.host
        return f"{'https' if self.tls else 'http'}://{name or self.address}:{self.port}{self.path}"
