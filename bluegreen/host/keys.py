"""Private keys as people paste them into a secret, made usable, or explained, without touching the network."""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
from dataclasses import dataclass

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from bluegreen.errors import BadInput

__all__ = ["load_key", "problem"]

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEADER = re.compile(r"(Proc-Type|DEK-Info):\s*(\S+)")
_PUBLIC = re.compile(r"(ssh-\w+|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA|-----BEGIN ([A-Z]+ )?PUBLIC KEY|---- BEGIN SSH2 PUBLIC")
_MAGIC = b"openssh-key-v1\0"
_WANTED = "`key` must hold the whole private key, from its line `-----BEGIN … PRIVATE KEY-----` to its line `-----END … PRIVATE KEY-----`"


class _UnusableError(Exception):
    """Why the key cannot be used, in words that hold nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """One PEM block: its label, its bytes, and its text in the one form that every parser takes."""

    label: str
    body: bytes
    encrypted: bool
    pem: bytes


def load_key(text: str, passphrase: str) -> paramiko.PKey:
    """The private key in `text`, in any common form. Raises `BadInput` naming `key` or `passphrase`, never quoting either."""
    try:
        return _to_paramiko(_open(_find_block(_tidy(text)), passphrase))
    except _UnusableError as error:
        raise BadInput([str(error)]) from None


def problem(text: str, passphrase: str) -> str:
    """What is wrong with the key, in one sentence or two; empty when it can be used."""
    try:
        load_key(text, passphrase)
    except BadInput as error:
        return error.problems[0]
    return ""


def _tidy(text: str) -> str:
    """Take off what copying adds: a byte order mark, quotes, CRLF, escaped newlines, one more layer of base64."""
    text = text.replace("\ufeff", "").strip().strip("\"'`").strip()
    text = text.replace("\\r", "").replace("\\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if "-----BEGIN" not in text:
        try:
            decoded = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
        except (ValueError, UnicodeDecodeError):
            return text
        return decoded.replace("\r", "") if "-----BEGIN" in decoded else text
    return text


def _find_block(text: str) -> _Block:
    """The private key's block; other blocks, such as EC PARAMETERS, may stand around it."""
    if not text:
        message = "`key` is empty. If it comes from a secret, that secret may not be configured for this repository or environment."
        raise _UnusableError(message)
    if text.startswith("PuTTY-User-Key-File"):
        message = (
            "`key` is a PuTTY key (.ppk). Convert it with `puttygen KEY.ppk -O private-openssh -o KEY` and use the content of that file."
        )
        raise _UnusableError(message)
    blocks = [found for found in _BLOCK.finditer(text) if found[1].endswith("PRIVATE KEY")]
    if blocks:
        return _read_block(blocks[0])
    if _PUBLIC.match(text):
        message = f"`key` is a public key. {_WANTED}; it is in the file without `.pub`."
        raise _UnusableError(message)
    if "-----BEGIN CERTIFICATE" in text:
        message = f"`key` is a certificate. {_WANTED}."
        raise _UnusableError(message)
    if "-----BEGIN" in text:
        message = f"`key` is cut off: its last line, `-----END … PRIVATE KEY-----`, is missing. {_WANTED}."
        raise _UnusableError(message)
    if "\n" not in text and re.match(r"[~./\w-]*/[^ ]*$", text):
        message = f"`key` looks like the path of a file. {_WANTED}; for a file there is the flag `--key-file`."
        raise _UnusableError(message)
    message = f"`key` is not a private key. {_WANTED}."
    raise _UnusableError(message)


