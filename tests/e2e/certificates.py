"""Certificates that sign themselves, where a host keeps such files."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.box import Box

__all__ = ["CERTIFICATE", "KEY", "self_signed"]

CERTIFICATE, KEY = "/etc/ssl/example/fullchain.pem", "/etc/ssl/example/key.pem"


def self_signed(box: Box, name: str) -> None:
    """A certificate for that name, in the place of the one that may be there; each call makes another."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + dt.timedelta(days=2))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    box.write(CERTIFICATE, builder.sign(key, hashes.SHA256()).public_bytes(pem).decode())
    box.write(KEY, private.decode(), mode="0600")
