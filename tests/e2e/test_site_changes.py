"""What makes NGINX's site another one: a port, a server name, a certificate. Then, and only then, NGINX reloads."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.deploying import APP_NAME, QUICK, expect_end, expect_only_raced, expect_served_by, users
from tests.e2e.product import APP, Product, serving
from tests.load import Kind, Load, Target

_NAME = "www.example.test"
_WARNING = "NGINX's configuration changes, so NGINX reloads"


@pytest.fixture
def live(product: Product) -> Product:
    """v1 is live, on port 80 and for any name."""
    product.inputs |= QUICK
    assert product.deploy("v1").exit_code == 0
    return product


def _other_port(directory: Path) -> str:
    """The test application as it would be on port 9000."""
    context = shutil.copytree(APP, directory / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (context / "Dockerfile", context / "testapp" / "__main__.py"):
        file.write_text(file.read_text().replace("8000", "9000"))
    return str(context)


def _curl(box: Box, url: str, *words: str) -> str:
    """What curl on the host gets for a URL of ours, its certificate taken as it is."""
    resolve = " ".join(f"--resolve {_NAME}:{port}:127.0.0.1" for port in (80, 443))
    return box.sh(f"curl -sk {resolve} {' '.join(words)} {url}")


def test_another_container_port(box: Box, live: Product, tmp_path: Path) -> None:
    """A release that listens elsewhere is found there; the old one answers on its own port until the end; back works as well."""
    with users(box, tmp_path / "load.jsonl") as load:
        done = live.deploy("v2", context=_other_port(tmp_path), shift="50% 2s")
        back = live.deploy("v1")
        again = live.run("rollback")
        records = load.stop()
    expect_end(done, 0, "v2 serves all traffic", ":9000, no port published", _WARNING)
    expect_end(back, 0, "v1 serves all traffic")
    expect_end(again, 0, "v2 serves all traffic again")
    expect_only_raced(records)
    assert {record.version for record in records if record.version} == {"v1", "v2"}
    assert set(serving(box, count=10)) == {"v2"}


def test_a_release_that_fails_on_another_port_leaves_the_site_as_it_was(box: Box, live: Product, tmp_path: Path) -> None:
    """Going back is going back with the site too, byte for byte."""
    site = f"sha256sum /etc/nginx/conf.d/bluegreen-{APP_NAME}.conf"
    before = box.sh(site)
    with users(box, tmp_path / "load.jsonl") as load:
        done = live.deploy("v2", context=_other_port(tmp_path), bad="traceback=3", shift="50% 5s")
        records = load.stop()
    expect_end(done, 8, "at 50 % of the traffic")
    expect_only_raced(records)
    assert box.sh(site) == before
    assert set(serving(box, count=10)) == {"v1"}


def test_another_server_name(box: Box, live: Product, tmp_path: Path) -> None:
    """The users of the new name are served before, during and after; the next release of the same name reloads nothing."""
    with users(box, tmp_path / "load.jsonl", host=_NAME) as load:
        done = live.deploy("v2", server_name=_NAME)
        records = load.stop()
    expect_end(done, 0, f"http://{_NAME}/", _WARNING)
    expect_only_raced(records)
    assert box.sh(f"nginx -T 2> /dev/null | grep -c 'server_name {_NAME};'") == "1"
    with users(box, tmp_path / "load.jsonl", host=_NAME) as load:
        done = live.deploy("v3", server_name=_NAME)
        records = load.stop()
    expect_end(done, 0)
    assert _WARNING not in done.out
    expect_served_by(records, "v2", "v3")
    expect_end(live.run("rollback"), 4, f"`server-name: {_NAME}`, which this run was not given")
    expect_end(live.run("rollback", server_name=_NAME), 0, "v2 serves all traffic again")
    assert set(serving(box, count=10, host=_NAME)) == {"v2"}


def test_the_same_release_with_another_server_name_only_changes_the_site(box: Box, live: Product) -> None:
    """The container is what it was: nothing about it has changed."""
    before = box.docker("ps", "-q", "--no-trunc")
    done = live.deploy("v1", server_name=_NAME)
    expect_end(done, 0)
    assert box.docker("ps", "-aq", "--no-trunc") == before
    assert set(serving(box, count=10, host=_NAME)) == {"v1"}
    assert live.deploy("v1", server_name=_NAME).outputs["result"] == "unchanged"


def _challenge(box: Box, token: str) -> str:
    """A challenge as `certbot --webroot -w /var/www/html` leaves it, and what the authority gets when it asks on port 80."""
    box.write(f"/var/www/html/.well-known/acme-challenge/{token}", f"{token}.thumbprint")
    return _curl(box, f"http://{_NAME}/.well-known/acme-challenge/{token}", "-L")


def test_tls_comes_is_renewed_and_goes(box: Box, live: Product, tmp_path: Path) -> None:
    """With a certificate the site moves to port 443 and port 80 leads there, but for challenges; without, all is back.

    The first certificate can be had over the plain site, and a renewal in the middle of a shift is as harmless as its reload.
    """
    assert _challenge(box, "first") == "first.thumbprint"
    self_signed(box, _NAME)
    tls = {"server-name": _NAME, "tls-certificate": CERTIFICATE, "tls-certificate-key": KEY}
    with users(box, tmp_path / "plain.jsonl", host=_NAME) as load:
        done = live.start_deploy("v2", **tls).finish()
        records = load.stop()
    expect_end(done, 0, f"https://{_NAME}/")
    expect_only_raced(records)
    assert {record.status for record in records if not record.failed} == {200, 301}
    assert _curl(box, f"http://{_NAME}/a?b=c", "-o /dev/null -w '%{http_code} %{redirect_url}'") == f"301 https://{_NAME}/a?b=c"
    assert _curl(box, f"https://{_NAME}/", "-o /dev/null -w '%{http_code} %{http_version}'") == "200 2"

    served = ssl.get_server_certificate((box.address, 443))
    target = Target(address=box.address, port=443, host=_NAME, tls=True)
    with Load(target, tmp_path / "tls.jsonl", rates={Kind.GET: 40, Kind.POST: 20, Kind.FRESH: 10}) as load:
        run = live.start_deploy("v3", **tls | {"shift": "50% 3s"})
        run.wait_for("50 % of the requests go to")
        assert _challenge(box, "renewal") == "renewal.thumbprint"
        self_signed(box, _NAME)
        box.sh("nginx -s reload")
        done = run.finish()
        records = load.stop()
    expect_end(done, 0, "v3 serves all traffic")
    expect_only_raced(records)
    assert {record.version for record in records if record.version} == {"v2", "v3"}
    assert ssl.get_server_certificate((box.address, 443)) != served

    done = live.deploy("v4", server_name=_NAME)
    expect_end(done, 0, f"http://{_NAME}/")
    assert "old NGINX worker" not in done.out  # nobody uses the site any more, and the deployment itself keeps none of them
    assert set(serving(box, count=10, host=_NAME)) == {"v4"}


def test_a_site_of_that_name_on_port_443_is_found_before_anything_is_started(box: Box, live: Product) -> None:
    """The user's own TLS site, and whoever has port 80's redirect: both are named, with the other way to go."""
    self_signed(box, _NAME)
    pair = f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};"
    text = f"server {{ listen [::]:443 ssl; listen 443 ssl; server_name x.test {_NAME}; {pair} }}\nserver {{ server_name {_NAME}; }}\n"
    box.write("/etc/nginx/conf.d/theirs.conf", text)
    box.sh("nginx -s reload")
    done = live.deploy("v2", server_name=f"y.test {_NAME}", tls_certificate=CERTIFICATE, tls_certificate_key=KEY)
    expect_end(done, 4, f"theirs.conf:1 already serves {_NAME} on 0.0.0.0:443", f"theirs.conf:2 already serves {_NAME} on 0.0.0.0:80")
    expect_end(done, 4, "`site: include`", "Nothing was started", f"{APP_NAME}-v1 serves all traffic")
    assert box.docker("ps", "-a", "--format", "{{.Names}}") == f"{APP_NAME}-v1"


def test_a_certificate_that_is_not_there(box: Box, live: Product, tmp_path: Path) -> None:
    """NGINX refuses, and is as it was: so are the users."""
    with users(box, tmp_path / "load.jsonl") as load:
        done = live.deploy("v2", server_name=_NAME, tls_certificate="/etc/none.pem", tls_certificate_key="/etc/none.key")
        records = load.stop()
    expect_end(done, 4, "/etc/none.pem", f"{APP_NAME}-v1 serves all traffic")
    expect_served_by(records, "v1")
    assert box.sh("nginx -t 2>&1 | tail -n 1").endswith("test is successful")
