"""Room: whether the host can hold two releases at once, judged before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MemoryUse", "room_problems"]

_HEADROOM = 1.2
_IMAGE_COPIES = 2
_LEAST_DISK = 512 * 1024**2
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """How many bytes of memory the largest of the containers that serve uses, 0 where that is not known, and whose it is, in words."""

    most: int
    whose: str = "the live release"


def room_problems(
    *, replicas: int, memory_limit: int, live: MemoryUse, memory_free: int, image_size: int, disk_free: int
) -> tuple[str, ...]:
    """What the host is short of, each with its numbers and remedies. All sizes in bytes; 0 for what is not known.

    The candidate runs beside the live release for a while, so each of its `replicas` needs its `memory`, or else what one of the live
    release uses and a fifth more.
    A build needs the image's size twice: its layers and its cache.
    """
    problems = []
    memory = (memory_limit or round(live.most * _HEADROOM)) * replicas
    if memory > memory_free:
        why = "`memory`" if memory_limit else f"1.2 × the {live.most // _MIB} MiB that {live.whose} uses"
        why += f", × {replicas} replicas" if replicas > 1 else ""
        problems.append(
            f"memory: the candidate needs {memory // _MIB} MiB ({why}), and {memory_free // _MIB} MiB are available."
            " Use a larger instance, stop something else, or lower `memory`.",
        )
    disk = max(_LEAST_DISK, image_size * _IMAGE_COPIES)
    if disk > disk_free:
        problems.append(
            f"disk: the build needs about {disk // _MIB} MiB where Docker keeps its data, and {disk_free // _MIB} MiB are free."
            " Remove what is not needed (`docker system df` shows it, `docker builder prune` frees the build cache) or enlarge the volume.",
        )
    return tuple(problems)
