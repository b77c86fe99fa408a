"""Creates a release's containers: the name that is free, the log that does not fill the disk, the networks, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import docker
import docker.errors
from requests.exceptions import RequestException

from bluegreen.host import ContainerSpec
from bluegreen.host.engine_body import LOG_LIMIT, container_body
from bluegreen.host.engine_errors import names_taken, network_missing, refusal
from bluegreen.host.engine_link import EngineLink, reason
from bluegreen.model.container import Container
from bluegreen.model.options import HostOptions, parse_options

__all__ = ["Creator"]

_CONFLICT = 409
_TELLING = 4
"""Shorter values are no secrets, and masking every `1` would leave nothing to read."""


class Creator:
    """Creates containers through one link, and remembers whether the engine limits logs by itself."""

    def __init__(self, link: EngineLink, *, limits_logs: bool | None) -> None:
        self._link = link
        self._limits_logs = limits_logs

    def create(self, spec: ContainerSpec) -> Container:
        """The container, created and on all its networks, not started."""
        options = parse_options(spec.settings.options)
        with self._link.asking(f"create {spec.name}") as api:
            made = self._make(api, spec, options)
            try:
                for network in spec.settings.networks:
                    self._join(api, made.id, network)
            except BaseException:
                with suppress(docker.errors.DockerException, RequestException):
                    api.remove_container(made.id, force=True)
                raise
        return made

    def _make(self, api: docker.APIClient, spec: ContainerSpec, options: HostOptions) -> Container:
        """The container, on its first network.

        The API does not tell the engine's own log options; a created container shows them. So the first one is created without any, looked
        at, and when there are none, created again with a limit: three more round trips, unless the caller knew.
        """
        if options.log_driver or options.log_options:
            asked = {"Type": options.log_driver, "Config": dict(options.log_options)}
            return self._post(api, spec, options, asked)
        if self._link.facts().get("LoggingDriver") != LOG_LIMIT["Type"] or self._limits_logs:
            return self._post(api, spec, options, None)
        if self._limits_logs is None:
            made = self._post(api, spec, options, None)
            log = api.inspect_container(made.id)["HostConfig"]["LogConfig"]
            self._limits_logs = "max-size" in (log.get("Config") or {})
            if self._limits_logs:
                return made
            api.remove_container(made.id, force=True)
        return self._post(api, spec, options, LOG_LIMIT)

    def _post(self, api: docker.APIClient, spec: ContainerSpec, options: HostOptions, log: Mapping[str, Any] | None) -> Container:
        body = container_body(spec, options, log)
        longer = f"{spec.name}-{spec.release_id}"
        names = tuple(f"{base}{spec.suffix}" for base in (spec.name, longer, f"{longer}-{spec.color.value}"))
        for name in names:
            try:
                made = api.create_container_from_config(body, name)  # type: ignore[no-untyped-call]  # the stubs lack it
            except docker.errors.APIError as error:
                said = masked(reason(error), spec)
                if error.status_code != _CONFLICT or "already in use" not in said:
                    raise refusal("create", name, said) from error
            else:
                warnings = tuple(masked(str(warning), spec) for warning in made.get("Warnings") or ())
                return replace(spec.created(str(made["Id"]), name), warnings=warnings)
        raise names_taken(names)

    def _join(self, api: docker.APIClient, made: str, network: str) -> None:
        try:
            api.connect_container_to_network(made, network)
        except docker.errors.APIError as error:
            raise network_missing(network, reason(error)) from error


def masked(said: str, spec: ContainerSpec) -> str:
    """Docker repeats a variable that it cannot understand; its value may be a secret."""
    for _, value in sorted(spec.settings.env, key=lambda pair: -len(pair[1])):
        if len(value) >= _TELLING:
            said = said.replace(value, "***")
    return said
