"""What the tests of the report share: a clock to turn by hand, one deployment to tell, and readers that read as the runner does."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bluegreen import report
from bluegreen.errors import BlueGreenError, WentBack
from bluegreen.model.color import Color
from bluegreen.model.outcome import Outcome, Result
from bluegreen.model.progress import Stage, StepRecord
from bluegreen.model.traffic import Sample, StepTraffic

GITHUB = {"GITHUB_ACTIONS": "true"}
RUN = report.Run(command="deploy", app="myexample", version="v2", host="host.example", url="http://myexample.com")
DEPLOYED = Outcome(
    result=Result.DEPLOYED,
    version="v2",
    previous_version="v1",
    color=Color.GREEN,
    image_id="sha256:" + "ab" * 32,
    containers=("myexample-v2",),
    url="http://myexample.com",
    kept=("v1",),
)

MET = StepTraffic(
    candidate=Sample(requests=50, server_errors=1, failed_attempts=2, times=((12, 45), (40, 2), (900, 1))),
    live=Sample(requests=1002, times=((11, 1002),)),
    requests=1050,
    failed=1,
)
"""What users met in each step: two of the candidate's failures were answered by live."""

BACK = WentBack("v2 misbehaved at 50 %.", means="It dies.", state="v1 serves all traffic.", todo="Mend `app.py`.")


class HandClock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        """Seconds."""
        return self.time

    def utc(self) -> str:
        """Always the same moment."""
        return "2026-11-24T15:52:10Z"


class Tty(io.StringIO):
    """A stream in front of which a person sits."""

    def isatty(self) -> bool:
        """Yes."""
        return True


class Teller:
    """A reporter on a stream that can be read."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        secrets: tuple[str, ...] = (),
        stream: io.StringIO | None = None,
        detail: report.Detail = report.Detail.NORMAL,
    ) -> None:
        self.clock = HandClock()
        self.stream = stream or io.StringIO()
        self.trips = 0
        self.tell = report.reporter(environ or {}, clock=self.clock, stream=self.stream, secrets=secrets, detail=detail)
        self.tell.round_trips = lambda: self.trips

    @property
    def text(self) -> str:
        """All that was said."""
        return self.stream.getvalue()

    def work(self, seconds: float, trips: int = 0) -> None:
        """Let time pass and replies come."""
        self.clock.time += seconds
        self.trips += trips

    def deploy(self, *, fails: BlueGreenError | None = None) -> None:
        """Tell a whole deployment, or one whose candidate is sent back at 50 %."""
        self.work(0.8, 5)
        self.tell.fact("docker", "20.10.24")
        with self.tell.stage(Stage.BUILD):
            self.tell.output("#1 [internal] load build definition")
            self.work(11.1, 9)
            self.tell.done("myexample:v2 is on the host")
        with self.tell.stage(Stage.REROUTE):
            self.shift(10, "go on")
            if fails is not None:
                self.shift(50, "go back")
                self.tell.evidence("The last lines of its log", ["Traceback", "KeyError: 7"])
                raise fails
            self.shift(100, "go on")
        with self.tell.stage(Stage.RETIRE):
            self.work(1.0, 1)

    def shift(self, share: int, verdict: str) -> None:
        """One step, held for ten seconds."""
        self.work(10, 2)
        self.tell.step(StepRecord(share=share, seconds=10, verdict=verdict, reason="as seen", traffic=MET))

    def finish(self, end: Outcome | report.Answer | Exception = DEPLOYED, where: report.Places | None = None) -> int:
        """End the run."""
        return report.finish(self.tell, end, run=RUN, where=where or report.Places())


@dataclass(frozen=True, slots=True)
class Command:
    """A workflow command as the runner understood it."""

    name: str
    properties: str
    text: str


def commands_seen(log: str) -> list[Command]:
    """Every command the runner finds in a log (actions/runner, ActionCommand.cs): `::` first in a trimmed line, or `##[` anywhere."""
    found: list[Command] = []
    for line in re.split(r"\r\n|\n|\r", log):
        modern = re.match(r"::([^:\s]+)(?: (.*?))?::(.*)", line.strip())
        old = re.search(r"##\[([^\]]*)\](.*)", line)
        if modern:
            found.append(Command(modern[1], modern[2] or "", modern[3]))
        elif old:
            found.append(Command(f"##[{old[1]}]", "", old[2]))
    return found


def outputs_seen(file: Path) -> dict[str, str]:
    """The outputs as the runner reads its file (actions/runner, FileCommandManager.cs)."""
    found: dict[str, str] = {}
    lines = iter(file.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line.split("<<", 1)
            value: list[str] = []
            while (part := next(lines)) != delimiter:
                value.append(part)
            found[name] = "\n".join(value)
        elif equals >= 0:
            name, _, given = line.partition("=")
            found[name] = given
    return found


def everywhere(folder: Path) -> report.Places:
    """All files in one folder."""
    return report.Places(directory=folder / "reports", outputs=folder / "outputs", summary=folder / "summary.md")
