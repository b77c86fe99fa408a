"""Which values must never be seen: told to the runner before anything is printed, and to the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bluegreen.inputs.model import normalized
from bluegreen.inputs.parse.pairs import build_secrets, environment
from bluegreen.model.ask import Ask

__all__ = ["mask_commands", "secrets_asked", "secrets_given"]

_SHORTEST = 6
_NAMES = re.compile(r"pass|pwd|secret|token|key|credential|auth|private|dsn|salt|cookie|cert|signature|webhook|api", re.IGNORECASE)
_URL_LOGIN = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+=_-][A-Za-z0-9+/=_-]{19,}")


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
            values += _secret_values(pairs) if name == "INPUT_ENV" else [value for _, value in pairs]
    return _worth_hiding(values)


def secrets_asked(ask: Ask) -> tuple[str, ...]:
    """The secrets of an understood run, those of files included."""
    build = ask.build
    values = [ask.connection.key, ask.connection.passphrase, *_secret_values(ask.app.settings.env)]
    values += [value for _, value in build.secrets] + list(_secret_values(build.args)) if build else []
    return _worth_hiding(values)


def mask_commands(secrets: Iterable[str]) -> Iterator[str]:
    """The runner's commands that hide them: one a line, since the runner looks at its log line by line."""
    lines = (line.strip() for secret in secrets for line in secret.splitlines())
    for line in dict.fromkeys(lines):
        if len(line) >= _SHORTEST and not line.startswith("-----"):
            yield "::add-mask::" + line.replace("%", "%25")


def _secret_values(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Values that look like secrets. Hiding every value would hide `production` and `8000` all over the log, and in URLs."""
    for name, value in pairs:
        login = _URL_LOGIN.search(value)
        if login:
            yield login[1]
        if login or _NAMES.search(name) or _RANDOM.fullmatch(value):
            yield value


def _worth_hiding(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if len(value.strip()) >= _SHORTEST))
