"""Puts together what `init` answers: the app's workflow, its workers included, and the secrets that it needs."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bluegreen.decide.portray import inputs_of, untold, veiled
from bluegreen.decide.secrecy import SHORTEST_HIDDEN, secret_values
from bluegreen.model.ask import ConnectionAsk
from bluegreen.model.container import Role
from bluegreen.model.init_report import InitReport, NewSecret, WorkflowInput
from bluegreen.model.neighbor import stop_command
from bluegreen.model.portrait import Portrait
from bluegreen.model.site import SiteMode, Way

__all__ = ["app_of", "introduce", "unsaid"]

_LONGEST_APP = 40
_LONGEST_PROCESS = 30
_PORT = 22
_VEILED = ("container-command", "container-options", "processes")
_TAKEN = {role.value for role in Role if role is not Role.PROCESS}


def app_of(portrait: Portrait) -> str:
    """What to call the app: its image's last part, or the container's name where that says nothing."""
    repository = _repository(portrait.image)
    return next(name for word in (repository.rpartition("/")[2], portrait.name, "app") if (name := _name(word, _LONGEST_APP)))


def introduce(app: str, portrait: Portrait, beside: Iterable[Portrait], way: Way, connection: ConnectionAsk) -> InitReport:
    """The whole answer. `beside` are the containers of the same image, and `way` is how users reach the app."""
    workers, notes = _workers(portrait, beside)
    whole, lent = _with_needs(portrait, [other for _, other in workers])
    pairs = [*_connection(connection), *_app(app, whole, way), *_rest(whole, workers, way)]
    notes = [*untold(whole, way.place, way.url), *notes, *lent, *(_parting(other) for _, other in workers)]
    return InitReport(
        app=app,
        container=portrait.name,
        image=portrait.image,
        url=way.url,
        inputs=tuple(line for line, _ in pairs if line.text or line.secret),
        secrets=tuple(secret for _, secret in pairs if secret is not None),
        site=way.site,
        notes=(*way.site.notes, *notes),
    )


def unsaid(report: InitReport, portraits: Iterable[Portrait]) -> Iterator[str]:
    """Values of variables that look like secrets, and are to be hidden wherever they stand.

    Not so what the workflow has to say: CERT_FILE may be a path in `volumes`, and API_URL may be `url`. Commands have no such value: they
    would be a secret of the workflow.
    """
    said = [line.text for line in report.inputs if line.name not in _VEILED]
    for value in (value for portrait in portraits for value in secret_values(portrait.env)):
        if len(value) >= SHORTEST_HIDDEN and not any(value in text for text in said):
            yield value


def _workers(portrait: Portrait, beside: Iterable[Portrait]) -> tuple[list[tuple[str, Portrait]], list[str]]:
    """Those that become processes, by the names of these, and what is said of the others."""
    workers, notes = dict[str, Portrait](), list[str]()
    for other in beside:
        base = _name(other.service or other.name, _LONGEST_PROCESS - 3)
        names = itertools.chain((base,), (f"{base}-{number}" for number in itertools.count(2)))
        if other.command == portrait.command:
            notes.append(f"{other.name} runs the same as {portrait.name}: if it serves users too, set `replicas`, and stop it as well.")
        elif not base or not other.command or _entrypoint(other) != _entrypoint(portrait):
            notes.append(f"{other.name} runs the same image, and no line of `processes` can say how: it is left as it is.")
        else:
            workers[next(name for name in names if name not in {*workers, *_TAKEN})] = other
    return list(workers.items()), notes


_Pair = tuple[WorkflowInput, NewSecret | None]


def _connection(asked: ConnectionAsk) -> Iterator[_Pair]:
    yield _secret("host", "HOST", "the host's name or address, as you gave it here")
    if asked.port != _PORT:
        yield _text("port", str(asked.port))
    yield _text("username", asked.username)
    yield _secret("key", "KEY", f"the private key of {asked.username}, whole")
    if asked.passphrase:
        yield _secret("passphrase", "PASSPHRASE", "the passphrase of that key")
    if asked.fingerprints:
        yield _secret("fingerprint", "FINGERPRINT", "the host key's SHA256 fingerprint, as you gave it here")
    if asked.known_hosts:
        yield _secret("known-hosts", "KNOWN_HOSTS", "the host's lines of known_hosts, as you gave them here")


def _app(app: str, portrait: Portrait, way: Way) -> Iterator[_Pair]:
    repository = _repository(portrait.image)
    yield _text("image", repository or app)
    if repository and repository.rpartition("/")[2] != app:
        yield _text("app", app)
    yield from inputs_of(portrait, way.place)


def _rest(portrait: Portrait, workers: list[tuple[str, Portrait]], way: Way) -> Iterator[_Pair]:
    lines = WorkflowInput(name="processes", text="\n".join(f"{name}: {shlex.join(other.command)}" for name, other in workers))
    knowing = replace(portrait, env=(*portrait.env, *(pair for _, other in workers for pair in other.env)))
    yield veiled(knowing, lines, "APP_PROCESSES", "lines `name: command` for " + " and ".join(other.name for _, other in workers))
    yield _text("url", way.url)
    yield _text("site", SiteMode.INCLUDE.value)
    yield _text("adopt", way.place if portrait.host_network else portrait.name)


def _with_needs(portrait: Portrait, workers: list[Portrait]) -> tuple[Portrait, list[str]]:
    """The app with what its workers need besides, for they run with its settings; what that means, in words."""
    said = []
    for other in workers:
        targets = {one.target for one in portrait.mounts}
        mounts = tuple(one for one in other.mounts if one.target not in targets)
        joined = {end.name for end in portrait.networks}
        networks = tuple(replace(end, aliases=()) for end in other.networks if end.name not in joined)
        portrait = replace(portrait, mounts=(*portrait.mounts, *mounts), networks=(*portrait.networks, *networks))
        if lent := [*(one.text for one in mounts if not one.anonymous), *(end.name for end in networks)]:
            said.append(f"Only {other.name} has {', '.join(lent)} now. A process has what the app has, so the app gets it too.")
        names = [name for name, value in other.env if (name, value) not in portrait.env]
        if names:
            said.append(f"{other.name} has its own {', '.join(names)}. A process has the app's variables: APP_ENV has to suit both.")
    return portrait, said


def _parting(worker: Portrait) -> str:
    return (
        f"{worker.name} goes on working beside the release's own worker until you stop it, once the first deployment is over:"
        f" `{stop_command(worker.name)}`."
    )


def _entrypoint(portrait: Portrait) -> tuple[str, ...]:
    return next((words for words in portrait.options if words[0] == "--entrypoint"), ())


def _repository(reference: str) -> str:
    """An image's name without tag and digest; empty for a bare id."""
    bare = reference.partition("@")[0]
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", bare):
        return ""
    head, colon, tag = bare.rpartition(":")
    return head if colon and "/" not in tag else bare


def _name(text: str, longest: int) -> str:
    """The text as a name of ours: letters, digits and `-`, a letter first; empty when nothing is left."""
    return re.sub(r"^[^a-z]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", text.lower()))[:longest].rstrip("-")


def _text(name: str, text: str) -> _Pair:
    return WorkflowInput(name=name, text=text), None


def _secret(name: str, secret: str, holds: str) -> _Pair:
    return WorkflowInput(name=name, secret=f"EC2_{secret}"), NewSecret(name=f"EC2_{secret}", holds=holds)
