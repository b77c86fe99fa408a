"""What a client's request becomes on its way to the preview."""

from __future__ import annotations

import pytest

from bluegreen.host.preview_proxy import rewritten


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        pytest.param(
            b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:4711\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
            b"GET /a?b=c HTTP/1.1\r\nHost: preview.test\r\nConnection: close\r\nAccept: */*\r\n\r\n",
            id="an ordinary request",
        ),
        pytest.param(
            b"GET http://127.0.0.1:4711/a HTTP/1.1\r\nhost: 127.0.0.1:4711\r\nProxy-Connection: keep-alive\r\n\r\n",
            b"GET /a HTTP/1.1\r\nHost: preview.test\r\nConnection: close\r\n\r\n",
            id="of a client that takes us for its proxy",
        ),
        pytest.param(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
            b"GET /ws HTTP/1.1\r\nHost: preview.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            id="a WebSocket's handshake",
        ),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\nHost: preview.test\r\nConnection: close\r\n\r\n", id="without headers"),
    ],
)
def test_a_request_arrives_under_the_previews_name(sent: bytes, arrives: bytes) -> None:
    """Its path and its other headers are as they were; its connection ends with it, so that the next one is rewritten as well."""
    assert rewritten(sent, "preview.test") == arrives


def test_the_app_gets_the_host_that_users_type() -> None:
    """Frameworks answer 400 to one they do not know; the site's text says nothing of it."""
    assert b"\r\nX-Bluegreen-Host: shop.example\r\n" in rewritten(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "preview.test", "shop.example")
