"""What flows through NGINX for long, under one shift: nothing of it is cut before `drain-timeout`."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests.box import Box
from tests.e2e.certificates import CERTIFICATE, KEY, self_signed
from tests.e2e.deploying import QUICK, expect_end, expect_served_by
from tests.e2e.product import Product
from tests.load import Kind, Load, Target
from tests.load.websocket import Visit, visit

_NAMES = ("www.example.test", "shop.example.test")
_SIZE = 100 * 1024**2
_DRAIN = 6.0
_HALF = 200_000


@pytest.fixture
def live(box: Box, product: Product) -> Product:
    """v1 is live under TLS and two names."""
    self_signed(box, _NAMES[0])
    product.inputs |= {
        **QUICK,
        "server-name": "\n".join(_NAMES),
        "tls-certificate": CERTIFICATE,
        "tls-certificate-key": KEY,
        "client-max-body-size": "101m",
        "drain-timeout": f"{_DRAIN:g}s",
    }
    assert product.deploy("v1").exit_code == 0
    return product


class Curl:
    """An HTTP/2 client of its own process; `answer` waits for its end."""

    def __init__(self, box: Box, url: str, *words: str) -> None:
        resolve = [word for name in _NAMES for word in ("--resolve", f"{name}:443:{box.address}")]
        told = ("--write-out", "\n%{http_code} %{http_version}")
        argv = ("curl", "--silent", "--show-error", "--insecure", "--http2", "--max-time", "60", *told, *resolve, *words, url)
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def answer(self) -> str:
        """The body, of an answer that was whole, good and HTTP/2."""
        said, _ = self._process.communicate(timeout=70)
        body, _, told = said.rpartition("\n")
        assert (self._process.returncode, told) == (0, "200 2"), said[-500:]
        return body


@contextmanager
def chat(box: Box) -> Iterator[list[tuple[Visit, float]]]:
    """A WebSocket that its user never leaves; how it went, and when it ended, once it has."""
    ended: list[tuple[Visit, float]] = []
    leave = threading.Event()

    async def stay() -> None:
        gone = asyncio.Event()
        target = Target(address=box.address, port=443, host=_NAMES[1], tls=True)
        talk = asyncio.create_task(visit(target, "websocket", seconds=120, leave=gone))
        while not talk.done():
            await asyncio.wait({talk}, timeout=0.05)
            if leave.is_set():
                gone.set()
        ended.append((talk.result(), time.monotonic()))

    thread = threading.Thread(target=lambda: asyncio.run(stay()))
    thread.start()
    try:
        yield ended
    finally:
        leave.set()
        thread.join()


class SlowUpload:
    """A user on a bad line: one half of the body now, the rest and the answer when `finish` is called."""

    def __init__(self, box: Box) -> None:
        self._talk = HTTPSConnection(box.address, 443, timeout=30, context=ssl._create_unverified_context())  # noqa: S323
        self._talk.putrequest("POST", "/", skip_host=True)
        self._talk.putheader("Host", _NAMES[0])
        self._talk.putheader("Content-Length", f"{2 * _HALF}")
        self._talk.endheaders(b"1" * _HALF)

    def finish(self) -> dict[str, object]:
        """What the application said of it, which answered 200."""
        self._talk.send(b"2" * _HALF)
        answer = self._talk.getresponse()
        said = answer.read()
        self._talk.close()
        assert answer.status == 200, said
        told: dict[str, object] = json.loads(said)
        return told


def test_nothing_that_flows_is_cut_before_the_drain_timeout(box: Box, live: Product, tmp_path: Path) -> None:
    """WebSockets, 100 MB uploads, event streams, HTTP/2, two names: whole, and each by one release from its beginning to its end.

    An upload that is still under way when the release it was meant for is gone is answered by the new one.
    """
    (tmp_path / "body").write_bytes(b"\0" * _SIZE)
    upload = ("--data-binary", f"@{tmp_path / 'body'}", "--header", "Expect:", "--limit-rate", "40M")
    rates = {Kind.GET: 15.0, Kind.POST: 5.0, Kind.STREAM: 2.0, Kind.WEBSOCKET: 1.0}
    users = Load(Target(address=box.address, port=443, host=_NAMES[0], tls=True), tmp_path / "load.jsonl", rates=rates, websocket_seconds=3)
    slow = SlowUpload(box)
    with chat(box) as ended, users as load:
        running = live.start_deploy("v2", shift="50% 3s", watch="1s")
        running.wait_for("hot: ")
        streams = [Curl(box, f"https://{name}/stream?n=30&ms=100") for name in _NAMES for _ in range(2)]
        uploads = [Curl(box, f"https://{name}/", *upload) for name in _NAMES]
        running.wait_for("committed: ")
        committed = time.monotonic()
        done = running.finish()
        records = load.stop()
    told = slow.finish()
    assert (told["bytes"], told["version"]) == (2 * _HALF, "v2")
    expect_end(done, 0, "v2 serves all traffic", "still open after `drain-timeout`")
    expect_served_by(records, "v1", "v2")
    for stream in streams:
        events = [json.loads(line.removeprefix("data: ")) for line in stream.answer().splitlines() if line]
        assert [event["event"] for event in events] == list(range(30))
        assert len({event["version"] for event in events}) == 1
    for one in uploads:
        assert json.loads(one.answer())["bytes"] == _SIZE
    (talk, end), *others = ended
    assert not others
    # 1001: going away. The application had all of `drain-timeout`, and then said goodbye itself.
    assert (talk.version, talk.code, talk.error) == ("v1", 1001, "")
    assert end - committed > _DRAIN
