"""The inputs, from an environment and a command line to frozen values. The only user of pydantic-settings."""

from bluegreen.inputs.secret import mask_commands, secrets_asked, secrets_given
from bluegreen.inputs.understand import Help, understand

__all__ = ["Help", "mask_commands", "secrets_asked", "secrets_given", "understand"]
