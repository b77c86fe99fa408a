"""Which values must never be seen: told to the runner before anything is printed, and to the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bluegreen.decide.secrecy import SHORTEST_HIDDEN, secret_values
from bluegreen.inputs.model import normalized
from bluegreen.inputs.parse.pairs import build_secrets, environment
from bluegreen.model.ask import Ask

__all__ = ["mask_commands", "secrets_asked", "secrets_given"]


def secrets_given(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets in an environment, before anybody knows whether its inputs are right."""
    given = normalized(environ)
    values = [given.get("INPUT_KEY", ""), given.get("INPUT_PASSPHRASE", "")]
    for parse, name in ((build_secrets, "INPUT_BUILD_SECRETS"), (environment, "INPUT_ENV")):
        try:
            pairs = parse(given.get(name, ""))
        except ValueError:
            values += given[name].splitlines()
        else:
            values += secret_values(pairs) if name == "INPUT_ENV" else [value for _, value in pairs]
    return _worth_hiding(values)


def secrets_asked(ask: Ask) -> tuple[str, ...]:
    """The secrets of an understood run, those of files included."""
    build = ask.build
    values = [ask.connection.key, ask.connection.passphrase, *secret_values(ask.app.settings.env)]
    values += [value for _, value in build.secrets] + list(secret_values(build.args)) if build else []
    return _worth_hiding(values)


def mask_commands(secrets: Iterable[str]) -> Iterator[str]:
    """The runner's commands that hide them: one a line, since the runner looks at its log line by line."""
    lines = (line.strip() for secret in secrets for line in secret.splitlines())
    for line in dict.fromkeys(lines):
        if len(line) >= SHORTEST_HIDDEN and not line.startswith("-----"):
            yield "::add-mask::" + line.replace("%", "%25")


def _worth_hiding(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if len(value.strip()) >= SHORTEST_HIDDEN))
