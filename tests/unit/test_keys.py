"""Private keys in every form that people paste, and a sentence for each text that is none."""

from __future__ import annotations

import base64
from collections.abc import Callable

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption as Encrypted
from cryptography.hazmat.primitives.serialization import Encoding, KeySerializationEncryption, NoEncryption, PrivateFormat, PublicFormat

from bluegreen.errors import BadInput
from bluegreen.host.keys import load_key, problem

# The RSA key is a small one, because every loading checks it: the test is about the form.
_PRIVATE: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey] = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 - nothing trusts it
    "ecdsa-256": ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-521": ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}
_PASSPHRASE = "correct horse"
_CLEAR = NoEncryption()
# One bcrypt round instead of sixteen: the test is about the form, not about the work.
_LOCKED = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(_PASSPHRASE.encode())


def _text(kind: str, form: PrivateFormat, encryption: KeySerializationEncryption = _CLEAR) -> str:
    return _PRIVATE[kind].private_bytes(Encoding.PEM, form, encryption).decode()


def _public(kind: str) -> bytes:
    line = _PRIVATE[kind].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def _expect_usable(key: paramiko.PKey, kind: str) -> None:
    """The key is the one that was written, and can sign."""
    assert key.asbytes() == _public(kind)
    signature = key.sign_ssh_data(b"data")
    signature.rewind()
    public = paramiko.PKey.from_type_string(key.get_name(), key.asbytes())
    assert public.verify_ssh_sig(b"data", signature)


@pytest.mark.parametrize("kind", _PRIVATE)
@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
def test_a_plain_key_of_any_kind_loads(kind: str, form: PrivateFormat) -> None:
    """OpenSSH's own form and PKCS#8, which paramiko itself rejects."""
    _expect_usable(load_key(_text(kind, form), ""), kind)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa-256"])
@pytest.mark.parametrize("encryption", [_CLEAR, Encrypted(_PASSPHRASE.encode())])
def test_traditional_pem_loads(kind: str, encryption: KeySerializationEncryption) -> None:
    """`BEGIN RSA PRIVATE KEY`, as EC2 hands them out, with and without a passphrase."""
    _expect_usable(load_key(_text(kind, PrivateFormat.TraditionalOpenSSL, encryption), _PASSPHRASE), kind)


@pytest.mark.parametrize("kind", ["ecdsa-256", "ed25519"])
def test_an_encrypted_key_loads(kind: str) -> None:
    """Both forms with the right passphrase, also when it was pasted with a line break behind it."""
    _expect_usable(load_key(_text(kind, PrivateFormat.OpenSSH, _LOCKED), _PASSPHRASE), kind)
    _expect_usable(load_key(_text(kind, PrivateFormat.PKCS8, Encrypted(_PASSPHRASE.encode())), f"{_PASSPHRASE}\n"), kind)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last newline"),
        pytest.param(lambda text: text.replace("\n", "\\n"), id="escaped newlines"),
        pytest.param(lambda text: text.replace("\n", "\\r\\n"), id="escaped CRLF"),
        pytest.param(lambda text: f'\n  "{text}"  \n', id="quotes and blanks"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\n    "), id="indented"),
        pytest.param(lambda text: text.replace("\n", " "), id="on one line"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="blank lines"),
        pytest.param(lambda text: base64.b64encode(text.encode()).decode(), id="base64 once more"),
        pytest.param(lambda text: f"Here it is:\n{text}\nthanks", id="words around it"),
    ],
)
def test_what_pasting_does_to_a_key_is_undone(damage: Callable[[str], str]) -> None:
    """Secrets pass through web forms, YAML, JSON and shells; PEM with headers inside is the hardest to put together again."""
    _expect_usable(load_key(damage(_text("ed25519", PrivateFormat.OpenSSH)), ""), "ed25519")
    locked = _text("ecdsa-256", PrivateFormat.TraditionalOpenSSL, Encrypted(_PASSPHRASE.encode()))
    _expect_usable(load_key(damage(locked), _PASSPHRASE), "ecdsa-256")


