"""Says in our words why Docker would not create or start a container."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.errors import CandidateFailed, HostNotReady, NoImage

__all__ = ["address_taken", "log_unreadable", "names_taken", "network_missing", "refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hint:
    """Words that Docker's reason holds, what they mean, and what to do."""

    words: tuple[str, ...]
    means: str
    todo: str


_HINTS = (
    _Hint(
        words=("executable file not found",),
        means="The image has no such program in its PATH.",
        todo="Check container-command, or CMD and ENTRYPOINT of the Dockerfile: a line with shell syntax must begin with sh -c.",
    ),
    _Hint(
        words=("exec", "permission denied"),
        means="The program is in the image, but is not executable.",
        todo="Add `RUN chmod +x` for it to the Dockerfile, or set its mode in git: `git update-index --chmod=+x FILE`.",
    ),
    _Hint(
        words=("exec format error",),
        means="The program is built for another processor, or is a script without a #! line.",
        todo="Build for the host's platform, or begin the script with #!/bin/sh.",
    ),
    _Hint(
        words=("exec", "no such file or directory"),
        means="The program, or the interpreter that its first line names, is not in the image. Windows line endings look like this too.",
        todo="Check container-command, or CMD and ENTRYPOINT of the Dockerfile, and that its scripts have Unix line endings.",
    ),
    _Hint(
        words=("network", "not found"),
        means="networks names networks that the host has already, and it has none of this name.",
        todo="Make it with `docker network create` on the host, or correct networks.",
    ),
    _Hint(
        words=("chdir to cwd",), means="The working directory is not in the image.", todo="Check --workdir, or WORKDIR of the Dockerfile."
    ),
    _Hint(
        words=("unable to find user",),
        means="The image has no such user.",
        todo="Check --user, or USER of the Dockerfile; a numeric id needs no entry in /etc/passwd.",
    ),
    _Hint(
        words=("could not select device driver", "gpu"),
        means="The host's Docker knows no GPUs.",
        todo="Install the NVIDIA driver and nvidia-container-toolkit on the host, and restart Docker.",
    ),
    _Hint(words=("gathering device information",), means="The host has no such device.", todo="Check --device in container-options."),
    _Hint(words=("memory limit",), means="Docker refuses this memory limit.", todo="Check memory: Docker wants 6m at least."),
    _Hint(words=("range of cpus",), means="The host has fewer CPUs.", todo="Lower cpus."),
    _Hint(
        words=("includes invalid characters for a local volume name",),
        means="The source of a volume is neither an absolute path on the host nor the name of a volume.",
        todo="Check volumes: write /srv/data:/data or data:/data; a relative path means nothing on the host.",
    ),
    _Hint(
        words=("invalid volume specification",),
        means="A volume cannot be understood.",
        todo="Check volumes: SOURCE:TARGET or SOURCE:TARGET:ro.",
    ),
    _Hint(
        words=("invalid mount",),
        means="A volume cannot be mounted there.",
        todo="Check volumes: the target is an absolute path in the container.",
    ),
    _Hint(
        words=("not a directory",),
        means="A file is mounted over a directory, or the other way round. Docker makes a directory of a source that does not exist.",
        todo="Check volumes, and that the source exists on the host.",
    ),
    _Hint(words=("duplicate mount point",), means="Two volumes have the same target.", todo="Check volumes."),
    _Hint(
        words=("log opt",), means="The log driver does not know this option.", todo="Check --log-opt and --log-driver in container-options."
    ),
    _Hint(words=("logging driver",), means="Docker cannot start this log driver.", todo="Check --log-driver in container-options."),
    _Hint(words=("sysctl",), means="This sysctl may not be set for one container.", todo="Check --sysctl in container-options."),
    _Hint(
        words=("capability",), means="Docker does not know this capability.", todo="Check --cap-add and --cap-drop in container-options."
    ),
    _Hint(
        words=("runtime",),
        means="The container could not be set up.",
        todo="Check container-options and volumes against Docker's words above.",
    ),
)


def refusal(doing: str, name: str, said: str) -> CandidateFailed | HostNotReady | NoImage:
    """The error for Docker's refusal to create or start (`doing`) the container `name`, from what it said."""
    lower = said.lower()
    what = f"Docker would not {doing} {name}: {said}"
    if "no such image" in lower:
        return NoImage(what, means="The image was removed from the host meanwhile.", todo="Deploy again.")
    if "no space left" in lower:
        return HostNotReady(what, means="The host's disk is full.", todo="Make room: `docker system df` shows what Docker uses.")
    if "cannot allocate memory" in lower:
        return HostNotReady(what, means="The host's memory is full.", todo="Stop something, or use a larger host.")
    hint = next((hint for hint in _HINTS if all(word in lower for word in hint.words)), None)
    if hint is None:
        return CandidateFailed(what, todo="Check the inputs that say how the container runs against Docker's words.")
    return CandidateFailed(what, means=hint.means, todo=hint.todo)


def names_taken(names: tuple[str, ...]) -> HostNotReady:
    """Every name that the container could have is in use."""
    return HostNotReady(
        f"The host already has containers named {', '.join(names)}.",
        means="They are not this deployment's, or an earlier one could not remove them; nothing is removed by its name alone.",
        todo=f"See what they are with `docker inspect {names[-1]}`, then rename or remove them.",
    )


def network_missing(network: str, said: str) -> CandidateFailed:
    """A network of the input `networks` that cannot be joined."""
    return CandidateFailed(
        f"The new release could not be put on the network '{network}': {said}",
        means="networks names networks that the host has already.",
        todo=f"Make it with `docker network create {network}` on the host, or correct networks.",
    )


def address_taken(address: str, network: str, holder: str) -> HostNotReady:
    """The fixed address belongs to something else."""
    return HostNotReady(
        f"The address {address} on the network {network} is in use by {holder or 'something that Docker does not name'}.",
        means="It is set aside for this app: NGINX sends the app's requests there.",
        todo=f"Take it off that network with `docker network disconnect {network} {holder or 'CONTAINER'}`, then deploy again."
        " Without --ip, Docker gives it another address.",
    )


def log_unreadable(name: str, said: str) -> HostNotReady:
    """The log driver of the container `name` only writes."""
    return HostNotReady(
        f"The log of {name} cannot be read: {said}",
        means="A release is judged by its log as well, and the host's default log driver keeps none that can be read.",
        todo="Add `--log-driver local` to container-options.",
    )
