"""`python -m tests.box up` makes a box and says how to connect; `down` removes everything that this clone's boxes have made."""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import argparse
import shutil
import sys

from tests.box import images
from tests.box.box import Box
from tests.box.engine import CLONE, LABEL, STATE, BoxError, Engine, running_engine, stop_own_engine


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.box", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("up", "start a box"), ("reset", "make it as new"), ("reboot", "restart it"), ("down", "remove this clone's boxes")):
        command = commands.add_parser(name, help=text)
        if name == "down":
            command.add_argument("--name", default="", help="only this box, leaving images and the others")
        else:
            command.add_argument("--name", default="main", help="the box's name (main)")
    asked = parser.parse_args()
    try:
        if asked.command == "down":
            down(asked.name)
        elif asked.command == "up":
            print(how_to_connect(Box(asked.name).start()))
        else:
            box = Box(asked.name)
            box.reset() if asked.command == "reset" else box.reboot()
    except BoxError as problem:
        print(f"tests.box: {problem}", file=sys.stderr)
        return 1
    return 0


def how_to_connect(box: Box) -> str:
    """The box's address, identity and key, ready to paste."""
    return "\n".join(
        (
            f"ssh -i {box.key_file} -o UserKnownHostsFile={box.state / 'known_hosts'} ubuntu@{box.address}",
            f"docker exec -it {box.container} bash",
            f"export INPUT_HOST={box.address} INPUT_USERNAME=ubuntu INPUT_FINGERPRINT={box.fingerprint}",
            f'export INPUT_KEY="$(cat {box.key_file})"',
            f"says: {box.ssh('uname -n; docker version --format {{.Server.Version}}; /usr/sbin/nginx -v 2>&1').replace(chr(10), ' · ')}",
        ),
    )


def down(name: str) -> None:
    """Remove this clone's boxes: containers, disks, keys; without a name and unless another clone has some, also what all of them share.

    That is the network, the images made for boxes and, if this clone started it, the engine.
    """
    here = running_engine()
    if here is None:
        return
    mine, boxes = ("--filter", f"label={LABEL}-clone={CLONE}"), ("--filter", f"label={LABEL}")
    names = [name] if name else here("ps", "-a", *mine, "--format", f'{{{{.Label "{LABEL}"}}}}').split()
    for each in dict.fromkeys(names):
        Box(each).remove()
    if name:
        return
    _rm(here, "volume", mine)
    if not here("ps", "-aq", *boxes):
        _rm(here, "network", boxes)
        for tag in here("images", *boxes, "--format", "{{.Repository}}:{{.Tag}}").split():
            # Images built upon the stand-ins inherit their label, but are not ours to remove.
            if tag in {images.BASE, images.PYTHON, images.NODE, images.NGINX} or tag.startswith(f"{LABEL}:"):
                here.run("rmi", "-f", tag)
        if stop_own_engine():
            print("stopped the Docker engine that was started for the box", file=sys.stderr)
        shutil.rmtree(STATE, ignore_errors=True)


def _rm(here: Engine, kind: str, filters: tuple[str, ...]) -> None:
    for found in here(kind, "ls", "-q", *filters).split():
        here(kind, "rm", found)


if __name__ == "__main__":
    sys.exit(main())