def test_an_unneeded_passphrase_does_no_harm() -> None:
    """One secret set for several hosts, only some of whose keys need it."""
    _expect_usable(load_key(_text("ed25519", PrivateFormat.OpenSSH), _PASSPHRASE), "ed25519")


def test_a_block_beside_the_key_does_no_harm() -> None:
    """`openssl ecparam -genkey` writes the curve first."""
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    _expect_usable(load_key(parameters + _text("ecdsa-256", PrivateFormat.TraditionalOpenSSL), ""), "ecdsa-256")


def _problem_texts() -> dict[str, tuple[str, str, str]]:
    """Text, passphrase, and words of the sentence that explains it."""
    openssh, pem = _text("ed25519", PrivateFormat.OpenSSH), _text("ecdsa-521", PrivateFormat.TraditionalOpenSSL)
    locked = _text("ed25519", PrivateFormat.OpenSSH, _LOCKED)
    locked_pem = _text("ecdsa-256", PrivateFormat.TraditionalOpenSSL, Encrypted(_PASSPHRASE.encode()))
    locked_pkcs8 = _text("ecdsa-256", PrivateFormat.PKCS8, Encrypted(_PASSPHRASE.encode()))
    public = _PRIVATE["ed25519"].public_key()
    odd = ec.generate_private_key(ec.SECP256K1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _CLEAR).decode()
    lines, pem_lines = openssh.splitlines(), pem.splitlines()
    return {
        "empty": ("  \n", "", "that secret may not be configured"),
        "public key": (public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(), "", "is a public key"),
        "public PEM": (public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "", "is a public key"),
        "ppk": ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "", "puttygen KEY.ppk -O private-openssh"),
        "certificate": ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", "is a certificate"),
        "path": ("~/.ssh/id_ed25519", "", "looks like the path of a file"),
        "words": ("my key", "", "is not a private key"),
        "no last line": ("\n".join(lines[:-1]), "", "is cut off"),
        "a line lost": ("\n".join([*lines[:2], *lines[3:]]), "", "cut off or damaged"),
        "a PEM line lost": ("\n".join([*pem_lines[:3], *pem_lines[4:]]), "", "cut off or damaged"),
        "a character changed": ("\n".join([*pem_lines[:2], f"*{pem_lines[2][1:]}", *pem_lines[3:]]), "", "is damaged"),
        "a middle changed": (openssh.replace(lines[3], lines[3][::-1]), "", "damaged"),
        "passphrase missing": (locked, "", "`passphrase` is empty"),
        "PEM passphrase missing": (locked_pem, "", "`passphrase` is empty"),
        "PKCS#8 passphrase missing": (locked_pkcs8, "", "`passphrase` is empty"),
        "passphrase wrong": (locked, "wrong", "`passphrase` does not open `key`"),
        "PEM passphrase wrong": (locked_pem, "wrong", "`passphrase` does not open `key`"),
        "PKCS#8 passphrase wrong": (locked_pkcs8, "wrong", "`passphrase` does not open `key`"),
        "odd curve": (odd, "", "that no current SSH server accepts"),
    }


_PROBLEMS = _problem_texts()


@pytest.mark.parametrize("name", _PROBLEMS)
def test_a_text_that_is_no_usable_key_is_explained(name: str) -> None:
    """One sentence that says what it is and what to do, exit 2, and nothing of the secret in it or behind it."""
    text, passphrase, words = _PROBLEMS[name]
    with pytest.raises(BadInput) as caught:
        load_key(text, passphrase)
    (sentence,) = caught.value.problems
    assert words in sentence
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    secrets = [line for line in text.splitlines() if len(line) > 20 and "-----" not in line]
    assert not any(line in sentence for line in secrets)


def test_a_problem_can_be_asked_for() -> None:
    """As one sentence for the list of all problems; empty for a usable key."""
    assert problem("my key", "").startswith("`key` is not a private key")
    assert problem(_text("ed25519", PrivateFormat.OpenSSH), "") == ""
