"""Puts understood inputs together into an `Ask`; the little that needs several inputs or the runner at once is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bluegreen.errors import BadInput
from bluegreen.inputs.field import BUILDS
from bluegreen.inputs.model import Inputs
from bluegreen.model.ask import (
    AppAsk,
    Ask,
    BuildAsk,
    ConnectionAsk,
    Control,
    Expectations,
    LogRules,
    LogsAsk,
    ReleaseCommand,
    RetireAsk,
    Room,
    SmokeTest,
    TrafficAsk,
)
from bluegreen.model.release import Process, RunInfo, Settings
from bluegreen.model.site import AppProtocol, SiteMode
from bluegreen.model.verdict import Limits, LowTraffic

__all__ = ["make_ask"]

_SHORT = 7


def make_ask(inputs: Inputs, environ: Mapping[str, str], commit: Callable[[Path], str]) -> Ask:
    """The whole `Ask`. Raises `BadInput` when no version can be told."""
    return Ask(
        command=inputs.command,
        connection=_connection(inputs),
        build=_build(inputs, environ, commit) if inputs.command in BUILDS else None,
        app=_app(inputs),
        expect=_expectations(inputs),
        logs=LogRules(ready=inputs.log_ready, fail=inputs.log_fail, allow=inputs.log_allow, limit=inputs.log_fail_limit),
        traffic=_traffic(inputs),
        retire=RetireAsk(drain_timeout=inputs.drain_timeout, stop_timeout=inputs.stop_timeout, keep=inputs.keep),
        control=Control(
            deadline=inputs.deadline,
            lock_timeout=inputs.lock_timeout,
            lease=inputs.lease,
            force=inputs.force,
            verbose=inputs.verbose,
            summary=inputs.summary,
            dry_run=inputs.dry_run,
        ),
        run=_run(environ),
        show=LogsAsk(whose=inputs.color, process=inputs.process, lines=inputs.lines, follow=inputs.follow),
        init_from=inputs.from_container,
        smoke=SmokeTest(script=inputs.smoke_test, timeout=inputs.smoke_timeout) if inputs.smoke_test else None,
    )


def _connection(inputs: Inputs) -> ConnectionAsk:
    return ConnectionAsk(
        host=inputs.host,
        port=inputs.port,
        username=inputs.username,
        key=inputs.key,
        passphrase=inputs.passphrase,
        fingerprints=inputs.fingerprint,
        known_hosts=inputs.known_hosts,
        timeout=inputs.timeout,
    )


def _build(inputs: Inputs, environ: Mapping[str, str], commit: Callable[[Path], str]) -> BuildAsk:
    # The checkout's own commit first: GITHUB_SHA is another one where the workflow checks out a `ref` of its choice.
    version = inputs.version or commit(inputs.context) or environ.get("GITHUB_SHA", "")[:_SHORT]
    if not version:
        why = f"`version` is empty, and `{inputs.context}` is no git checkout whose commit could name it"
        raise BadInput([f"{why}: give a `version`, or put `uses: actions/checkout` before this step"])
    return BuildAsk(
        app=inputs.app,
        image=inputs.image[0],
        version=version,
        context=inputs.context,
        file=_dockerfile(inputs),
        target=inputs.target,
        args=inputs.build_args,
        secrets=inputs.build_secrets,
    )


def _dockerfile(inputs: Inputs) -> Path | None:
    """Where the Dockerfile is: a path from the working directory as docker/build-push-action has it, or from `context`."""
    if not inputs.file:
        return None
    path = Path(inputs.file)
    return path if not path.exists() and (inputs.context / path).exists() else path.absolute()


def _app(inputs: Inputs) -> AppAsk:
    host_env_file, file_env = inputs.env_file
    return AppAsk(
        app=inputs.app,
        settings=Settings(
            container_port=inputs.container_port,
            env=tuple((dict(file_env) | dict(inputs.env)).items()),
            volumes=inputs.volumes,
            networks=inputs.networks,
            container_command=inputs.container_command,
            memory=inputs.memory,
            cpus=inputs.cpus,
            options=inputs.container_options,
            replicas=inputs.replicas,
            processes=tuple(Process(name=name, words=words) for name, words in inputs.processes),
        ),
        host_env_file=host_env_file,
        release_command=ReleaseCommand(words=inputs.release_command, timeout=inputs.release_timeout) if inputs.release_command else None,
        room=Room(inputs.room),
        adopt=inputs.adopt,
    )


def _expectations(inputs: Inputs) -> Expectations:
    exact = [name for name in inputs.server_name if "*" not in name and name != "_" and not name.startswith(".")]
    named = inputs.health_host or (exact[0] if exact else "")
    return Expectations(
        protocol=AppProtocol(inputs.protocol),
        path=inputs.health_path,
        # Without a name that the app knows, many frameworks answer 400 to every request.
        host=named or urlsplit(inputs.url).netloc,
        site_host=named,
        status=inputs.health_status,
        body=inputs.health_body,
        timeout=inputs.health_timeout,
        interval=inputs.health_interval,
        successes=inputs.health_successes,
    )


def _traffic(inputs: Inputs) -> TrafficAsk:
    plain = inputs.listen == ("80",)
    return TrafficAsk(
        server_names=inputs.server_name,
        listen=("443",) if inputs.tls_certificate and plain else inputs.listen,
        tls_certificate=inputs.tls_certificate,
        tls_certificate_key=inputs.tls_certificate_key,
        url=inputs.url,
        site=SiteMode(inputs.site),
        nginx=inputs.nginx,
        body_size=inputs.client_max_body_size,
        stick_by=inputs.stick_by,
        steps=inputs.shift,
        watch=inputs.watch,
        limits=Limits(
            max_error_rate=inputs.max_error_rate,
            max_latency=inputs.max_latency,
            min_requests=inputs.min_requests,
            on_low_traffic=LowTraffic(inputs.on_low_traffic),
        ),
    )


def _run(environ: Mapping[str, str]) -> RunInfo:
    repository, run = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_RUN_ID", "")
    number = environ.get("GITHUB_RUN_NUMBER", "")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return RunInfo(
        repository=repository,
        workflow=environ.get("GITHUB_WORKFLOW", ""),
        number=int(number) if number.isdecimal() else 0,
        url=f"{server}/{repository}/actions/runs/{run}" if repository and run else "",
    )
