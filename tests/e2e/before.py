"""The app as it ran before any deployment: somebody's container on a published port, behind somebody's NGINX site."""

from __future__ import annotations

from tests.box import Box
from tests.e2e.product import APP

__all__ = ["OLD", "OLD_PLACE", "old_state", "run_old", "site_before"]

OLD = "shop-web"
OLD_PLACE = "127.0.0.1:9000"
_FILES = "/srv/shop"


def run_old(box: Box, *options: str) -> None:
    """Run it, answering as version `old`, and wait until it answers."""
    for file in (APP / "testapp").glob("*.py"):
        box.write(f"{_FILES}/testapp/{file.name}", file.read_text())
    box.docker(
        *("run", "-d", "--name", OLD, "--restart", "always", "-p", f"{OLD_PLACE}:8000", "-v", f"{_FILES}:/app:ro", "-w", "/app"),
        *("-e", "VERSION=old", "-e", "SECRET_KEY=the-old-secret", *options, "python:3.12-slim", "python", "-S", "-m", "testapp"),
    )
    box.sh(f"for i in {{1..100}}; do curl -sf http://{OLD_PLACE}/healthz && exit 0; sleep 0.1; done; exit 1")


def old_state(box: Box) -> str:
    """What would differ had anybody touched it."""
    form = "{{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.RestartCount}} {{json .HostConfig.RestartPolicy}} {{json .NetworkSettings}}"
    return box.docker("inspect", "-f", form, OLD)


def site_before(box: Box, name: str) -> str:
    """Its NGINX site on port 80, as its owner wrote it; returns the file."""
    file = "/etc/nginx/sites-enabled/shop"
    text = f"""server {{
    listen 80;
    server_name {name};
    location / {{
        proxy_pass http://{OLD_PLACE};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
    }}
}}
"""
    box.write(file, text)
    box.sh("nginx -t && nginx -s reload")
    return file
