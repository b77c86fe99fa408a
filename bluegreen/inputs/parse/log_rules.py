"""Which log lines fail a candidate when nobody says: the last words of processes that crashed, in the languages people deploy."""

from __future__ import annotations

from bluegreen.inputs.parse.phrases import patterns

__all__ = ["DEFAULT_FAIL", "fail_patterns"]

DEFAULT_FAIL = (
    # Python: the heading of every uncaught exception, and of one that `logging.exception` writes.
    r"^\s*Traceback \(most recent call last\):",
    # Go, and Rust before and after 1.73.
    r"^(?:panic: |fatal error: |thread '[^']*' (?:\(\d+\) )?panicked at )",
    # Node: https://nodejs.org/api/process.html#event-unhandledrejection and its predecessors.
    r"\bUnhandledPromiseRejection|\b(?i:unhandled (?:promise )?rejection|uncaught exception|unhandled exception)\b",
    # Java and Kotlin.
    r'^Exception in thread "main"',
    # PHP, Ruby, .NET, Elixir.
    r"\bPHP Fatal error:|^Unhandled exception\.|\(EXIT from #PID",
    # The C library, the linker and the kernel.
    r"\bSegmentation fault\b|\bsegfault at\b|\bfree\(\): |error while loading shared libraries:",
)

_NONE = "none"


def fail_patterns(text: str) -> tuple[str, ...]:
    """The user's expressions after the built-in ones, or without them when one line says `none`."""
    own = patterns(text)
    return tuple(word for word in own if word != _NONE) if _NONE in own else (*DEFAULT_FAIL, *own)
