"""The users of the tests and the demo, and the judge of what they met."""

from tests.load.client import Target
from tests.load.generator import MIX, Plan
from tests.load.record import Kind, Record
from tests.load.run import Load

__all__ = ["MIX", "Kind", "Load", "Plan", "Record", "Target"]
