"""Whether the host has room for two releases at once, and what is said when it has not."""

from __future__ import annotations

from typing import Any

import pytest

from bluegreen.decide.room import MemoryUse, room_problems

MIB = 1024**2
ROOMY: dict[str, Any] = {
    "replicas": 1,
    "memory_limit": 0,
    "live": MemoryUse(most=900 * MIB),
    "memory_free": 1081 * MIB,
    "image_size": 300 * MIB,
    "disk_free": 5000 * MIB,
}


def test_a_host_with_room_is_not_refused() -> None:
    """The candidate needs what live uses and a fifth more."""
    assert room_problems(**ROOMY) == ()
    (problem,) = room_problems(**ROOMY | {"memory_free": 1079 * MIB})
    assert "needs 1080 MiB" in problem
    assert "1079 MiB are available" in problem


def test_a_host_of_2_gib_has_no_room_for_a_second_app_of_900_mib() -> None:
    """The numbers and every remedy; what is left is what Linux calls available, so nothing is refused over mere page cache."""
    (problem,) = room_problems(**ROOMY | {"memory_free": 873 * MIB})
    assert problem == (
        "memory: the candidate needs 1080 MiB (1.2 × the 900 MiB that the live release uses), and 873 MiB are available."
        " Use a larger instance, stop something else, or lower `memory`."
    )


def test_an_adopted_app_is_called_by_its_name() -> None:
    """It is no release."""
    (problem,) = room_problems(**ROOMY | {"live": MemoryUse(most=900 * MIB, whose="old"), "memory_free": 873 * MIB})
    assert "1.2 × the 900 MiB that old uses" in problem


def test_a_memory_limit_is_what_the_candidate_needs() -> None:
    """With `memory` given, what live uses does not matter; too little disk is a second problem."""
    assert room_problems(**ROOMY | {"memory_limit": 512 * MIB, "memory_free": 513 * MIB}) == ()
    problems = room_problems(**ROOMY | {"memory_limit": 512 * MIB, "memory_free": 400 * MIB, "disk_free": 100 * MIB})
    assert [problem.split(":")[0] for problem in problems] == ["memory", "disk"]


@pytest.mark.parametrize(("replicas", "fits"), [(2, True), (3, False)])
def test_each_replica_needs_its_memory(replicas: int, *, fits: bool) -> None:
    """Three with 512 MiB each do not fit where two do."""
    problems = room_problems(**ROOMY | {"memory_limit": 512 * MIB, "memory_free": 1100 * MIB, "replicas": replicas})
    assert (problems == ()) == fits
    assert fits or "1536 MiB (`memory`, × 3 replicas)" in problems[0]
