"""The answer of `init` for a person: the secrets to create, the workflow to save, the line to edit, and what no input can say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bluegreen.model.init_report import InitReport
from bluegreen.report.line import Line, Look, Piece
from bluegreen.report.render import workflow

__all__ = ["clean_init", "init_lines", "init_workflow"]

_FILE = ".github/workflows/deploy.yml"


def init_workflow(report: InitReport) -> str:
    """The workflow's text."""
    return workflow("workflow.yml.j2").render(app=report.app, inputs=report.inputs)


def init_lines(report: InitReport) -> tuple[Line, ...]:
    """The whole answer, line by line. The workflow is not indented, so that it can be copied."""
    return tuple(_lines(report))


def _lines(report: InitReport) -> Iterator[Line]:
    yield (Piece("○ "), Piece(f"{report.container} runs {report.image}, and {report.url} leads to it", Look.STRONG))
    yield from _title("Create these secrets of the repository (Settings, Secrets and variables, Actions)")
    width = max(len(one.name) for one in report.secrets) + 2
    for one in report.secrets:
        yield (Piece(f"  {one.name:<{width}}", Look.STRONG), Piece(one.holds))
        if one.command:
            yield (Piece(f"  {'':<{width}}on the host: ", Look.QUIET), Piece(one.command))
    yield from _title(f"Save this as {_FILE}")
    yield from ((Piece(text),) for text in init_workflow(report).splitlines())
    yield from _edits(report)
    if report.notes or report.site.problems:
        yield from _title("Before the first run, look at what no input could say")
        yield from ((Piece("  ✗ ", Look.BAD), Piece(text)) for text in report.site.problems)
        yield from ((Piece("  ! ", Look.WARNING), Piece(text)) for text in report.notes)
    yield ()
    yield (Piece("  Nothing was changed.", Look.QUIET),)


def _edits(report: InitReport) -> Iterator[Line]:
    edits = report.site.edits
    if not edits:
        yield from _title(f"Nothing to edit: {' and '.join(report.site.included)} includes {report.site.part} already")
        return
    what = "this line" if len(edits) == 1 else "these lines"
    yield from _title(f"Run it once. It ends with exit code 4, and has made what your site will include. Then edit {what}")
    for edit in edits:
        yield (Piece(f"  {edit.file}:{edit.line}", Look.STRONG),)
        yield (Piece(f"  - {edit.old}", Look.BAD),)
        yield (Piece(f"  + {edit.new}", Look.GOOD),)
    yield ()
    yield (Piece("  and `sudo nginx -t && sudo nginx -s reload`, and run it again: that is the first deployment."),)


def _title(text: str) -> Iterator[Line]:
    yield ()
    yield (Piece(text, Look.STRONG),)
    yield ()


def clean_init(report: InitReport, phrase: Callable[[str], str], clean: Callable[[str], list[str]]) -> InitReport:
    """The same without secrets and control characters."""
    return replace(
        report,
        app=phrase(report.app),
        container=phrase(report.container),
        image=phrase(report.image),
        url=phrase(report.url),
        inputs=tuple(replace(one, text="\n".join(clean(one.text))) for one in report.inputs),
        secrets=tuple(replace(one, holds=phrase(one.holds), command=phrase(one.command)) for one in report.secrets),
        site=replace(
            report.site,
            edits=tuple(replace(edit, old=phrase(edit.old), new=phrase(edit.new)) for edit in report.site.edits),
            problems=tuple(map(phrase, report.site.problems)),
        ),
        notes=tuple(map(phrase, report.notes)),
    )
