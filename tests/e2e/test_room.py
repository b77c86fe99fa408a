"""A small host: whether two releases fit is measured there, and said in numbers before anything is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.box import Box
from tests.box.images import PYTHON
from tests.e2e.deploying import QUICK, expect_end, plain
from tests.e2e.product import Done, Product, serving

_BALLAST = "python -c \"ballast = b'x' * (900 << 20); import runpy; runpy.run_module('{}', run_name='__main__')\""


@contextmanager
def _memory(box: Box, *, total: int, available: int) -> Iterator[None]:
    """The host as if it had so many MiB of memory, and so many left: /proc/meminfo says so."""
    box.sh(
        f"sed -e '/^MemTotal:/s/[0-9]\\+/{total << 10}/' -e '/^MemAvailable:/s/[0-9]\\+/{available << 10}/' /proc/meminfo > /tmp/meminfo;"
        " mount --bind /tmp/meminfo /proc/meminfo"
    )
    try:
        yield
    finally:
        box.sh("umount /proc/meminfo")


def _numbers(done: Done) -> tuple[int, int]:
    """What is said to be needed and what is said to be in use, in MiB."""
    found = re.search(r"the candidate needs (\d+) MiB \(1\.2 × the (\d+) MiB that", plain(done.out))
    assert found, done.out
    return int(found[1]), int(found[2])


def test_a_host_of_2_gib_has_no_room_for_a_second_app_of_900_mib(box: Box, product: Product) -> None:
    """Neither beside the app that is to be adopted nor beside the live release, each measured; `room: warn` goes on all the same."""
    product.inputs |= QUICK | {"adopt": "old", "container-command": _BALLAST.format("testapp")}
    box.docker("run", "-d", "--name", "old", "-p", "127.0.0.1:9000:8000", PYTHON, "sh", "-c", f"exec {_BALLAST.format('http.server')}")
    box.sh("until curl -s -o /dev/null 127.0.0.1:9000; do sleep 0.1; done", timeout=60)
    with _memory(box, total=2048, available=873):
        refused = product.deploy("v1")
        expect_end(refused, 4, "that old uses", "873 MiB are available", "larger instance", "room: warn", "Nothing was built")
        needed, used = _numbers(refused)
        assert 900 <= used < 960
        assert abs(needed - 1.2 * used) <= 2
        expect_end(product.deploy("v1", room="warn"), 0, "that old uses), and 873 MiB are available", "v1 serves all traffic")
        box.docker("rm", "-f", "old")
        refused = product.deploy("v2")
        expect_end(refused, 4, "that the live release uses", "Nothing was built")
        assert 900 <= _numbers(refused)[1] < 960
    assert set(serving(box)) == {"v1"}
    assert box.docker("images", "-q", "myexample:v2") == ""
