"""What proves the host's identity: fingerprints and known_hosts lines, as people paste them."""

from __future__ import annotations

import re

__all__ = ["fingerprints", "known_hosts"]

_SHA256 = re.compile(r"(?i:SHA256):([A-Za-z0-9+/]{43})=?(?![A-Za-z0-9+/])", re.ASCII)
_MD5 = re.compile(r"(?:MD5:)?[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){15}", re.ASCII)
_KNOWN = re.compile(r"(?:@[a-z-]+\s+)?\S+\s+(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]{20,}={0,2}(?:\s.*)?", re.ASCII)


def fingerprints(text: str) -> tuple[str, ...]:
    """One or several SHA256 fingerprints; whole lines of `ssh-keygen -lf` are fine too. Nothing where nothing is given."""
    found: list[str] = []
    problems = []
    for number, entry in enumerate((part.strip() for part in re.split(r"[,\n]", text) if part.strip()), 1):
        pins = [f"SHA256:{digits}" for digits in _SHA256.findall(entry)]
        bare = re.fullmatch(r"([A-Za-z0-9+/]{43})=?", entry, re.ASCII)
        if bare:
            pins = [f"SHA256:{bare[1]}"]
        if not pins:
            problems.append(_why_not(number, entry))
        found += pins
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(dict.fromkeys(found))


def _why_not(number: int, entry: str) -> str:
    if _MD5.search(entry):
        return f"number {number} is an MD5 fingerprint; take the one of `ssh-keygen -lf FILE`, which begins with `SHA256:`"
    if entry.startswith(("ssh-", "ecdsa-")) or _KNOWN.fullmatch(entry):
        return f"number {number} is a public key; its line with the host's name before it goes into `known-hosts`"
    return f"number {number} is no SHA256 fingerprint: `SHA256:` and 43 characters, as `ssh-keygen -lf FILE` prints it"


def known_hosts(text: str) -> str:
    """Lines of a known_hosts file, or nothing."""
    stripped = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    for number, line in enumerate(stripped.splitlines(), 1):
        if not line.startswith("#") and _KNOWN.fullmatch(line) is None:
            raise ValueError(f"line {number} is no known_hosts line: `NAME ssh-ed25519 AAAA…`, as `ssh-keyscan` prints it")
    return f"{stripped}\n" if stripped else ""
