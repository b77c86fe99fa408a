"""The log gate: what the candidate's own log says about it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bluegreen.model.ask import LogRules
from bluegreen.model.container import LogLine
from bluegreen.model.fault import Fault

__all__ = ["is_ready", "log_fault", "plain"]

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")


def plain(text: str) -> str:
    """The line without colors and other control characters, which must not reach a terminal or hide a word from a pattern."""
    return _ESCAPES.sub("", text)


def log_fault(lines: Iterable[LogLine], rules: LogRules) -> Fault | None:
    """The first line that fails the candidate, quoted; None when none does."""
    for line in lines:
        text = plain(line.text)
        pattern = next((p for p in rules.fail if re.search(p, text)), None)
        if pattern is not None and not any(re.search(p, text) for p in rules.allow):
            return Fault(
                reason=f"its log matched `{pattern}`: {text.strip()[:300]}",
                means="`log-fail` says that such a line condemns a release; `log-allow` can excuse this one.",
            )
    return None


def is_ready(lines: Iterable[LogLine], rules: LogRules) -> bool:
    """Whether the line that `log-ready` waits for is among these; always, when it waits for none."""
    return not rules.ready or any(re.search(rules.ready, plain(line.text)) for line in lines)
