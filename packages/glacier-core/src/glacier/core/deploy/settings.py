"""Where a stack is kept, and which one: the options of every operation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Optional, cast

from glacier.core.errors import CannotDeploy, InvalidOption

__all__ = [
    "Settings",
    "backend_of",
    "check_name_of",
    "checked_settings",
    "folder_of",
    "without_password",
]

_LONGEST = 100  # of the names of projects and stacks, in all of Pulumi's backends


class Settings(NamedTuple):
    """``backend`` is a URL of Pulumi's (``file://…``, ``s3://…``, ``https://api.pulumi.com``), by
    itself what ``PULUMI_BACKEND_URL`` says, or a folder below ``root``. ``stack`` is one that there
    is already; without it the stack has the name of the environment. ``secrets_provider`` encrypts
    the secrets of a stack that is made."""

    backend: Optional[str] = None
    stack: Optional[str] = None
    secrets_provider: Optional[str] = None
    root: str = ".glacier"


def checked_settings(given: Settings, where: str) -> Settings:
    """The same. Raises :class:`~glacier.core.errors.InvalidOption` for what is no text."""
    for option in ("backend", "stack", "secrets_provider"):
        found = cast("object", getattr(given, option))
        if found is not None and (not isinstance(found, str) or not found):
            raise InvalidOption(where=where, option=option, found=found, mend="Give a text.")
    if given.backend is not None and "://" not in given.backend:
        mend = (
            "Give a URL, such as 'file:///srv/pulumi', 's3://bucket' or 'https://api.pulumi.com'."
        )
        raise InvalidOption(where=where, option="backend", found=given.backend, mend=mend)
    return given


def backend_of(settings: Settings) -> str:
    """The URL of the backend; the folder of a local one is made."""
    given = settings.backend or os.environ.get("PULUMI_BACKEND_URL")
    if given:
        return given
    folder = _home(settings)
    folder.mkdir(parents=True, exist_ok=True)
    return folder.as_uri()


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return parts._replace(netloc=f"{name}:****@{host}").geturl() if at and colon else url


def folder_of(settings: Settings, project: str) -> Path:
    """The folder in which the engine works for a project, and keeps the settings of its stacks."""
    folder = _home(settings) / "projects" / project
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _home(settings: Settings) -> Path:
    return Path(settings.root).absolute() / "pulumi"


def check_name_of(kind: str, name: str) -> str:
    """The name of a pipeline or environment, as that of a project or stack.

    Raises :class:`~glacier.core.errors.CannotDeploy` for one that Pulumi does not take.
    """
    if len(name) > _LONGEST:
        reason = f"its name has {len(name)} characters, and Pulumi takes {_LONGEST} at most"
        raise CannotDeploy(target=f"{kind} {name!r}", reason=reason, mend="Give it a shorter one.")
    return name
