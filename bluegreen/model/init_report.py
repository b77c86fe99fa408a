"""What `init` answers: the workflow for an app that runs already, and what else its owner has to do."""

from __future__ import annotations

from dataclasses import dataclass

from bluegreen.model.site import UsersSite

__all__ = ["InitReport", "NewSecret", "WorkflowInput"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInput:
    """One line of the workflow's `with:`; its text, or the name of the secret that holds it."""

    name: str
    text: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A secret to create: what goes into it, and the command that shows that on the host, if there is one. Never the value."""

    name: str
    holds: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """`site` says which lines of the user's NGINX to edit; `notes` are the settings that no input takes over, each with what to do."""

    app: str
    container: str
    image: str
    url: str
    inputs: tuple[WorkflowInput, ...]
    secrets: tuple[NewSecret, ...]
    site: UsersSite
    notes: tuple[str, ...] = ()
