"""How to reach the host, and how either side proves who it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from bluegreen.inputs.field import Group, Kind, given
from bluegreen.inputs.parse import names, quantities, trust

_NOT_CONFIGURED = "it is empty. If it comes from a secret or a variable: is that configured for this repository or environment?"
_FORKS = "Workflows of forks and of Dependabot do not get secrets. On the command line `--key-file` names its file."


def _host(text: str) -> str:
    if not text.strip():
        raise ValueError(_NOT_CONFIGURED)
    return names.host_name(text)


def _username(text: str) -> str:
    if not text.strip():
        raise ValueError(_NOT_CONFIGURED)
    return names.user_name(text)


def _key(text: str) -> str:
    if not text.strip():
        raise ValueError(f"it is empty: is the secret configured for this repository or environment? {_FORKS}")
    return text


def _known_hosts(text: str, info: ValidationInfo) -> str:
    if not text.strip() and info.data.get("fingerprint") == ():
        raise ValueError(
            "it is empty and so is `fingerprint`, and one of them must say which host to trust. On the host, "
            "`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints its fingerprint."
        )
    return trust.known_hosts(text)


class ConnectionInputs(Group):
    """Connection."""

    host: Annotated[str, PlainValidator(_host)] = given("", "Name or address of the host to deploy to.", required=True)
    port: Annotated[int, PlainValidator(quantities.port)] = given("22", "Port of its SSH server.")
    username: Annotated[str, PlainValidator(_username)] = given(
        "", "User to log in as; must be able to use Docker, and `sudo -n` unless it is root.", required=True
    )
    key: Annotated[str, PlainValidator(_key)] = given(
        "", "Private key of that user: OpenSSH, PEM or PKCS#8.", kind=Kind.SECRET, required=True
    )
    passphrase: Annotated[str, PlainValidator(str)] = given("", "Passphrase of an encrypted `key`.", kind=Kind.SECRET)
    fingerprint: Annotated[tuple[str, ...], PlainValidator(trust.fingerprints)] = given(
        "",
        """SHA256 fingerprint of the host's key, as `ssh-keygen -lf` prints it; several are apart by lines or commas.
        This or `known-hosts` is required.""",
        kind=Kind.LIST,
    )
    known_hosts: Annotated[str, PlainValidator(_known_hosts)] = given(
        "", "Lines of a known_hosts file for the host, instead of `fingerprint` or besides it.", kind=Kind.LIST
    )
    timeout: Annotated[float, PlainValidator(quantities.seconds)] = given("30s", "How long connecting and logging in may take.")
    deadline: Annotated[float, PlainValidator(quantities.seconds)] = given(
        "30m", "How long the whole run may take; then it ends as if cancelled."
    )
