"""What `--help` prints: every flag with its default and its variable, examples, and what the exit codes mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby

from bluegreen import __version__, errors
from bluegreen.inputs.field import Described, Kind
from bluegreen.inputs.model import described
from bluegreen.model.ask import Command

__all__ = ["help_text"]

_WIDTH = 100
_COLUMN = 32

_WHAT = {
    "deploy": "build the image on the host, start it beside the live release, prove it, shift the traffic to it",
    "plan": "show what a deployment would do to the host and to NGINX's site, changing nothing",
    "rollback": "give the traffic back to the release that was live before, which is created and proved like any other",
    "status": "show who serves, what else of the app is on the host, and who is changing it",
    "cleanup": "remove what is the app's own and needed no more: old containers and images, left-overs",
    "setup": "make a bare Debian or Ubuntu host ready: Docker, NGINX, the user's group, directories, log rotation",
    "init": "print the workflow for an app that runs already, the edit of its site, and the secrets to create",
    "logs": "show what the live release logs, or another color's or a worker's, and with --follow what comes",
    "promote": "go on with a paused deployment, through the steps that are left, until it has all of the traffic",
    "abort": "end a paused deployment: all traffic back on the old release, the paused one removed",
}

_RULES = """
Every flag can come from the environment instead, as INPUT_ and its name; the flag wins. A flag that takes
several items can be repeated. Secrets have no flag for their value: they come from the environment, or from a file."""

_EXAMPLES = {
    "deploy": """\
python entrypoint.py deploy --host 203.0.113.7 --username ubuntu --key-file ~/.ssh/id_ed25519 \\
    --fingerprint SHA256:… --image myapp --server-name example.com --health-path /healthz""",
    "plan": "INPUT_KEY=… python entrypoint.py plan --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… --image myapp",
    "rollback": """\
INPUT_KEY=… python entrypoint.py rollback --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… \\
    --app myapp --server-name example.com --health-path /healthz""",
    "status": """\
python entrypoint.py status --host 203.0.113.7 --username ubuntu --key-file - --fingerprint SHA256:… \\
    --app myapp --json < ~/.ssh/id_ed25519""",
    "logs": "INPUT_KEY=… python entrypoint.py logs --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… --app myapp --follow",
    "promote": """\
INPUT_KEY=… python entrypoint.py promote --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… \\
    --app myapp --server-name example.com --health-path /healthz""",
    "abort": "INPUT_KEY=… python entrypoint.py abort --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… --app myapp",
    "cleanup": "INPUT_KEY=… python entrypoint.py cleanup --host 203.0.113.7 --username ubuntu --fingerprint SHA256:… --app myapp",
    "init": """\
python entrypoint.py init --host 203.0.113.7 --username ubuntu --key-file ~/.ssh/id_ed25519 \\
    --fingerprint SHA256:… --from-container shop-web""",
    "setup": """\
python entrypoint.py setup --host 203.0.113.7 --username ubuntu --key-file ~/.ssh/id_ed25519 \\
    --fingerprint SHA256:… --app myapp --dry-run""",
}


def help_text(command: str) -> str:
    """The help of one command, or of all when there is none."""
    wanted = [one for one in described() if one.name != "command" and (not command or Command(command) in one.commands)]
    commands = [command] if command else list(_WHAT)
    parts = [
        f"bluegreen-action {__version__}: a new version of a Dockerized app on an EC2 host over SSH, and its users do not notice.\n",
        f"Usage: python entrypoint.py {command or 'COMMAND'} [--name VALUE]…\n",
        "Commands:" if not command else "",
        *(f"  {name:<10} {_WHAT[name]}" for name in commands),
        _RULES,
        *_groups(wanted, Command(command) if command else None),
        "\nElse:",
        *_entry("--json", "Print the report as JSON on standard output; what people read goes to standard error.", ""),
        *_entry("--version, --help, -h", "Print that and end.", ""),
        "\nExamples:",
        *(textwrap.indent(_EXAMPLES[name], "  ") for name in commands),
        "\nExit codes:",
        *_exit_codes(),
    ]
    return "\n".join(part for part in parts if part)


def _groups(inputs: Iterable[Described], command: Command | None) -> Iterable[str]:
    for group, members in groupby(inputs, key=lambda one: one.group):
        yield f"\n{group}:"
        for one in members:
            text = one.instead.get(command, one.text) if command else one.text
            yield from _entry(_flag(one), text, _tail(one))
            if one.name == "key":
                yield from _entry("--key-file FILE", "File with that key, which only you may read (mode 600); `-` is standard input.", "")


def _flag(one: Described) -> str:
    if one.kind is Kind.SECRET:
        return f"({one.env})"
    return f"--{one.name}" if one.kind is Kind.SWITCH else f"--{one.name} {'…' if one.kind is Kind.LIST else 'VALUE'}"


def _tail(one: Described) -> str:
    default = f"default: {one.default or one.otherwise}" if one.default or one.otherwise else "required" if one.required else ""
    off = f"--no-{one.name} turns it off" if one.kind is Kind.SWITCH and one.default == "true" else ""
    env = "" if one.kind is Kind.SECRET else one.env
    return f"[{'; '.join(word for word in (default, off, env) if word)}]" if default or env else ""


def _entry(flag: str, text: str, tail: str) -> list[str]:
    body = textwrap.wrap(f"{text.replace('`', '')} {tail}".strip(), _WIDTH - _COLUMN, break_long_words=False, break_on_hyphens=False)
    head = f"  {flag}"
    if len(head) >= _COLUMN:
        return [head, *(" " * _COLUMN + line for line in body)]
    return [f"{head:<{_COLUMN}}{body[0]}", *(" " * _COLUMN + line for line in body[1:])]


def _exit_codes() -> Iterable[str]:
    kinds = (getattr(errors, name) for name in errors.__all__)
    codes = {kind.exit_code: (kind.__doc__ or "").partition("\n")[0] for kind in kinds if "exit_code" in vars(kind)}
    known = {0: "Done.", 1: "A bug of ours; the message says where to report it."} | codes
    return (f"  {code:>3}  {known[code]}" for code in sorted(known))