def _read_block(found: re.Match[str]) -> _Block:
    label, inner = found[1], found[2]
    headers = _HEADER.findall(inner)
    digits = "".join(_HEADER.sub("", inner).split())
    try:
        body = base64.b64decode(digits, validate=True)
    except binascii.Error:
        message = f"`key` is damaged: what stands between its first and its last line is not what was there originally. {_WANTED}."
        raise _UnusableError(message) from None
    lines = [f"{name}: {value}" for name, value in headers]
    lines += [""] if headers else []
    lines += [digits[start : start + 64] for start in range(0, len(digits), 64)]
    pem = "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()
    block = _Block(label=label, body=body, encrypted=_is_encrypted(label, body, bool(headers)), pem=pem)
    if not _is_whole(block, bool(headers)):
        message = f"`key` is cut off or damaged: a part of what should stand between its first and its last line is missing. {_WANTED}."
        raise _UnusableError(message)
    return block


def _is_encrypted(label: str, body: bytes, headers: bool) -> bool:  # noqa: FBT001 - a fact about the block, not an option
    if label == "OPENSSH PRIVATE KEY":
        return not body.startswith(_MAGIC + b"\0\0\0\4none")
    return headers or label == "ENCRYPTED PRIVATE KEY"


def _is_whole(block: _Block, headers: bool) -> bool:  # noqa: FBT001 - a fact about the block, not an option
    """Whether the lengths written inside the block agree with its length, as far as they can be read without its passphrase."""
    body = block.body
    if block.label == "OPENSSH PRIVATE KEY":
        return body.startswith(_MAGIC) and _openssh_is_whole(body[len(_MAGIC) :])
    if headers:
        return len(body) > 0 and len(body) % 8 == 0
    if len(body) < 4 or body[0] != 0x30:
        return False
    if body[1] < 0x80:
        return len(body) == body[1] + 2
    size = body[1] & 0x7F
    return len(body) == int.from_bytes(body[2 : 2 + size], "big") + 2 + size


def _openssh_is_whole(rest: bytes) -> bool:
    """PROTOCOL.key of OpenSSH: cipher, kdf, kdf options, a count, that many public keys, the private part; all length-prefixed."""
    try:
        for field in range(5):
            if field == 3:
                rest = rest[4:]
            (size,) = struct.unpack(">I", rest[:4])
            if len(rest) < 4 + size:
                return False
            rest = rest[4 + size :]
    except struct.error:
        return False
    return True


def _open(block: _Block, passphrase: str) -> object:
    """The key inside the block, as `cryptography` reads it: it knows every form, where paramiko rejects PKCS#8."""
    if block.encrypted and not passphrase:
        message = "`key` is protected by a passphrase, and `passphrase` is empty. If that comes from a secret, it may not be configured."
        raise _UnusableError(message)
    if not block.encrypted:
        return _decode(block, None)
    try:
        return _decode(block, passphrase.encode())
    except _UnusableError:
        if passphrase.strip() == passphrase:
            raise
    return _decode(block, passphrase.strip().encode())


def _decode(block: _Block, passphrase: bytes | None) -> object:
    load = serialization.load_ssh_private_key if block.label == "OPENSSH PRIVATE KEY" else serialization.load_pem_private_key
    try:
        return load(block.pem, passphrase)
    except UnsupportedAlgorithm:
        message = "`key` is of a kind that cannot be used here. Use an Ed25519, ECDSA or RSA key; `ssh-keygen -t ed25519` makes one."
    except (ValueError, TypeError):
        if passphrase is not None:
            message = "`passphrase` does not open `key`: it is wrong, or `key` is damaged. `ssh-keygen -y -f KEY` asks for it and tells."
        else:
            message = f"`key` is damaged. {_WANTED}."
    raise _UnusableError(message) from None


def _to_paramiko(key: object) -> paramiko.PKey:
    if isinstance(key, rsa.RSAPrivateKey):
        return paramiko.RSAKey(key=key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in {"secp256r1", "secp384r1", "secp521r1"}:
        return paramiko.ECDSAKey(vals=(key, key.public_key()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        return paramiko.Ed25519Key.from_private_key(io.StringIO(text.decode()))
    message = "`key` is of a kind that no current SSH server accepts. Use an Ed25519, ECDSA or RSA key; `ssh-keygen -t ed25519` makes one."
    raise _UnusableError(message)
