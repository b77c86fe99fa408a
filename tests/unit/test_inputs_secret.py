"""Which values are hidden, and how the runner is told."""

from __future__ import annotations

from bluegreen.inputs import mask_commands, secrets_asked, secrets_given, understand
from bluegreen.model.ask import Ask
from tests.unit.test_inputs_ask import LEAST

KEY = "-----BEGIN KEY-----\nAAAAbbbbCCCC\r\nDDDDeeee%0A\n-----END KEY-----\n"


def test_a_secret_is_hidden_line_by_line() -> None:
    """The runner looks at its log line by line; the lines around a key are no secret."""
    assert list(mask_commands([KEY, "AAAAbbbbCCCC"])) == ["::add-mask::AAAAbbbbCCCC", "::add-mask::DDDDeeee%250A"]


def test_secrets_are_known_before_the_inputs_are_understood() -> None:
    """A problem with one input must not show another."""
    environ = {
        "INPUT_KEY": KEY,
        "INPUT_PASSPHRASE": "open sesame",
        "INPUT_ENV": "hunter2 without equals",
        "INPUT_BUILD_SECRETS": "t=abcdefgh",
    }
    assert set(secrets_given(environ)) == {KEY, "open sesame", "hunter2 without equals", "abcdefgh"}


def test_values_of_variables_are_hidden_only_when_they_look_like_secrets() -> None:
    """Hiding `production` would hide it all over the log, and in URLs."""
    env = "MODE=production\nPORT=8000\nHOST=ec2-1.compute-1.amazonaws.com\nDATABASE_URL=postgres://u:pa55word@db/x\nAPI_TOKEN=abcdef\nX=q1w2e3r4t5y6u7i8o9p0"
    assert set(secrets_given({"INPUT_ENV": env})) == {"pa55word", "postgres://u:pa55word@db/x", "abcdef", "q1w2e3r4t5y6u7i8o9p0"}


def test_secrets_of_files_are_known_too() -> None:
    """The key came from `--key-file`, a variable from `env-file`."""
    asked = understand({**LEAST, "INPUT_BUILD_ARGS": "NPM_TOKEN=abcdefgh\nVERSION=7"}, ["--key-file", "-"], read_key=lambda _path: KEY)
    assert isinstance(asked, Ask)
    assert set(secrets_asked(asked)) == {KEY, "abcdefgh"}


def test_short_values_are_not_hidden() -> None:
    """Hiding `on` protects nothing and makes the log unreadable."""
    assert secrets_given({"INPUT_PASSPHRASE": "on"}) == ()
