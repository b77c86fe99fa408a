"""Bad inputs, end to end: what an author reads when a secret is missing, a key is of the wrong kind, or the host is another one."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.deploying import SECRETS, expect_end, leaks
from tests.e2e.product import Product

_PASSPHRASE = "s3cr3t-passphrase"


@pytest.fixture(scope="module")
def product(running_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The product, whose every run here ends before anything is touched."""
    running_box.reset()
    product = Product(running_box, tmp_path_factory.mktemp("inputs"))
    product.inputs |= {"env": f"SECRET_TOKEN={SECRETS[0]}", "build-secrets": f"npm={SECRETS[1]}", "timeout": "3s"}
    return product


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key that the box does not know, in several forms."""
    directory = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("other", ""), ("locked", _PASSPHRASE)):
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(directory / name)), check=True)
    ppk = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: mine\nPublic-Lines: 2\nAAAA\nBBBB\nPrivate-Lines: 1\nCCCC\n"
    (directory / "other.ppk").write_text(ppk)
    return directory


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("key", "", "`key` is empty: is the secret configured"),
        ("host", "", "`host` is empty"),
        ("username", "", "`username` is empty"),
        ("fingerprint", "", "`fingerprint`"),
        ("fingerprint", "SHA256:short", "`fingerprint`"),
        ("port", "70000", "`port`"),
        ("container-port", "80000", "`container-port`: `80000`"),
        ("container-port", "http", "`container-port`: `http`"),
        ("drain-timeout", "soon", "`drain-timeout`: `soon`"),
        ("watch", "10 parsecs", "`watch`: `10 parsecs`"),
        ("shift", "150% 5s", "`shift`: `150% 5s`"),
        ("shift", "50% 5s, 10% 5s", "`shift`"),
        ("shift", "ten", "`shift`: `ten`"),
        ("server-name", "a; } server {", "`server-name`: `a;`"),
        ("health-path", "healthz", "`health-path`: `healthz`"),
        ("health-path", "/a b", "`health-path`"),
        ("health-status", "ok", "`health-status`: `ok`"),
        ("log-fail", "(", "`log-fail`"),
        ("listen", "eighty", "`listen`: `eighty`"),
        ("url", "example.com", "`url`"),
        ("app", "My App", "`app`"),
        ("image", "My/Image!", "`image`"),
        ("memory", "lots", "`memory`: `lots`"),
        ("keep", "-1", "`keep`"),
        ("env", "=x", "`env`"),
        ("volumes", "data", "`volumes`"),
        ("container-options", "--privileged", "--privileged"),
        ("container-options", "-p 80:80", "-p"),
        ("source", "pull", "`source`: `pull`"),
        ("tls-certificate", "/etc/cert.pem", "`tls-certificate-key`"),
        ("context", "nowhere", "`context`"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(product: Product, name: str, value: str, word: str) -> None:
    """Exit code 2 within a second or so, naming the input and what it was given, with nothing contacted."""
    done = product.start_deploy("v2", **{name: value}).finish()
    expect_end(done, 2, word)
    assert not leaks(done, (*SECRETS, *product.inputs["key"].splitlines()[1:-1]))


def test_an_unknown_command_is_named(product: Product) -> None:
    """It is no reason to guess; it is not repeated, for it may be a secret that strayed."""
    expect_end(product.run("undeploy"), 2, "none of the commands deploy, plan, rollback", "did you mean `deploy`")


def test_all_problems_are_told_at_once(product: Product) -> None:
    """Nobody wants to push once per mistake."""
    done = product.deploy("v2", key="", container_port="80000", shift="x", health_path="y")
    expect_end(done, 2, "`key`", "`container-port`", "`shift`", "`health-path`", "Nothing was contacted and nothing was changed")


@pytest.mark.parametrize(
    ("inputs", "code", "words"),
    [
        pytest.param({"host": "nowhere.invalid"}, 3, ("nowhere.invalid does not resolve",), id="wrong host"),
        pytest.param({"port": "9"}, 3, ("port 9 refuses connections", "sshd"), id="closed port"),
        pytest.param({"username": "nobody2"}, 3, ("nobody2", "authorized_keys"), id="wrong user"),
        pytest.param({"fingerprint": f"SHA256:{'A' * 43}"}, 3, ("No secret was sent", "fingerprint"), id="changed host key"),
    ],
)
def test_a_host_that_is_not_reached(product: Product, inputs: dict[str, str], code: int, words: tuple[str, ...]) -> None:
    """Exit code 3, what it probably means, and that nothing was changed."""
    done = product.start_deploy("v2", **inputs).finish()
    expect_end(done, code, *words)
    assert "othing was changed" in done.out
    assert not leaks(done, (*SECRETS, *product.inputs["key"].splitlines()[1:-1]))


def test_a_changed_host_key_is_shown_in_the_form_to_paste(product: Product) -> None:
    """What the host offers stands in the error, for who has checked that it is the right host."""
    expect_end(product.deploy("v2", fingerprint=f"SHA256:{'A' * 43}"), 3, product.box.fingerprint)


def test_a_silent_port(product: Product, silent_port: int) -> None:
    """It is given up after `timeout`."""
    done = product.deploy("v2", host="127.0.0.1", port=str(silent_port))
    expect_end(done, 3, f"127.0.0.1 port {silent_port}", "within 3 s")


@pytest.mark.parametrize(
    ("file", "inputs", "code", "words"),
    [
        pytest.param("other", {}, 3, ("authorized_keys", "ssh-ed25519"), id="wrong key"),
        pytest.param("other.pub", {}, 2, ("`key`", "public"), id="public key"),
        pytest.param("other.ppk", {}, 2, ("`key`", "PuTTY"), id="ppk"),
        pytest.param("locked", {}, 2, ("`passphrase`",), id="passphrase missing"),
        pytest.param("locked", {"passphrase": "s3cr3t-and-wrong"}, 2, ("`passphrase`",), id="passphrase wrong"),
    ],
)
def test_a_key_that_does_not_open_the_host(
    product: Product, keys: Path, file: str, inputs: dict[str, str], code: int, words: tuple[str, ...]
) -> None:
    """Exit code 2 for one that can never work, 3 for one that this host does not know; no part of it is shown."""
    key = (keys / file).read_text()
    done = product.start_deploy("v2", **inputs | {"key": key}).finish()
    expect_end(done, code, *words)
    private = () if file.endswith(".pub") else tuple(line for line in key.splitlines()[1:-1] if len(line) > 20)
    assert not leaks(done, (*SECRETS, *private, "s3cr3t-and-wrong"))


def test_after_all_that_the_host_is_as_new(product: Product) -> None:
    """None of these runs made anything on the host."""
    assert product.box.docker("ps", "-aq") == ""
    assert product.box.sh("ls -d /var/lib/bluegreen /run/bluegreen /etc/nginx/conf.d/bluegreen* 2> /dev/null; true") == ""
