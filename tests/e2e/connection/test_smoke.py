"""A smoke test on this machine: a script with a URL that leads over the connection to a server on the host."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bluegreen.errors import Cancelled
from bluegreen.host.clock import SystemClock
from bluegreen.host.preview_proxy import PreviewProxy
from bluegreen.host.smoke import run_smoke_test
from bluegreen.host.ssh import Connection

HOST = "candidate-0.myexample.bluegreen.localhost"
HERE = {"PATH": os.environ["PATH"]}


class Echo(BaseHTTPRequestHandler):
    """Says under which name it was asked, for what, and how long the body was; /stream sends an event, and another when told."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/stream":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"data: 1\n\n")
            self.go_on.wait(10)
            self.wfile.write(b"data: 2\n\n")
            self.close_connection = True
            return
        self._answer(0)

    def do_POST(self) -> None:
        self._answer(len(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, size: int) -> None:
        text = f"{self.headers['Host']} {self.path} {size}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""


@pytest.fixture
def preview(connection: Connection) -> Iterator[PreviewProxy]:
    """The URL that a smoke test gets, with such a server behind it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with PreviewProxy(lambda: connection.forward("127.0.0.1", server.server_port, timeout=5), HOST) as proxy:
            yield proxy
        server.shutdown()


def run(
    script: str, url: str = "http://x", environment: Mapping[str, str] = HERE, *, timeout: float = 20.0
) -> tuple[int | None, list[str]]:
    lines: list[str] = []
    ended = run_smoke_test(script, url, environment, SystemClock(60), lines.append, timeout=timeout)
    return ended, lines


def test_an_ordinary_client_meets_the_candidate(preview: PreviewProxy, tmp_path: Path) -> None:
    """Several requests of one curl, a large body, parallel ones: nobody has to know about the preview's name."""
    (tmp_path / "body").write_bytes(os.urandom(3_000_000))
    script = f"""
        curl --silent --fail $BLUEGREEN_PREVIEW_URL/a $BLUEGREEN_PREVIEW_URL/b
        curl --silent --fail --data-binary @{tmp_path}/body $BLUEGREEN_PREVIEW_URL/upload
        for i in 1 2 3 4 5 6 7 8; do curl --silent --fail $BLUEGREEN_PREVIEW_URL/$i > /dev/null & done; wait
    """
    assert run(script, preview.url) == (0, [f"{HOST} /a 0", f"{HOST} /b 0", f"{HOST} /upload 3000000"])


def test_a_stream_comes_as_it_is_sent(preview: PreviewProxy) -> None:
    """The first event is there before the second one is sent."""
    Echo.go_on.clear()
    client = HTTPConnection(preview.url.removeprefix("http://"), timeout=10)
    client.request("GET", "/stream")
    answer = client.getresponse()
    assert answer.readline() == b"data: 1\n"
    Echo.go_on.set()
    assert answer.read() == b"\ndata: 2\n\n"
    client.close()


def test_a_server_that_is_gone_is_a_bad_gateway(connection: Connection) -> None:
    """With the reason; a client that hangs would say nothing."""
    with PreviewProxy(lambda: connection.forward("127.0.0.1", 1, timeout=5), HOST) as proxy:
        ended, lines = run("curl --silent --show-error --write-out '%{http_code}' $BLUEGREEN_PREVIEW_URL/", proxy.url)
    assert ended == 0
    assert lines == ["the host cannot be asked: 127.0.0.1 port 1 refuses connections", "502"]


def test_our_inputs_are_not_in_its_environment() -> None:
    """They hold the key; what the workflow itself set is there."""
    ended, lines = run("env", environment={**HERE, "INPUT_KEY": "-----BEGIN", "INPUT_BUILD-SECRETS": "npm=s3cr3t", "MINE": "yes"})
    assert ended == 0
    assert "MINE=yes" in lines
    assert "BLUEGREEN_PREVIEW_URL=http://x" in lines
    assert not [line for line in lines if line.startswith("INPUT") or "s3cr3t" in line]


def test_a_runner_behind_a_proxy_asks_the_preview_directly() -> None:
    """Clients would ask the proxy for 127.0.0.1 otherwise."""
    _, lines = run("env", environment={**HERE, "https_proxy": "http://proxy:3128", "NO_PROXY": "internal.example"})
    assert {"no_proxy=internal.example,127.0.0.1", "NO_PROXY=internal.example,127.0.0.1"} <= set(lines)


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        pytest.param("echo good", 0, id="passes"),
        pytest.param("false\necho good", 1, id="stops at the first that fails"),
        pytest.param("false | cat", 1, id="also in a pipe"),
        pytest.param("exit 7", 7, id="says its own"),
        pytest.param("no-such-command", 127, id="no such command"),
        pytest.param("cat; echo end", 0, id="reads nothing"),
    ],
)
def test_a_script_ends_as_a_step_of_a_workflow_would(script: str, ended: int) -> None:
    """bash, stopping at the first command that fails, with no input."""
    assert run(script)[0] == ended


def _left(mark: str) -> list[str]:
    """The processes whose command line ends so."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.joinpath("cmdline").read_bytes().split(b"\0")[-2:-1] == [mark.encode()]:
                found.append(process.name)
    return found


# What it starts is deaf to a polite end, and holds its output open; 8.25 s is how long nobody else here sleeps.
_STUBBORN = "trap '' TERM\nsleep 8.25 &\necho begun\nwait\nsleep 8.25"


def test_a_script_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    """None is no exit status."""
    began = time.monotonic()
    assert run("sleep 8.25 & sleep 8.25", timeout=0.5) == (None, [])
    assert time.monotonic() - began < 7
    assert _left("8.25") == []


def test_a_cancelled_run_ends_the_script_with_all_that_it_started() -> None:
    """Also what does not want to end."""
    clock = SystemClock(60)
    with pytest.raises(Cancelled):
        run_smoke_test(_STUBBORN, "http://x", HERE, clock, lambda _: clock.cancel(), timeout=20)
    assert _left("8.25") == []


def test_a_script_that_was_killed_says_by_which_signal() -> None:
    """Out of memory on the runner, for example."""
    assert run("kill -KILL $$")[0] == -signal.SIGKILL


def test_its_file_is_private_and_gone_afterwards() -> None:
    """It may hold what only the owner should read."""
    _, lines = run('stat -c "%a %n" "$0"')
    found = re.fullmatch(r"600 (/\S+/smoke-test\.sh)", lines[0])
    assert found
    assert not Path(found[1]).exists()
