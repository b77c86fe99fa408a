"""bluegreen-action: a new version of a Dockerized app on an EC2 host, without its users noticing."""

__version__ = "1.0.0"
