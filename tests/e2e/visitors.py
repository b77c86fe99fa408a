"""Users known by a cookie, and whom each of them meets: what `stick-by` is proved with."""

from __future__ import annotations

import http.client
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from tests.load import Target

__all__ = ["USERS", "changes", "expect_never_moved_back", "visitors"]

USERS = 25


@contextmanager
def visitors(target: Target) -> Iterator[dict[str, list[str]]]:
    """The versions that each of these users was answered by, in their order; one line of them, again and again."""
    met: defaultdict[str, list[str]] = defaultdict(list)
    gone = threading.Event()

    def visit() -> None:
        while not gone.is_set():
            for number in range(USERS):
                client = _client(target)
                client.request("GET", "/", headers={"Host": target.host, "Cookie": f"theme=dark; sid=user-{number}"})
                met[f"user-{number}"].append(json.loads(client.getresponse().read())["version"])
                client.close()

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield met
    finally:
        gone.set()
        thread.join()


def changes(met: list[str]) -> list[str]:
    """The versions without repetitions."""
    return [version for number, version in enumerate(met) if number == 0 or met[number - 1] != version]


def expect_never_moved_back(met: dict[str, list[str]], before: str, after: str) -> None:
    """Assert that every user met the one release and then the other, and not all of them at the same time."""
    assert len(met) == USERS
    assert {tuple(changes(seen)) for seen in met.values()} == {(before, after)}
    first = {user: seen.index(after) for user, seen in met.items()}
    assert len(set(first.values())) > 1, "they all moved at once: nothing was shifted"


def _client(target: Target) -> http.client.HTTPConnection:
    if target.tls:
        return http.client.HTTPSConnection(target.address, target.port, timeout=10, context=target.tls_words["ssl"])
    return http.client.HTTPConnection(target.address, target.port, timeout=10)
