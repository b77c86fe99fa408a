"""What a user is told when the host cannot be verified or logged in to, and that no secret leaves before it was verified."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from bluegreen.errors import BadInput, Unreachable
from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from bluegreen.model.ask import ConnectionAsk
from tests.e2e.connection.private_sshd import PrivateSshd, serve

_OTHER_PIN = "SHA256:" + "A" * 43


def _refusal(ask: ConnectionAsk) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        Connection.open(ask, SystemClock(60), Meter())
    return caught.value


def test_an_unexpected_host_key_shows_everything_the_host_offers(sshd: PrivateSshd) -> None:
    """Each key in the form to paste, with the warning to compare it elsewhere first; no login was tried."""
    before = sshd.log()
    error = _refusal(sshd.ask(fingerprints=(_OTHER_PIN,)))
    assert f"127.0.0.1 port {sshd.port} is not the one that was pinned" in error.what
    assert "Compare them with what it prints itself" in error.todo
    for kind in ("ed25519", "ecdsa", "rsa"):
        assert sshd.host_key(kind).fingerprint in error.todo
    assert "No secret was sent" in error.state
    time.sleep(0.1)
    assert not any(word in sshd.log()[len(before) :] for word in ("Accepted", "Failed", "user ", "Postponed"))


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_changed_host_key_is_refused_with_known_hosts_too(sshd: PrivateSshd, kind: str) -> None:
    """A line that names another key of the same type, or of a type the host lacks, trusts nothing else the host has."""
    stranger = (sshd.keys / f"stranger_{kind}.pub").read_text()
    error = _refusal(sshd.ask(fingerprints=(), known_hosts=f"[127.0.0.1]:{sshd.port} {stranger}"))
    assert "is not the one that was pinned" in error.what
    assert sshd.host_key(kind).fingerprint in error.todo
    assert sshd.host_key(kind).line("127.0.0.1", sshd.port) in error.todo


def test_a_host_that_known_hosts_does_not_name_is_unknown(sshd: PrivateSshd) -> None:
    """The usual slip is the port: the error shows the line as it must be."""
    error = _refusal(sshd.ask(fingerprints=(), known_hosts=sshd.host_key("ed25519").line("example.org", 22)))
    assert "no line of `known-hosts` is about this host" in error.what
    assert f"[127.0.0.1]:{sshd.port} ssh-ed25519" in error.todo


def test_a_line_of_known_hosts_that_cannot_be_read_is_named(sshd: PrivateSshd) -> None:
    """It may be the very line that was meant."""
    error = _refusal(sshd.ask(fingerprints=(), known_hosts=f"[127.0.0.1]:{sshd.port} ssh-ed25519 AAAAC3Nz"))
    assert "line 1 of `known-hosts` holds no whole ssh-ed25519 key" in error.means


def test_a_malformed_fingerprint_is_bad_input(sshd: PrivateSshd) -> None:
    """Exit 2, and the host is not contacted."""
    with pytest.raises(BadInput, match="`fingerprint`: 'SHA256:short' is not a fingerprint"):
        Connection.open(sshd.ask(fingerprints=("SHA256:short",)), SystemClock(60), Meter())


def test_a_certificate_authority_is_explained(sshd: PrivateSshd) -> None:
    """Host certificates are not supported, and are not mistaken for a pin."""
    error = _refusal(sshd.ask(fingerprints=(), known_hosts=f"@cert-authority * {(sshd.keys / 'stranger_ed25519.pub').read_text()}"))
    assert "certificate authority" in error.what
    assert "not supported" in error.what


def test_a_revoked_key_is_refused_although_its_fingerprint_is_pinned(sshd: PrivateSshd) -> None:
    """@revoked beats every pin."""
    line = f"@revoked * {(sshd.keys / 'host_ed25519.pub').read_text()}"
    error = _refusal(sshd.ask(known_hosts=line))
    assert "@revoked" in error.what


def test_a_pin_of_a_type_that_the_host_lacks_is_refused(keys: Path, tmp_path: Path) -> None:
    """A host with an RSA key only, and a line for an Ed25519 key."""
    with serve(keys, tmp_path, host_keys=("rsa",)) as server:
        error = _refusal(server.ask(fingerprints=(), known_hosts=server.host_key("ed25519").line("127.0.0.1", server.port)))
        assert server.host_key("rsa").fingerprint in error.todo
        with Connection.open(server.ask(fingerprints=(server.host_key("rsa").fingerprint,)), SystemClock(60), Meter()) as connection:
            assert connection.run(("true",)).status == 0


def test_a_wrong_key_is_told_with_the_line_to_add(sshd: PrivateSshd) -> None:
    """What was offered, what the host allows, and the authorized_keys line that is missing."""
    error = _refusal(sshd.ask(key=sshd.key("stranger_ed25519")))
    public = " ".join((sshd.keys / "stranger_ed25519.pub").read_text().split()[:2])
    assert "with this key, SHA256:" in error.what
    assert "The host allows: publickey" in error.means
    assert "authorized_keys" in error.todo
    assert public in error.todo


def test_a_wrong_user_is_named(sshd: PrivateSshd) -> None:
    """A user that does not exist looks like a wrong key to sshd; both are suggested."""
    error = _refusal(sshd.ask(username="bg-nobody"))
    assert "does not let bg-nobody log in" in error.what
    assert "`username` is wrong" in error.means


def test_a_host_without_key_logins_says_what_it_allows(keys: Path, tmp_path: Path) -> None:
    """Passwords only: nothing a key could do."""
    with serve(keys, tmp_path, options={"PubkeyAuthentication": "no", "PasswordAuthentication": "yes"}) as server:
        error = _refusal(server.ask())
    assert "allows only: password" in error.means


def test_a_host_that_wants_two_proofs_says_so(keys: Path, tmp_path: Path) -> None:
    """The key is right, yet it is not enough."""
    options = {"AuthenticationMethods": "publickey,password", "PasswordAuthentication": "yes"}
    with serve(keys, tmp_path, options=options) as server:
        error = _refusal(server.ask())
    assert "The key is right, but the host wants a second proof" in error.means


def test_no_refusal_holds_a_secret(sshd: PrivateSshd) -> None:
    """Neither the text nor any exception behind it holds a line of the key."""
    key = sshd.key("stranger_ed25519")
    secrets = [line for line in key.splitlines() if "-----" not in line]
    for error in (_refusal(sshd.ask(key=key)), _refusal(sshd.ask(key=key, fingerprints=(_OTHER_PIN,)))):
        chain = ["\n".join(error.lines())]
        behind = error.__cause__ or error.__context__
        while behind is not None:
            chain.append(repr(behind))
            behind = behind.__cause__ or behind.__context__
        assert not any(line in text for line, text in itertools.product(secrets, chain))
