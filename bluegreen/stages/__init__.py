"""The five stages, in their order: build, launch, probe, reroute, retire. They do not know each other."""
