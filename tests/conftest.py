"""Keeps the tiers honest: unit and flow tests cannot touch the world, and a tier says how many of its tests it ran."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

# Without it an assertion outside a test module fails without a word about what it saw.
pytest.register_assert_rewrite("tests.e2e")

_PURE = ("tests/unit/", "tests/flow/")
# Python's own audit events: they are raised before the deed, whatever name it was called by, so nothing has to be patched.
_DEEDS = frozenset(
    {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"}
)


class _World:
    """The world outside of this process: open to the end-to-end tests, closed to the others."""

    def __init__(self) -> None:
        self._closed = False
        sys.addaudithook(self._watch)

    @contextmanager
    def closed(self) -> Iterator[None]:
        self._closed = True
        try:
            yield
        finally:
            self._closed = False

    def _watch(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._closed and event in _DEEDS:
            pytest.fail(f"a unit or flow test must not touch the world: {event} {arguments[:2]}")


class _Tally:
    """Counts what was collected and what came of it; under `--complete` a test that did not run fails the session."""

    def __init__(self, config: pytest.Config) -> None:
        self._file: str = config.getoption("tally")
        self._complete: bool = config.getoption("complete")
        self._collected = 0
        self._deselected = 0
        self._outcomes: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._collected = len(session.items) + self._deselected
        gc.freeze()  # modules and tests are no garbage: looking for it among them is a tenth of a quick tier
        gc.set_threshold(20_000)
        gc.enable()

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._deselected += len(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        expected = hasattr(report, "wasxfail")
        if report.when == "call" and report.passed and not expected:
            self._outcomes["passed"] += 1
        elif report.failed:
            self._outcomes["failed" if report.when == "call" else "errors"] += 1
        elif report.skipped or expected:
            self._outcomes["not run"] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran = self._outcomes["passed"] + self._outcomes["failed"]
        sign = "=" if ran == self._collected else "but"
        terminalreporter.write_line(f"collected {self._collected} {sign} run {ran}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        ran = self._outcomes["passed"] + self._outcomes["failed"]
        if self._complete and ran != self._collected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._file:
            told = {"collected": self._collected, "run": ran, **self._outcomes}
            Path(self._file).write_text(json.dumps(told), encoding="utf-8")


_world = _World()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the two options of the tally."""
    parser.addoption("--complete", action="store_true", help="fail when a collected test was skipped, deselected or expected to fail")
    parser.addoption("--tally", default="", metavar="FILE", help="write what was collected and run to FILE, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count; what is imported from now on is there to stay."""
    gc.disable()
    config.pluginmanager.register(_Tally(config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Close the world to unit and flow tests and all their fixtures; a fake that leaks into it fails the test that used it."""
    with _world.closed() if item.nodeid.startswith(_PURE) else nullcontext():
        return (yield)
