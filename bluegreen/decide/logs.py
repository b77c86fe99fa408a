"""The log gate: what the candidate's own log says about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bluegreen.decide.log_events import LogEvent, plain, views
from bluegreen.model.ask import LogRules
from bluegreen.model.container import LogLine
from bluegreen.model.fault import Fault

__all__ = ["is_ready", "log_fault", "new_events", "plain", "shortened"]

_MOST_TOLD = 3


def new_events(events: Iterable[LogEvent], known: frozenset[str]) -> tuple[LogEvent, ...]:
    """Those that the live release, of which `known` are the signatures, does not log as well."""
    return tuple(event for event in events if event.signature not in known)


def log_fault(new: Sequence[LogEvent], rules: LogRules) -> Fault | None:
    """Why these events, which are new with this release, fail it; None while they are no more than `log-fail-limit` admits."""
    if len(new) <= rules.limit:
        return None
    named = list(dict.fromkeys(shortened(event) for event in new))
    more = f" (and {len(named) - _MOST_TOLD} other kinds)" if len(named) > _MOST_TOLD else ""
    words = "; ".join(named[:_MOST_TOLD]) + more
    if not rules.limit:
        return Fault(
            reason=f"its log says: {words}",
            means=f"That matches `{new[0].pattern}` of `log-fail`, and the live release does not log it; `log-allow` can excuse it.",
        )
    return Fault(
        reason=f"its log matched `log-fail` {len(new)} times, and `log-fail-limit` admits {rules.limit}: {words}",
        means="The live release does not log these; `log-allow` can excuse them.",
    )


def shortened(event: LogEvent) -> str:
    """Its heading, and what ends it: a traceback says at its end what it is about."""
    first, last = event.lines[0].strip(), event.lines[-1].strip()
    return first if len(event.lines) == 1 else f"{first} … {last}"


def is_ready(lines: Iterable[LogLine], rules: LogRules) -> bool:
    """Whether the line that `log-ready` waits for is among these; always, when it waits for none."""
    return not rules.ready or any(re.search(rules.ready, form) for line in lines for form in views(plain(line.text)))
