"""Starts the program from anywhere: `python -I entrypoint.py`. Any Python 3 can read it, so that an old one is told what is missing."""

import contextlib
import gc
import os
import signal
import sys
import traceback

_FLOOR = (3, 11)
_TOO_OLD = "bluegreen-action needs Python 3.11 or newer, and this is {}.{} ({}). In a workflow, actions/setup-python provides one.\n"
_BUG = "bluegreen-action could not start, which is a bug of its own: {} at {}:{}. Please tell us: {}\n"
_COLLECT_AFTER = 100000
_TURN = 0.001
_ISSUES = "https://github.com/org/bluegreen-action/issues"
_MISSING = """bluegreen-action needs the Python module {}, which {} does not have. What it needs is installed by
  {} -m pip install --require-hashes -r {}
"""


def _leave(_number: int, _frame: object) -> None:
    """Until the program is loaded nothing was contacted, so a cancelled job just ends."""
    os._exit(130)


def _hurry() -> None:
    """A run lasts seconds, and a fifth of its work would be Python's housekeeping.

    Loading makes many objects and throws none away, so looking for garbage every 700 of them finds nothing. And who hears from the
    network while another thread loads would get his turn 5 ms late, each time.
    """
    gc.set_threshold(_COLLECT_AFTER)
    sys.setswitchinterval(_TURN)


def _end(code: int) -> None:
    """All is said and written. What is left, taking everything apart, takes Python a tenth of a second and the system none."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # it was never open, or whoever read it is gone
            stream.flush()
    os._exit(code)


def _start() -> int:
    _hurry()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    if sys.version_info[:2] < _FLOOR:
        sys.stderr.write(_TOO_OLD.format(sys.version_info[0], sys.version_info[1], sys.executable))
        return 2
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 — the floor of this file is lower
    sys.path.insert(0, folder)
    try:
        from bluegreen.__main__ import run  # noqa: PLC0415 — only once the Python is known to be new enough
    except Exception as error:  # noqa: BLE001 — no traceback ever reaches a user
        if not isinstance(error, ModuleNotFoundError) or (error.name or "bluegreen").partition(".")[0] == "bluegreen":
            place = traceback.extract_tb(error.__traceback__)[-1]
            sys.stderr.write(_BUG.format(type(error).__name__, place.filename, place.lineno, _ISSUES))
            return 1
        lock = os.path.join(folder, "requirements", "runtime.txt")  # noqa: PTH118
        sys.stderr.write(_MISSING.format(error.name, sys.executable, sys.executable, lock))
        return 2
    return run()


if __name__ == "__main__":
    _end(_start())
