"""`stick-by`: a user who has met the new release does not meet the old one again while the share grows."""

from __future__ import annotations

import http.client
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from tests.box import Box
from tests.e2e.deploying import QUICK, expect_end
from tests.e2e.product import Product

_USERS = 25
_SHIFT = "30% 1s, 60% 1s"


@contextmanager
def visitors(box: Box) -> Iterator[dict[str, list[str]]]:
    """The versions that each of these users, known by a cookie, was answered by, in their order; one line of them, again and again."""
    met: defaultdict[str, list[str]] = defaultdict(list)
    gone = threading.Event()

    def visit() -> None:
        while not gone.is_set():
            for number in range(_USERS):
                client = http.client.HTTPConnection(box.address, 80, timeout=10)
                client.request("GET", "/", headers={"Cookie": f"theme=dark; sid=user-{number}"})
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


def test_a_growing_share_never_moves_a_user_back(box: Box, product: Product) -> None:
    """Whichever color is the candidate; and with `ip`, which is a change of the site, all from one address move as one."""
    product.inputs |= {**QUICK, "stick-by": "cookie:sid"}
    assert product.deploy("v1").exit_code == 0
    for before, version in (("v1", "v2"), ("v2", "v3")):
        with visitors(box) as met:
            expect_end(product.deploy(version, shift=_SHIFT), 0, f"{version} serves all traffic")
        assert len(met) == _USERS
        assert {tuple(changes(seen)) for seen in met.values()} == {(before, version)}
        first = {user: seen.index(version) for user, seen in met.items()}
        assert len(set(first.values())) > 1, "they all moved at once: nothing was shifted"
    with visitors(box) as met:
        expect_end(product.deploy("v4", stick_by="ip", shift=_SHIFT), 0, "NGINX's site for _ is updated", "v4 serves all traffic")
    everything = [version for visit in zip(*met.values(), strict=False) for version in visit]
    assert changes(everything) == ["v3", "v4"]
