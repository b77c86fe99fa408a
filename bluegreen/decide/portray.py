"""From a container's portrait to the inputs that make releases like it, and what no input can say. No value of a variable is told."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from bluegreen.decide.secrecy import secret_values
from bluegreen.model.init_report import NewSecret, WorkflowInput
from bluegreen.model.option_list import REFUSED
from bluegreen.model.options import option_problems
from bluegreen.model.portrait import Portrait

__all__ = ["inputs_of", "places_of", "untold", "veiled"]

_SHORTEST = 4
_TELLING = re.compile(r"pass|secret|token|api.?key|credential|://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_UNITS = (("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10))


def places_of(portrait: Portrait) -> Mapping[str, int]:
    """Where the host's NGINX may find it, as `proxy_pass` has it, each with the port in the container."""
    ports = sorted({*portrait.ports, *(one.container_port for one in portrait.published)})
    found = {f"{address}:{port}": port for address in portrait.addresses for port in ports}
    for one in portrait.published:
        found |= {f"{at}:{one.port}": one.container_port for at in (("127.0.0.1", "[::1]") if one.everywhere else (one.address,))}
    if portrait.host_network:
        found |= {f"127.0.0.1:{port}": port for port in ports}
    return found | {place.removesuffix(":80"): port for place, port in found.items() if place.endswith(":80")}


def inputs_of(portrait: Portrait, place: str) -> Iterator[tuple[WorkflowInput, NewSecret | None]]:
    """The inputs that say what the container's settings say, each with the secret it needs. `place` is where NGINX finds it."""
    yield _line("container-port", str(places_of(portrait).get(place, "")))
    if portrait.health_path:
        yield _line("health-path", portrait.health_path)
    secret = _env_secret(portrait)
    if secret is not None:
        yield WorkflowInput(name="env", secret=secret.name), secret
    yield _line("volumes", "\n".join(one.text for one in portrait.mounts if one.kind in {"bind", "volume"} and not one.anonymous))
    yield _line("networks", "\n".join(end.name for end in portrait.networks))
    yield _line("memory", _size(portrait.memory))
    yield _line("cpus", f"{portrait.cpus:g}" if portrait.cpus else "")
    command = shlex.join(portrait.command)
    yield veiled(portrait, WorkflowInput(name="container-command", text=command), "APP_COMMAND", f"the command that {portrait.name} runs")
    passing = [words for words in portrait.options if not _problems(words)]
    options = WorkflowInput(name="container-options", text=shlex.join(word for words in passing for word in words))
    yield veiled(portrait, options, "APP_OPTIONS", f"what {portrait.name} has of {', '.join(dict.fromkeys(words[0] for words in passing))}")
    if portrait.stop_timeout:
        yield _line("stop-timeout", f"{portrait.stop_timeout}s")


def untold(portrait: Portrait, place: str, url: str) -> Iterator[str]:
    """What no input takes over, each with what to do."""
    if portrait.pulled:
        yield f"{portrait.image} came from a registry, and the workflow builds it: the repository needs the Dockerfile it is made from."
    if not portrait.health_path:
        yield (
            f"Nothing says which path tells that {portrait.name} is well: it has no HEALTHCHECK that asks for one. A release is asked"
            " for `/`, the default, and has to answer it with a status from 200 to 399."
            " If the app has a path that says more, name it in `health-path`."
        )
    yield from _unheld(portrait)
    for words in portrait.options:
        problem = _problems(words)
        if problem:
            yield f"`{_shown(portrait, words)}`: {problem}."
    yield from _elsewhere(portrait, place, url)
    if portrait.labels:
        names = ", ".join(portrait.labels)
        yield (
            f"Its labels are left out ({names}), since what acts on them would act on a release that has not proved itself."
            " What the app itself needs goes into `container-options` as `--label NAME=value`."
        )


def _unheld(portrait: Portrait) -> Iterator[str]:
    """Variables and mounts."""
    for name, value in portrait.env:
        if "\n" in value:
            yield f"The variable {name} spans several lines, which `env` cannot hold: put it into a file, and that into `volumes`."
    for one in portrait.mounts:
        if f"{portrait.workdir}/".startswith(f"{one.target}/") and one.kind in {"bind", "volume"}:
            yield (
                f"`{one.text}` lies over {portrait.workdir}, where the app runs: a new release would run the code that lies there now."
                " Unless that is meant, take it out of `volumes`."
            )
        if one.anonymous:
            keep = f"add `{one.text}` to `volumes`, and never remove {portrait.name} with its volumes (`-v`)"
            yield f"The volume at {one.target} has no name, and a release would not get it. If what is in it is needed, {keep}."
        elif one.kind not in {"bind", "volume"}:
            yield f"What is mounted at {one.target} is a {one.kind}: try `--tmpfs {one.target}` in `container-options`."


def _elsewhere(portrait: Portrait, place: str, url: str) -> Iterator[str]:
    """Other ways to it."""
    main = places_of(portrait).get(place)
    for port in portrait.published:
        if port.container_port != main:
            yield f"`--publish {port.port}:{port.container_port}`: {REFUSED['--publish']}."
    for end in portrait.networks:
        if end.aliases:
            names = " or ".join(end.aliases)
            yield f"On {end.name} others may call it {names}, and no release has that name. Have them ask {url} instead."


def _env_secret(portrait: Portrait) -> NewSecret | None:
    names = sorted(name for name, value in portrait.env if "\n" not in value)
    if not names:
        return None
    form, wanted = "'{{range .Config.Env}}{{println .}}{{end}}'", "|".join(map(re.escape, names))
    return NewSecret(
        name="APP_ENV",
        holds=f"the variables of {portrait.name}, one NAME=value a line: {', '.join(names)}",
        command=f"docker inspect -f {form} {portrait.name} | grep -E '^({wanted})='",
    )


def _line(name: str, text: str) -> tuple[WorkflowInput, NewSecret | None]:
    return WorkflowInput(name=name, text=text), None


def veiled(portrait: Portrait, line: WorkflowInput, secret: str, holds: str) -> tuple[WorkflowInput, NewSecret | None]:
    """The input; one whose text may hold a secret becomes that secret as a whole."""
    if not _tells(portrait, line.text):
        return line, None
    return WorkflowInput(name=line.name, secret=secret), NewSecret(name=secret, holds=f"{holds}, for it seems to hold a secret")


def _tells(portrait: Portrait, text: str) -> bool:
    return bool(_TELLING.search(text)) or any(len(value) >= _SHORTEST and value in text for value in secret_values(portrait.env))


def _shown(portrait: Portrait, words: tuple[str, ...]) -> str:
    return words[0] if _tells(portrait, " ".join(words)) else " ".join(filter(None, words))


def _problems(words: tuple[str, ...]) -> str:
    """Why `container-options` does not take the option, with what to do; empty when it does."""
    name = words[0]
    if name in REFUSED:
        return REFUSED[name]
    if name == "--log-driver" and len(words) == 1:
        return "a release is judged by its log, and this one's driver may keep none to read; `container-options` can give another"
    if option_problems(shlex.join(words)):
        return "no input has it; see whether the app works without it, before its users do"
    return ""


def _size(size: int) -> str:
    unit, power = next(((unit, power) for unit, power in _UNITS if size % power == 0), ("b", 1))
    return f"{size // power}{unit}" if size else ""
