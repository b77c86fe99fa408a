"""The load's HTTP/2 users, on a server in memory: what counts as failed when it leaves, and what is only sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from hyperframe.frame import GoAwayFrame

from tests.load.client import Reply, Trouble
from tests.load.http2 import Refused, Session

_GET = [(":method", "GET"), (":scheme", "https"), (":authority", "x"), (":path", "/")]


class Server(asyncio.Transport):
    """Both ends of one connection."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.seen: list[int] = []
        self._h2 = H2Connection(H2Configuration(client_side=False))
        self._h2.initiate_connection()
        self.session.connection_made(self)
        self._send()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.seen += [event.stream_id or 0 for event in self._h2.receive_data(bytes(data)) if isinstance(event, StreamEnded)]

    def close(self) -> None:
        pass

    def answer(self, stream: int, version: str) -> None:
        self._h2.send_headers(stream, [(":status", "200")])
        self._h2.send_data(stream, f'{{"version": "{version}"}}'.encode(), end_stream=True)
        self._send()

    def leave(self, last: int) -> None:
        """GOAWAY by hand: the library would then send no answers any more, and NGINX does."""
        self.session.data_received(GoAwayFrame(0, last_stream_id=last).serialize())

    def _send(self) -> None:
        self.session.data_received(self._h2.data_to_send())


def _run(story: Callable[[Server, list[asyncio.Task[Reply]]], Awaitable[None]], *, asked: int = 2, body: bytes = b"") -> None:
    """Two requests at once are under way, and then the story."""

    async def tell() -> None:
        server = Server()
        tasks = [asyncio.create_task(server.session.ask(_GET, body, 5)) for _ in range(asked)]
        await asyncio.sleep(0)
        await story(server, tasks)

    asyncio.run(tell())


def test_answers_come_in_any_order_on_one_connection() -> None:
    """Each to its own request, the body that was sent included."""

    async def story(server: Server, tasks: list[asyncio.Task[Reply]]) -> None:
        assert server.seen == [1, 3]
        server.answer(3, "v3")
        server.answer(1, "v1")
        assert [(await task).version for task in tasks] == ["v1", "v3"]
        assert server.session.served == 2

    _run(story, body=b"order")


def test_what_a_leaving_server_has_seen_is_answered_and_the_rest_is_refused() -> None:
    """Also what would be sent after that; none of it is a failure yet."""

    async def story(server: Server, tasks: list[asyncio.Task[Reply]]) -> None:
        server.leave(last=1)
        server.answer(1, "v1")
        assert (await tasks[0]).version == "v1"
        assert not server.session.usable
        for late in (tasks[1], server.session.ask(_GET, b"", 5)):
            with pytest.raises(Refused):
                await late

    _run(story)


def test_a_connection_that_ends_without_a_word_is_a_failure() -> None:
    """A race only where the server had answered before on it, and nothing of this answer has come."""

    async def story(server: Server, tasks: list[asyncio.Task[Reply]]) -> None:
        server.answer(1, "v1")
        await tasks[0]
        server.session.connection_lost(ConnectionResetError())
        with pytest.raises(Trouble, match="before any answer") as caught:
            await tasks[1]
        assert caught.value.race
        assert not server.session.usable

    _run(story)


def test_nonsense_and_silence_are_failures() -> None:
    """And so is an answer that does not come in time."""

    async def story(server: Server, tasks: list[asyncio.Task[Reply]]) -> None:
        with pytest.raises(Trouble, match=r"no whole answer within 0\.01 s"):
            await server.session.ask(_GET, b"", 0.01)
        server.session.data_received(bytes((0, 0, 1, 0, 0, 0, 0, 0, 0, 0)))  # a frame of data for no stream
        with pytest.raises(Trouble, match="broke the protocol"):
            await tasks[0]

    _run(story, asked=1)
