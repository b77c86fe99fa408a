"""Users of the gRPC application, through NGINX: they print a JSON line for each call, and never try a second time.

`users.py NAME CERTIFICATE`: many unary calls, streams of two seconds, and one chat that is never left. SIGTERM lets no more calls begin.
"""

# ruff: noqa: T201 - a program in an image; standard output is its answer

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it is in the image only

NAME, CERTIFICATE = sys.argv[1:]
gone = threading.Event()
lock = threading.Lock()


def tell(kind: str, call: Callable[[], Iterator[bytes]]) -> None:
    """Make the call to its end, and tell how that was."""
    versions, error, count = set(), "", 0
    try:
        for message in call():
            versions.add(message.split()[0].decode())
            count += 1
    except grpc.RpcError as problem:
        error = f"{problem.code().name}: {problem.details()}"
    with lock:
        print(json.dumps({"kind": kind, "versions": sorted(versions), "count": count, "error": error, "end": time.time()}), flush=True)


def once(call: grpc.UnaryUnaryMultiCallable) -> Iterator[bytes]:
    """A call with one answer."""
    yield call(b"")


def talk() -> Iterator[bytes]:
    """Something to say three times a second, for ever."""
    while True:
        yield b"hello"
        time.sleep(0.3)


def again(kind: str, pause: float, call: Callable[[], Iterator[bytes]]) -> None:
    """The same call, one after the other."""
    while not gone.wait(pause):
        tell(kind, call)


def channel() -> grpc.Channel:
    """A connection of its own, with HTTP/2 and TLS."""
    secret = grpc.ssl_channel_credentials(Path(CERTIFICATE).read_bytes())
    own = (("grpc.ssl_target_name_override", NAME), ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0))
    return grpc.secure_channel("127.0.0.1:443", secret, own)


def main() -> None:
    calls: list[tuple[str, float, Callable[[], Iterator[bytes]]]] = []
    for _ in range(4):
        shop = channel()
        calls.append(("unary", 0.03, partial(once, shop.unary_unary("/test.Shop/Unary"))))
        calls.append(("stream", 0.2, partial(shop.unary_stream("/test.Shop/Stream"), b"20")))
    threads = [threading.Thread(target=again, args=call) for call in calls]
    chat = channel().stream_stream("/test.Shop/Chat")
    threading.Thread(target=tell, args=("chat", lambda: chat(talk())), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: gone.set())
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
