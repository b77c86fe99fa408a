"""Which host keys are trusted, from fingerprints and from known_hosts as OpenSSH reads it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from bluegreen.host.hostkeys import ALGORITHMS, HostKey, Pins, Trust, known_hosts_problems, read_fingerprint


def _key(kind: str, seed: int) -> HostKey:
    """A key that looks like one of that type: its wire form starts with the type's name."""
    return HostKey(type=kind, blob=len(kind).to_bytes(4, "big") + kind.encode() + bytes([seed]) * 40)


_ED25519, _RSA, _ECDSA = _key("ssh-ed25519", 1), _key("ssh-rsa", 2), _key("ecdsa-sha2-nistp256", 3)
_OTHER = _key("ssh-ed25519", 9)


def _words(key: HostKey) -> str:
    return f"{key.type} {base64.b64encode(key.blob).decode()}"


def _hashed(name: str) -> str:
    """A name as ssh-keygen -H writes it."""
    salt = hashlib.sha1(name.encode(), usedforsecurity=False).digest()
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def _judge(known_hosts: str, key: HostKey = _ED25519, *, host: str = "ec2.example.org", port: int = 22) -> Trust:
    return Pins.read((), known_hosts, host, port).judge(key)


@pytest.mark.parametrize(
    "text",
    [
        _ED25519.fingerprint,
        f"  {_ED25519.fingerprint}=\n",
        _ED25519.fingerprint.removeprefix("SHA256:"),
        _ED25519.fingerprint.replace("SHA256", "sha256"),
        f"256 {_ED25519.fingerprint} root@ip-10-0-0-1 (ED25519)",
        f'"{_ED25519.fingerprint}"',
    ],
)
def test_a_fingerprint_is_read_as_people_paste_it(text: str) -> None:
    """With and without prefix and padding, or a whole line of ssh-keygen."""
    assert read_fingerprint(text) == _ED25519.fingerprint
    assert Pins.read((text,), "", "h", 22).judge(_ED25519) is Trust.TRUSTED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "MD5"),
        ("16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "MD5"),
        ("SHA256:short", "not a fingerprint"),
        ("", "not a fingerprint"),
    ],
)
def test_what_is_no_fingerprint_is_explained(text: str, words: str) -> None:
    """MD5 ones, which old guides show, have their own sentence."""
    with pytest.raises(ValueError, match=words):
        read_fingerprint(text)


def test_a_fingerprint_is_ssh_keygens() -> None:
    """The form that ssh-keygen -l prints: unpadded base64 of the key's SHA-256."""
    assert _RSA.fingerprint == "SHA256:" + base64.b64encode(hashlib.sha256(_RSA.blob).digest()).decode().rstrip("=")
    assert (_RSA.label, _ECDSA.label, _ED25519.label) == ("RSA", "ECDSA", "ED25519")


def test_any_of_several_fingerprints_is_trusted_and_makes_every_type_worth_trying() -> None:
    """A fingerprint does not tell the type of its key."""
    pins = Pins.read((_RSA.fingerprint, _ECDSA.fingerprint), "", "h", 22)
    assert [pins.judge(key) for key in (_RSA, _ECDSA, _ED25519)] == [Trust.TRUSTED, Trust.TRUSTED, Trust.CHANGED]
    assert pins.types == tuple(ALGORITHMS)


@pytest.mark.parametrize(
    "names",
    [
        "ec2.example.org",
        "EC2.Example.org",
        "other,ec2.example.org,10.0.0.1",
        "*.example.org",
        "ec?.example.org",
        "*,!db.example.org",
        _hashed("ec2.example.org"),
    ],
)
def test_a_line_of_known_hosts_names_its_hosts(names: str) -> None:
    """Plain, in any case, among others, by wildcards, with exceptions, and hashed."""
    assert _judge(f"# a comment\n\n{names} {_words(_ED25519)} a comment\n") is Trust.TRUSTED
    assert _judge(f"{names} {_words(_OTHER)}") is Trust.CHANGED


