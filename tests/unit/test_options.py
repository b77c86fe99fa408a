"""`container-options`: what passes, what it becomes, and why the rest is refused."""

from __future__ import annotations

import shlex
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluegreen.errors import BadInput
from bluegreen.model.option_list import ALLOWED, REFUSED, SHORT
from bluegreen.model.option_values import Gpus, Ulimit
from bluegreen.model.options import HostOptions, option_problems, option_words, parse_options


def read(text: str) -> HostOptions:
    return parse_options(option_words(text))


def only_problem(text: str) -> str:
    (problem,) = option_problems(text)
    return problem


def test_options_may_stand_on_several_lines_with_comments_and_quotes() -> None:
    """The input reads like the end of a docker run command in a script."""
    options = read(
        """
        # the database is not in DNS
        --add-host db.internal:10.0.0.5
        --label 'motto=two words #1'  --init
        """
    )
    assert options.hosts == ("db.internal:10.0.0.5",)
    assert options.labels == (("motto", "two words #1"),)
    assert options.init


def test_no_options_are_no_problem() -> None:
    """An empty input is the usual one."""
    assert option_problems("") == []
    assert read("") == HostOptions()


@pytest.mark.parametrize("text", ["--user 1000", "--user=1000", "-u 1000", "-u1000", "-u=1000"])
def test_a_value_may_be_attached_or_follow(text: str) -> None:
    """Each spelling that docker run knows means the same."""
    assert read(text).user == "1000"


def test_short_switches_may_be_joined() -> None:
    """`-tu 7` is a terminal and a user."""
    assert read("-tu 7") == HostOptions(tty=True, user="7")


def test_what_may_be_given_often_is_collected_in_order() -> None:
    """The second does not replace the first."""
    assert read("--cap-drop ALL --cap-drop=NET_RAW").cap_drop == ("ALL", "NET_RAW")


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("--shm-size 64m", "shm_size", 64 << 20),
        ("--shm-size 1.5g", "shm_size", 3 << 29),
        ("--ulimit nofile=1024:4096", "ulimits", (Ulimit(name="nofile", soft=1024, hard=4096),)),
        ("--ulimit core=unlimited", "ulimits", (Ulimit(name="core", soft=-1, hard=-1),)),
        ("--gpus all", "gpus", Gpus(count=-1)),
        ("--gpus 2", "gpus", Gpus(count=2)),
        ("--gpus '\"device=0,1\"'", "gpus", Gpus(ids=("0", "1"))),
        ("--tmpfs /run --tmpfs /tmp:size=8m", "tmpfs", (("/run", ""), ("/tmp", "size=8m"))),
        ("--log-opt max-size=50m", "log_options", (("max-size", "50m"),)),
        ("--health-interval 1m30s", "health_interval", 90.0),
        ("--add-host gw:host-gateway", "hosts", ("gw:host-gateway",)),
        ("--add-host six=[::1]", "hosts", ("six:::1",)),
        ("--security-opt no-new-privileges", "security", ("no-new-privileges",)),
        ("--sysctl net.core.somaxconn=1024", "sysctls", (("net.core.somaxconn", "1024"),)),
        ("--read-only=false", "read_only", False),
        ("--oom-score-adj -500", "oom_score_adj", -500),
    ],
)
def test_a_value_becomes_what_docker_is_told(text: str, field: str, value: object) -> None:
    """Sizes become bytes, durations seconds, lists tuples."""
    assert option_problems(text) == []
    assert getattr(read(text), field) == value


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("-p 80:8000", "container-port"),
        ("--publish=80:8000", "container-port"),
        ("-P", "container-port"),
        ("--name web", "app"),
        ("--network host", "networks"),
        ("--restart always", "committed"),
        ("--rm", "keep"),
        ("--privileged", "--cap-add"),
        ("-v /a:/b", "volumes"),
        ("--mount type=bind,src=/a,dst=/b", "volumes"),
        ("-m 1g", "memory"),
        ("--cpus=2", "cpus"),
        ("--env-file .env", "env-file"),
        ("-d", "detached"),
    ],
)
def test_a_refused_option_says_why_and_what_to_use(text: str, instead: str) -> None:
    """One problem, and its value is not taken for a second one."""
    problem = only_problem(text)
    assert problem.startswith("container-options: --")
    assert "is refused" in problem
    assert instead in problem


@pytest.mark.parametrize("text", ["-e TOKEN=hunter2", "-eTOKEN=hunter2", "--env=TOKEN=hunter2", "--env TOKEN=hunter2", "--tokn hunter2"])
def test_the_value_of_a_refused_or_unknown_option_is_not_repeated(text: str) -> None:
    """It may be a secret, and problems are printed."""
    assert "hunter2" not in only_problem(text)


def test_a_misspelt_option_is_named_with_the_likely_one() -> None:
    """A typo is found in seconds."""
    assert "did you mean --ulimit?" in only_problem("--ulimt nofile=1")


def test_a_word_that_is_no_option_points_to_the_command() -> None:
    """`docker run … image command` is a habit."""
    assert "container-command" in only_problem("--init gunicorn")


@pytest.mark.parametrize(
    "text",
    [
        "--shm-size plenty",
        "--shm-size 0",
        "--ulimit nofile",
        "--gpus some",
        "--dns example.org",
        "--add-host db",
        "--tmpfs tmp",
        "--workdir src",
        "--log-driver none",
        "--label bluegreen.app=other",
        "--label =x",
        "--security-opt seccomp=profile.json",
        "--pids-limit many",
        "--health-timeout soon",
        "--log-opt max-size",
        "--init=perhaps",
        "--user ''",
        "--user=",
        "--user",
    ],
)
def test_a_bad_value_is_found_before_anything_is_contacted(text: str) -> None:
    """The problem names its option."""
    assert text.split(maxsplit=1)[0].partition("=")[0] in only_problem(text)


def test_all_problems_are_told_at_once() -> None:
    """Nobody deploys three times to learn of three typos."""
    assert len(option_problems("--privileged --shm-size x --nope --init")) == 3


def test_an_open_quote_is_a_problem() -> None:
    """The text cannot be split into words."""
    assert "quote" in only_problem("--label 'a=b")


def test_words_that_would_not_pass_are_not_parsed() -> None:
    """The engine cannot be given what the check refuses."""
    with pytest.raises(BadInput, match="is refused"):
        parse_options(("--privileged",))


def test_the_list_and_the_values_hold_the_same_options() -> None:
    """No option passes and is then forgotten, none has two meanings."""
    assert sorted(option.field for option in ALLOWED.values()) == sorted(field.name for field in fields(HostOptions))
    assert not set(ALLOWED) & set(REFUSED)
    assert set(SHORT.values()) <= set(ALLOWED) | set(REFUSED)


# Letters of a list: Hypothesis takes seconds to learn all of Unicode, and no more would be found with it.
_TEXT = st.text("aZ09 -=:,./_'\"\\$`#\t\r\n\x00\x0b\x1c\x85\u2028é字🙂", max_size=12)


@settings(max_examples=40)
@given(st.lists(_TEXT | st.sampled_from(sorted(ALLOWED) + sorted(REFUSED) + sorted(SHORT)), max_size=8))
def test_any_words_are_either_read_or_refused(words: list[str]) -> None:
    """Whatever a user types ends as values or as problems, never as a bug."""
    text = shlex.join(word for word in words if word.strip() and not set(word) & set("\r\n#\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
    problems = option_problems(text)
    assert all(problem.startswith("container-options: ") for problem in problems)
    if not problems:
        assert isinstance(read(text), HostOptions)
