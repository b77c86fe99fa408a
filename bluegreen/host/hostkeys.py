"""Which host keys we trust: pinned fingerprints or a known_hosts text, understood without touching the network."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["ALGORITHMS", "HostKey", "Pins", "Trust", "known_hosts_problems", "read_fingerprint"]

#: Key type -> the signature algorithms that a handshake offers for it, in our order of preference.
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_LABELS = {"ssh-ed25519": "ED25519", "ssh-rsa": "RSA"}
_SHA256 = re.compile(r"(?:sha256:)?([A-Za-z0-9+/]{43})=?", re.IGNORECASE)
_MD5 = re.compile(r"(?:md5:)?(?:[0-9a-f]{2}:){15}[0-9a-f]{2}", re.IGNORECASE)


class Trust(Enum):
    """What the pins say about one host key."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """A host's public key: its type as in known_hosts, and its wire form."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as ssh-keygen prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def label(self) -> str:
        """The word in brackets that ssh-keygen prints after a fingerprint."""
        return _LABELS.get(self.type, "ECDSA")

    def line(self, host: str, port: int) -> str:
        """The key as a line of known_hosts."""
        return f"{_name(host, port)} {self.type} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """All we know about one host's keys. `authority` is whether a certificate authority is named for it, which we do not support."""

    fingerprints: frozenset[str] = frozenset()
    known: tuple[HostKey, ...] = ()
    revoked: frozenset[bytes] = field(default=frozenset(), repr=False)
    authority: bool = False

    @classmethod
    def read(cls, fingerprints: tuple[str, ...], known_hosts: str, host: str, port: int) -> Pins:
        """The pins for `host:port`. Lines of known_hosts that cannot be read are passed over, as OpenSSH does."""
        lines = [line for line in _lines(known_hosts) if not isinstance(line, str)]
        mine = [line for line in lines if _matches(line.patterns, _name(host, port))]
        # OpenSSH, too, falls back to an entry without a port (sshconnect.c, "checking without port identifier").
        mine = mine or [line for line in lines if _matches(line.patterns, host.lower())]
        return cls(
            fingerprints=frozenset(read_fingerprint(text) for text in fingerprints),
            known=tuple(line.key for line in mine if not line.marker and line.key.type in ALGORITHMS),
            revoked=frozenset(line.key.blob for line in mine if line.marker == "@revoked"),
            authority=any(line.marker == "@cert-authority" for line in mine),
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The key types worth negotiating, the best first. A fingerprint does not tell its type, so it makes all of them so."""
        if self.fingerprints or not self.known:
            return tuple(ALGORITHMS)
        kinds = {key.type for key in self.known}
        return tuple(kind for kind in ALGORITHMS if kind in kinds)

    def judge(self, key: HostKey) -> Trust:
        """Whether this key may be the host's."""
        if key.blob in self.revoked:
            return Trust.REVOKED
        if key.fingerprint in self.fingerprints or key in self.known:
            return Trust.TRUSTED
        return Trust.CHANGED if self.fingerprints or self.known else Trust.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of known_hosts."""

    marker: str
    patterns: tuple[str, ...]
    key: HostKey


def read_fingerprint(text: str) -> str:
    """The `SHA256:…` in `text`, which may be a whole line that ssh-keygen printed. Raises ValueError saying what is wrong with it."""
    for word in text.strip().strip("\"'`").split():
        found = _SHA256.fullmatch(word)
        if found:
            return f"SHA256:{found[1]}"
        if _MD5.fullmatch(word):
            message = (
                f"{word} is an MD5 fingerprint; the SHA256 one is needed: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub prints it"
            )
            raise ValueError(message)
    message = f"{text.strip()[:80]!r} is not a fingerprint: it has the form SHA256:…, with 43 characters after the colon"
    raise ValueError(message)


def known_hosts_problems(text: str) -> list[str]:
    """What cannot be read in a known_hosts text, a sentence each; empty when every line is understood."""
    return [line for line in _lines(text) if isinstance(line, str)]


def _lines(text: str) -> list[_Line | str]:
    """Every line that is not blank or a comment, read, or the reason why it cannot be."""
    numbered = ((number, line.strip()) for number, line in enumerate(text.replace("\ufeff", "").splitlines(), 1))
    return [_line(number, line) for number, line in numbered if line and not line.startswith("#")]


def _line(number: int, text: str) -> _Line | str:
    words = text.split()
    marker = words.pop(0) if words[0].startswith("@") else ""
    if marker not in {"", "@revoked", "@cert-authority"}:
        return f"line {number} of `known-hosts` starts with {marker}, which is not a marker that ssh knows"
    if words and re.match(r"(ssh|ecdsa|sk)-", words[0]):
        return f"line {number} of `known-hosts` starts with the key's type: the host's name must stand before it"
    if len(words) < 3:
        return f"line {number} of `known-hosts` is not `HOST TYPE KEY`; `ssh-keyscan HOST` prints such lines"
    try:
        blob = base64.b64decode(words[2], validate=True)
    except binascii.Error:
        blob = b""
    if blob[4 : 4 + len(words[1])] != words[1].encode() or int.from_bytes(blob[:4], "big") != len(words[1]):
        return f"line {number} of `known-hosts` holds no whole {words[1][:40]} key: it may be cut off"
    return _Line(marker=marker, patterns=tuple(words[0].split(",")), key=HostKey(type=words[1], blob=blob))


def _name(host: str, port: int) -> str:
    """The host's name as known_hosts spells it."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    """OpenSSH's rule: one pattern must match, and no negated one may."""
    matched = False
    for pattern in patterns:
        if _matches_one(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _matches_one(pattern: str, name: str) -> bool:
    if pattern.startswith("|1|"):
        try:
            salt, digest = (base64.b64decode(part, validate=True) for part in pattern[3:].split("|"))
        except ValueError:
            return False
        return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)
    wildcards = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wildcards, name) is not None
