"""Asking aside: a question whose answer is awaited later, while others are asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

__all__ = ["Aside"]

T = TypeVar("T")


class Aside(Protocol):
    """Asks, and gives at once what will hold the answer, or the error."""

    def __call__(self, question: Callable[[], T], /) -> Future[T]:
        """`result()` waits for the answer; it raises what the question raised."""