@pytest.mark.parametrize(
    "names",
    [
        "db.example.org",
        "example.org",
        "*,!ec2.example.org",
        "ec2.example.org.evil",
        "[ec2.example.org]:2222",
        "ec2xexample.org",
        _hashed("db"),
    ],
)
def test_a_line_about_another_host_says_nothing(names: str) -> None:
    """Another name, another port, an exception, a dot that is only a dot."""
    assert _judge(f"{names} {_words(_ED25519)}") is Trust.UNKNOWN


@pytest.mark.parametrize("names", ["[ec2.example.org]:2222", _hashed("[ec2.example.org]:2222"), "[*.example.org]:2222", "ec2.example.org"])
def test_another_port_is_written_in_brackets(names: str) -> None:
    """And a line without a port counts when none has the port, as for OpenSSH."""
    assert _judge(f"{names} {_words(_ED25519)}", port=2222) is Trust.TRUSTED


def test_a_line_with_the_port_beats_one_without() -> None:
    """Two servers on one address, each with its own key."""
    text = f"ec2.example.org {_words(_ED25519)}\n[ec2.example.org]:2222 {_words(_OTHER)}"
    assert _judge(text, _OTHER, port=2222) is Trust.TRUSTED
    assert _judge(text, _ED25519, port=2222) is Trust.CHANGED


def test_the_types_to_negotiate_follow_from_the_lines() -> None:
    """In our order of preference, not in the file's; other types could not be trusted anyway."""
    text = "\n".join(f"ec2.example.org {_words(key)}" for key in (_RSA, _ECDSA))
    assert Pins.read((), text, "ec2.example.org", 22).types == ("ecdsa-sha2-nistp256", "ssh-rsa")
    assert Pins.read((_ED25519.fingerprint,), text, "ec2.example.org", 22).types == tuple(ALGORITHMS)
    assert Pins.read((), "", "ec2.example.org", 22).types == tuple(ALGORITHMS)


def test_a_revoked_key_is_never_trusted() -> None:
    """Whatever else pins it."""
    text = f"ec2.example.org {_words(_ED25519)}\n@revoked * {_words(_ED25519)}"
    assert _judge(text) is Trust.REVOKED
    assert Pins.read((_ED25519.fingerprint,), text, "ec2.example.org", 22).judge(_ED25519) is Trust.REVOKED


def test_an_authority_is_noticed_and_is_no_pin() -> None:
    """The error must say that certificates are not supported, not that the host is unknown."""
    pins = Pins.read((), f"@cert-authority *.example.org {_words(_ED25519)}", "ec2.example.org", 22)
    assert pins.authority
    assert pins.judge(_ED25519) is Trust.UNKNOWN
    assert not Pins.read((), f"@cert-authority *.example.com {_words(_ED25519)}", "ec2.example.org", 22).authority


def test_a_key_is_printed_as_a_line_that_is_read_back() -> None:
    """What an error shows can be pasted."""
    for port in (22, 2222):
        assert _judge(_ED25519.line("EC2.example.org", port), port=port) is Trust.TRUSTED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (_words(_ED25519), "the host's name must stand before it"),
        ("ec2.example.org", "is not `HOST TYPE KEY`"),
        (f"@trusted ec2.example.org {_words(_ED25519)}", "not a marker"),
        ("@revoked", "is not `HOST TYPE KEY`"),
        ("ec2.example.org ssh-ed25519 AAAAC3Nz*", "may be cut off"),
        ("ec2.example.org ssh-ed25519 AAAA", "may be cut off"),
        (f"ec2.example.org ssh-rsa {_words(_ED25519).split()[1]}", "holds no whole ssh-rsa key"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(line: str, words: str) -> None:
    """The good lines around it count all the same."""
    text = f"ec2.example.org {_words(_ED25519)}\n{line}"
    (problem,) = known_hosts_problems(text)
    assert problem.startswith("line 2 of `known-hosts`")
    assert words in problem
    assert _judge(text) is Trust.TRUSTED


def test_a_readable_text_has_no_problems() -> None:
    """ssh-keyscan's comments and blank lines included."""
    assert known_hosts_problems(f"# h:22 SSH-2.0-OpenSSH_9.2p1\n\nh {_words(_ED25519)}\n|1|x|y {_words(_RSA)}\n") == []
