"""Whether the host has room for two releases at once, and what is said when it has not."""

from __future__ import annotations

import pytest

from bluegreen.decide.room import Demand, disk_problems, memory_problems

MIB = 1024**2


def _candidate(use: int, replicas: int = 1, whose: str = "the live release uses") -> Demand:
    return Demand(who="the candidate needs", whose=whose, each="replicas", uses=(use * MIB,) * replicas)


def _processes(*uses: int) -> Demand:
    return Demand(
        who="the new processes need", whose="those of the live release use", each="processes", uses=tuple(use * MIB for use in uses)
    )


def _short(*demands: Demand, free: int, limit: int = 0) -> tuple[str, ...]:
    return memory_problems(demands, limit=limit * MIB, free=free * MIB)


def test_a_host_with_room_is_not_refused() -> None:
    """The candidate needs what live uses and a fifth more."""
    assert _short(_candidate(900), free=1081) == ()
    (problem,) = _short(_candidate(900), free=1079)
    assert "needs 1080 MiB" in problem
    assert "1079 MiB are available" in problem


def test_a_host_of_2_gib_has_no_room_for_a_second_app_of_900_mib() -> None:
    """The numbers and every remedy; what is left is what Linux calls available, so nothing is refused over mere page cache."""
    assert _short(_candidate(900), free=873) == (
        (
            "memory: the candidate needs 1080 MiB (1.2 × the 900 MiB that the live release uses), and 873 MiB are available."
            " Use a larger instance, stop something else, or lower `memory`."
        ),
    )


def test_an_adopted_app_is_called_by_its_name() -> None:
    """It is no release."""
    assert "1.2 × the 900 MiB that old uses)" in _short(_candidate(900, whose="old uses"), free=873)[0]


def test_a_memory_limit_is_what_the_candidate_needs() -> None:
    """With `memory` given, what live uses does not matter."""
    assert _short(_candidate(900), free=513, limit=512) == ()
    assert "needs 512 MiB (`memory`)" in _short(_candidate(900), free=400, limit=512)[0]


@pytest.mark.parametrize(("replicas", "fits"), [(2, True), (3, False)])
def test_each_replica_needs_its_memory(replicas: int, *, fits: bool) -> None:
    """Three with 512 MiB each do not fit where two do."""
    problems = _short(_candidate(900, replicas), free=1100, limit=512)
    assert (problems == ()) == fits
    assert fits or "1536 MiB (`memory`, × 3 replicas)" in problems[0]


def test_workers_need_room_beside_those_they_take_over_from() -> None:
    """All of them at once, and not at the same time as the candidate beside the live release; a new one is not known."""
    assert _short(_candidate(500), _processes(300, 200), free=601) == ()
    (problem,) = _short(_candidate(100), _processes(300, 200, 0), free=599)
    assert "the new processes need 600 MiB (1.2 × the 500 MiB that those of the live release use), and 599" in problem
    assert "256 MiB (`memory`, × 2 processes)" in _short(_processes(10, 20), free=200, limit=128)[0]
    assert _short(_processes(), free=0) == ()


def test_a_build_needs_twice_the_image() -> None:
    """Half a gibibyte at least."""
    assert disk_problems(image_size=300 * MIB, free=600 * MIB) == ()
    assert "about 600 MiB" in disk_problems(image_size=300 * MIB, free=599 * MIB)[0]
    assert "about 512 MiB" in disk_problems(image_size=0, free=511 * MIB)[0]
