"""What is told of a build that failed: the lines that say why, and not how its neighbors went."""

from __future__ import annotations

from bluegreen.host.build import telling_lines


def test_buildkits_own_account_of_the_failure_is_what_is_told() -> None:
    """Its digests, cached steps and blank lines stay in the log."""
    output = """
#8 [4/6] RUN pip install -r requirements.txt
#8 sha256:f81ee8ab1ec5d7a21f0847c7285b12080c81439a8e9cba53961144133e659cf2
#8 CACHED

#10 [6/6] RUN make
#10 0.1 make: *** No targets
#10 ERROR: executor failed running [/bin/sh -c make]: exit code: 2
------
 > [6/6] RUN make:
#10 0.1 make: *** No targets
------
executor failed running [/bin/sh -c make]: exit code: 2"""
    assert telling_lines(output.splitlines()) == [
        " > [6/6] RUN make:",
        "#10 0.1 make: *** No targets",
        "------",
        "executor failed running [/bin/sh -c make]: exit code: 2",
    ]


def test_a_builder_without_such_an_account_is_told_by_its_last_lines() -> None:
    """The classic builder prints the failing command's own words last."""
    assert telling_lines(["Step 2/2 : RUN make", "make: *** No targets", ""]) == ["Step 2/2 : RUN make", "make: *** No targets"]
