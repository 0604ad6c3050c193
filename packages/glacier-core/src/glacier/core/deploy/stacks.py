"""Stacks of Pulumi's, through its Automation API: opened, or refused with the reason.

The Automation API starts the program ``pulumi`` and talks to it; both are found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Optional

from glacier.core.deploy.faults import Where, error_of
from glacier.core.deploy.settings import Settings, without_password
from glacier.core.deploy.watching import Watch
from glacier.core.errors import MissingEngine, NoSuchStack
from glacier.core.libraries import library

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["automation", "open_stack"]

_ENGINE = {
    # Where a stack's settings are not in the folder, as on another machine, those in its state are
    # used: by itself the engine would begin to encrypt with a passphrase what a key has encrypted.
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    "PULUMI_RUN_PROGRAM": "false",  # for a refresh or destruction: the state says it all
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


def automation() -> Any:
    """Pulumi's Automation API.

    Raises :class:`~glacier.core.errors.MissingLibrary` where pulumi is not installed.
    """
    return library(
        "pulumi.automation",
        need="a deployment, on Python 3.10 or newer,",
        install="glacier-pipeline[deploy]",
    )


def open_stack(
    program: Optional[Callable[[], None]],
    settings: Settings,
    where: Where,
    *,
    project: str,
    backend: str,
    folder: Path,
    may_make: bool,
) -> Any:
    """The stack ``where.stack``, which is made if it is not there and that is allowed.

    Raises :class:`~glacier.core.errors.DeployError`.
    """
    auto = automation()
    space = auto.LocalWorkspace(
        work_dir=str(folder),
        program=program,
        env_vars={**_ENGINE, "PULUMI_BACKEND_URL": backend},
        secrets_provider=settings.secrets_provider,
        project_settings=_project(auto, project, backend),
        pulumi_command=_engine(auto),
    )
    mode = auto.Stack.create_or_select if may_make else auto.Stack.select
    try:
        return mode(where.stack, space)
    except auto.StackNotFoundError as error:
        raise NoSuchStack(
            stack=where.stack,
            project=project,
            backend=without_password(backend),
            known=_known(auto, space),
            mend="'glacier deploy' without --stack makes the stack of the environment.",
        ) from error
    except auto.CommandError as error:
        raise error_of(error, Watch(), where) from error


def _engine(auto: Any) -> Any:
    from subprocess import CalledProcessError

    try:
        return auto.PulumiCommand()
    except FileNotFoundError as error:
        raise MissingEngine(reason="there is no program 'pulumi' on PATH") from error
    except (auto.InvalidVersionError, CalledProcessError, OSError) as error:
        raise MissingEngine(reason=f"the one on PATH cannot be used: {error}") from error


def _project(auto: Any, project: str, backend: str) -> Any:
    import os

    # The folder from which the engine takes relative paths of code, as the user's file does.
    here = os.getcwd()
    url = auto.ProjectBackend(url=backend)
    return auto.ProjectSettings(name=project, runtime="python", main=here, backend=url)


def _known(auto: Any, space: Any) -> List[str]:
    try:
        return [one.name for one in space.list_stacks()]
    except auto.CommandError:
        return []
