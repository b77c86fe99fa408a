"""Inputs of several lines: variables, secrets, and the expressions that judge a log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bluegreen.inputs.parse import log_rules, pairs, places


class TestVariables:
    """`NAME=value` lines."""

    def test_are_read_as_docker_reads_an_env_file(self) -> None:
        """Quotes and inner spaces stay, comments and blank lines go, the last one of a name wins."""
        text = '\ufeffA=1\n  # no\n\n B="q" # stays\nC=\nA=x=y\r\nD=  two '
        assert pairs.environment(text) == (("B", '"q" # stays'), ("C", ""), ("A", "x=y"), ("D", "  two "))

    def test_that_are_wrong_are_told_by_line_and_never_shown(self) -> None:
        """A line may be the continuation of a pasted key."""
        with pytest.raises(ValueError, match=r"line 2 .*\nline 3") as caught:
            pairs.environment("A=1\nhunter2\nB C=hunter3")
        assert "hunter" not in str(caught.value)

    @pytest.mark.parametrize(
        ("line", "hint"),
        [
            ("export TOKEN=hunter2", "begins with `export`"),
            ("TOKEN = hunter2", "no space may stand before the `=`"),
            ("TOKEN: hunter2", "the colon has to become one"),
        ],
    )
    def test_in_the_spelling_of_a_shell_or_of_yaml_are_told_what_to_change(self, line: str, hint: str) -> None:
        """The likeliest mistakes have a word of their own, without the value."""
        with pytest.raises(ValueError, match=hint) as caught:
            pairs.environment(line)
        assert "hunter" not in str(caught.value)

    def test_from_a_file_on_the_runner(self, tmp_path: Path) -> None:
        """The file's text has the same syntax."""
        file = tmp_path / "app.env"
        file.write_text("A=1\n")
        assert places.env_file(str(file)) == ("", (("A", "1"),))

    def test_from_a_file_that_is_no_text_are_a_problem(self, tmp_path: Path) -> None:
        """A key store given by mistake."""
        file = tmp_path / "store.jks"
        file.write_bytes(b"\xfe\xed\xfe\xed")
        with pytest.raises(ValueError, match="not UTF-8"):
            places.env_file(str(file))

    def test_build_secrets_may_span_lines_in_quotes(self) -> None:
        """As docker/build-push-action has it."""
        text = 'TOKEN=abc\n"NPMRC=//r/:_auth=x\nsay ""hi"""\n# no\nlast=1'
        assert pairs.build_secrets(text) == (("TOKEN", "abc"), ("NPMRC", '//r/:_auth=x\nsay "hi"'), ("last", "1"))

    def test_a_build_secret_whose_quote_stays_open_is_a_problem_without_its_text(self) -> None:
        """Else the rest of the input would be its value."""
        with pytest.raises(ValueError, match="line 2 is never closed") as caught:
            pairs.build_secrets('A=1\n"B=hunter2\nC=3')
        assert "hunter2" not in str(caught.value)

    def test_build_arguments_have_names_that_a_dockerfile_can_use(self) -> None:
        """`ARG A-B` is none."""
        with pytest.raises(ValueError, match="name of a build argument"):
            pairs.build_args("A-B=1")


class TestLogFail:
    """The expressions that fail a candidate by its log."""

    @pytest.mark.parametrize(
        "line",
        [
            "Traceback (most recent call last):",
            "panic: runtime error: index out of range [5] with length 3",
            "fatal error: all goroutines are asleep - deadlock!",
            "thread 'main' panicked at src/main.rs:2:5:",
            "thread 'main' (4711) panicked at src/main.rs:2:5:",
            "(node:7) UnhandledPromiseRejectionWarning: Error: nope",
            "[UnhandledPromiseRejection: This error originated either by throwing inside of an async function",
            "Uncaught Exception: Error: nope",
            'Exception in thread "main" java.lang.NullPointerException',
            "Unhandled exception. System.InvalidOperationException: nope",
            "PHP Fatal error:  Uncaught Error: Call to undefined function",
            "Segmentation fault (core dumped)",
            "./app: error while loading shared libraries: libssl.so.3: cannot open shared object file",
        ],
    )
    def test_the_last_words_of_a_crash_are_known(self, line: str) -> None:
        """Without any input."""
        assert any(re.search(rule, line) for rule in log_rules.fail_patterns(""))

    @pytest.mark.parametrize(
        "line",
        [
            "INFO: Application startup complete.",
            "handled exception: retrying",
            "0 errors, 0 panics",
            'level=info msg="don\'t panic: all is well"',
            "GET /traceback 200",
            "registered handler for unhandledRejection",
            "fatal errors are sent to the pager",
        ],
    )
    def test_ordinary_lines_are_not_taken_for_one(self, line: str) -> None:
        """A false alarm would stop every deployment."""
        assert not any(re.search(rule, line) for rule in log_rules.fail_patterns(""))

    def test_the_users_expressions_add_to_the_built_in_ones(self) -> None:
        """Nobody has to repeat the defaults."""
        assert log_rules.fail_patterns("OutOfStock") == (*log_rules.DEFAULT_FAIL, "OutOfStock")

    def test_a_line_none_switches_the_built_in_ones_off(self) -> None:
        """With or without others."""
        assert log_rules.fail_patterns("none") == ()
        assert log_rules.fail_patterns("none\nOutOfStock") == ("OutOfStock",)
