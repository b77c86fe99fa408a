"""A host in memory that can be asked what is serving. It implements the protocols of `bluegreen.host`, and time is its own.

It keeps the rules that matter of the real one: an armed link wins over the committed one, a stopped container serves nothing, a site that
is not installed sends nobody anywhere, and a guardian that ends without a farewell takes the traffic back.
"""

from __future__ import annotations

from tests.fakes.clock import FakeClock
from tests.fakes.host import FakeHost
from tests.fakes.progress import FakeProgress
from tests.fakes.world import App

__all__ = ["App", "FakeClock", "FakeHost", "FakeProgress"]
