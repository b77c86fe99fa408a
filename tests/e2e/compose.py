"""The shop as its compose file has left it on the host: the app on a published port, a worker of the same image, and a database.

There is no compose on the box; names, labels, network, aliases and volume are what it would have made.
"""

from __future__ import annotations

from tests.box import Box
from tests.e2e.product import APP

__all__ = ["DATABASE", "NETWORK", "SHOP_ENV", "WEB", "WEB_PLACE", "WORKER", "compose_up"]

WEB, WORKER, DATABASE = "shop-web-1", "shop-worker-1", "shop-db-1"
WEB_PLACE = "127.0.0.1:8000"
NETWORK = "shop_default"
SHOP_ENV = {"DATABASE_URL": "postgres://shop:pa55-of-the-shop@db/shop", "SECRET_KEY": "k3y-of-the-shop-that-nobody-sees"}
_IMAGE = "myexample:old"
_FILES = "/srv/shop"


def compose_up(box: Box) -> None:
    """Build the image, start all three, and wait until the app answers as version `old`."""
    for file in (*(APP / "testapp").glob("*.py"), APP / "Dockerfile"):
        box.write(f"{_FILES}/{file.relative_to(APP)}", file.read_text())
    box.docker("build", "-q", "--build-arg", "VERSION=old", "-t", _IMAGE, _FILES)
    box.docker("network", "create", NETWORK)
    env = [word for name, value in SHOP_ENV.items() for word in ("-e", f"{name}={value}")]
    limits = ("--memory", "256m", "--cpus", "1.5", "--init", "--ulimit", "nofile=4096:8192", "--add-host", "mail.internal:10.1.2.3")
    _run(box, "db", "python:3.12-slim", "python", "-m", "http.server", "5432")
    _run(box, "worker", *env, "-v", "shop_spool:/spool", _IMAGE, "python", "-S", "-m", "testapp.worker", "/spool")
    _run(box, "web", *env, *limits, "-p", f"{WEB_PLACE}:8000", "-v", "shop_uploads:/uploads", _IMAGE)
    box.sh(f"for i in {{1..100}}; do curl -sf http://{WEB_PLACE}/healthz && exit 0; sleep 0.1; done; exit 1")


def _run(box: Box, service: str, *words: str) -> None:
    labels = {"project": "shop", "service": service, "container-number": "1"}
    given = [word for name, value in labels.items() for word in ("--label", f"com.docker.compose.{name}={value}")]
    place = ("--name", f"shop-{service}-1", "--network", NETWORK, "--network-alias", service)
    box.docker("run", "-d", "--restart", "unless-stopped", *place, *given, *words)
