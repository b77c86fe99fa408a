"""A process that a test starts ends with the test, also when that is killed: nobody would be left to end it."""

from __future__ import annotations

__all__ = ["MORTAL"]

# The kernel sends it when the thread that started the process ends, however it does: prctl(2), PR_SET_PDEATHSIG.
MORTAL = ("setpriv", "--pdeathsig", "TERM")
"""Goes before the words of a command."""
