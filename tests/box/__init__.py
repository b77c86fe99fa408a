"""An EC2 host in a container, shared by the end-to-end tests, the demo and the benches."""

from tests.box.bare_box import BareBox
from tests.box.box import Box

__all__ = ["BareBox", "Box"]
