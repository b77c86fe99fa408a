"""An application of gRPC: calls of each shape, and the standard health service. Messages are bytes, so that nothing is generated.

    /test.Shop/Unary    the version                       /test.Shop/Chat     the version and what was said, for each message
    /test.Shop/Stream   the version, as often as asked, ten times a second

BAD: `fail=N` ends one unary call in N with INTERNAL; `sick` says NOT_SERVING.
"""

# ruff: noqa: T201 - a program in an image; standard output is its log

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent import futures

import grpc  # type: ignore[import-untyped]  # it is in the image only
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

VERSION = os.environ["VERSION"].encode()
BAD = dict(word.partition("=")[::2] for word in os.environ.get("BAD", "").split())
NUMBERS = itertools.count(1)


def unary(_: bytes, call: grpc.ServicerContext) -> bytes:
    if "fail" in BAD and next(NUMBERS) % int(BAD["fail"]) == 0:
        call.abort(grpc.StatusCode.INTERNAL, "a bad day")
    return VERSION


def stream(count: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
    for _number in range(int(count)):
        yield VERSION
        time.sleep(0.1)


def chat(said: Iterator[bytes], _: grpc.ServicerContext) -> Iterator[bytes]:
    for message in said:
        yield VERSION + b" " + message


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(100))
    shop = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Stream": grpc.unary_stream_rpc_method_handler(stream),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Shop", shop),))
    checks = health.HealthServicer()
    status = health_pb2.HealthCheckResponse
    for service in ("", "test.Shop"):
        checks.set(service, status.NOT_SERVING if "sick" in BAD else status.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port("0.0.0.0:50051")
    server.start()
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    print("serving", flush=True)
    told.wait()
    server.stop(1).wait()


main()
