"""Room: whether the host can hold two releases at once, judged before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Demand", "disk_problems", "memory_problems"]

_HEADROOM = 1.2
_IMAGE_COPIES = 2
_LEAST_DISK = 512 * 1024**2
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Containers of the new release that will run beside those whose work they take over.

    `who` needs the memory and `whose` uses it now, in words; `each` is what several of them are called. `uses` has one entry for each new
    container: the bytes of memory that the one before it uses, 0 where that is not known.
    """

    who: str
    whose: str
    each: str
    uses: tuple[int, ...]


def memory_problems(demands: Sequence[Demand], *, limit: int, free: int) -> tuple[str, ...]:
    """What the host's memory is short of, each with its numbers and remedies; `limit` for one container and `free` in bytes.

    Each container needs its `memory` (`limit`, 0 for none), or else what the one before it uses and a fifth more. The demands are judged
    apart: workers start when the earlier release's web containers have ended.
    """
    needs = ((demand, sum(limit or round(use * _HEADROOM) for use in demand.uses)) for demand in demands)
    return tuple(
        f"memory: {demand.who} {need // _MIB} MiB ({_why(demand, limit)}), and {free // _MIB} MiB are available."
        " Use a larger instance, stop something else, or lower `memory`."
        for demand, need in needs
        if need > free
    )


def _why(demand: Demand, limit: int) -> str:
    count = len(demand.uses)
    if not limit and len(set(demand.uses)) > 1:
        return f"1.2 × the {sum(demand.uses) // _MIB} MiB that {demand.whose}"
    one = "`memory`" if limit else f"1.2 × the {demand.uses[0] // _MIB} MiB that {demand.whose}"
    return f"{one}, × {count} {demand.each}" if count > 1 else one


def disk_problems(*, image_size: int, free: int) -> tuple[str, ...]:
    """Whether a build has room where Docker keeps its data: twice the image's size, for its layers and its cache. Both in bytes."""
    need = max(_LEAST_DISK, image_size * _IMAGE_COPIES)
    if need <= free:
        return ()
    return (
        (
            f"disk: the build needs about {need // _MIB} MiB where Docker keeps its data, and {free // _MIB} MiB are free."
            " Remove what is not needed (`docker system df` shows it, `docker builder prune` frees the build cache) or enlarge the volume."
        ),
    )
