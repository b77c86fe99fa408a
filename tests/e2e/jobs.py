"""Work for the test application's workers: a new job ten times a second, and who did each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.box import Box

__all__ = ["expect_every_job_done_once", "jobs"]

_SPOOL = "/var/lib/docker/volumes/{}/_data"
_FEED = """
    number=0
    until [[ -e /tmp/enough ]]; do
        : > {0}/job-$number; mv {0}/job-$number {0}/new/job-$number; number=$((number + 1)); sleep 0.1
    done
    echo $number > /tmp/fed
"""


@contextmanager
def jobs(box: Box, volume: str) -> Iterator[None]:
    """New jobs in that volume while the block runs."""
    spool = _SPOOL.format(volume)
    box.sh(f"rm -f /tmp/enough /tmp/fed; mkdir -p {spool}/new")
    box.write("/tmp/feed", _FEED.format(spool))
    box.sh("setsid bash /tmp/feed > /dev/null 2>&1 &")
    try:
        yield
    finally:
        box.sh("touch /tmp/enough; until [[ -e /tmp/fed ]]; do sleep 0.1; done")


def expect_every_job_done_once(box: Box, volume: str, *versions: str) -> None:
    """Assert that none was lost and none done twice, and that workers of these versions did them, each some."""
    spool = _SPOOL.format(volume)
    box.sh(f"for i in {{1..50}}; do [[ -n $(ls -A {spool}/new {spool}/taken | grep job) ]] || break; sleep 0.1; done")
    fed = int(box.read("/tmp/fed"))
    done = [line.split() for line in box.read(f"{spool}/done").splitlines()]
    assert fed > 100
    assert Counter(job for job, _ in done) == Counter(f"job-{number}" for number in range(fed))
    assert {version for _, version in done} == set(versions)
