"""What a process finds around it: where modules are looked for, its environment, its folder."""

from __future__ import annotations

import os
import sys
from typing import Dict, List, Mapping, NamedTuple, Optional

from glacier.core.protocols import Secret, TaskCall

__all__ = ["Changes", "Surroundings", "adopt", "environment_of", "without_secrets"]


class Changes(NamedTuple):
    """How the surroundings of a process differ from others; ``None`` is what is the same, and the
    value of a variable that is not there any more."""

    path: Optional[List[str]]
    environment: Dict[str, Optional[str]]
    folder: Optional[str]


class Surroundings(NamedTuple):
    """Those of a process at one time; ``folder`` is ``None`` where it cannot be told."""

    path: List[str]
    environment: Mapping[str, str]
    folder: Optional[str]

    @classmethod
    def of_here(cls, environment: Optional[Mapping[str, str]] = None) -> Surroundings:
        """Those of this process, or the same with another environment."""
        variables = dict(os.environ) if environment is None else environment
        try:
            folder: Optional[str] = os.getcwd()
        except OSError:  # it was removed
            folder = None
        return cls([str(place) for place in sys.path], variables, folder)

    def since(self, before: Surroundings) -> Changes:
        """What has changed."""
        old, new = before.environment, self.environment
        variables: Dict[str, Optional[str]] = {name: None for name in old if name not in new}
        variables.update((name, new[name]) for name in new if old.get(name) != new[name])
        return Changes(
            None if self.path == before.path else self.path,
            variables,
            None if self.folder == before.folder else self.folder,
        )


def adopt(changes: Changes) -> None:
    """Let them apply to this process. Raises ``OSError`` if the folder is not to be entered."""
    if changes.path is not None:
        sys.path[:] = changes.path
    for name, value in changes.environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if changes.folder is not None:
        os.chdir(changes.folder)
    # A folder that was not there when a module was last looked for may be by now.
    for place in [place for place, finder in sys.path_importer_cache.items() if finder is None]:
        del sys.path_importer_cache[place]


def environment_of(call: TaskCall) -> Dict[str, str]:
    """The environment of this process, with the secrets of one task and of no other."""
    names = [slot.source for slot in call.step.slots if slot.kind == "secret"]
    for shelf in call.shelves.values():
        names += getattr(shelf, "secrets", ())
    own = {Secret(name).variable for name in names}
    secrets = {name: os.environ[name] for name in own if name in os.environ}
    return {**without_secrets(), **secrets}


def without_secrets() -> Dict[str, str]:
    """The environment of this process, without any secrets."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("GLACIER_SECRET_")
    }
