"""Run Glacier pipelines on this machine.

Each name is imported when it is asked for, so that a worker process loads no scheduler.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

from glacier.local._version import __version__

if TYPE_CHECKING:
    from glacier.core.protocols import NotBound, RemoteError, RemoteTraceback
    from glacier.local.crash import CannotCross, WorkerCrashed, WorkerNotMade, WorkerNotStarted
    from glacier.local.executor import (
        InvalidStorage,
        InvalidWorkers,
        LocalExecutor,
        NoProcesses,
    )
    from glacier.local.functions import LocalFunction, NoHandler
    from glacier.local.provider import LocalProvider

__all__ = [
    "CannotCross",
    "InvalidStorage",
    "InvalidWorkers",
    "LocalExecutor",
    "LocalFunction",
    "LocalProvider",
    "NoHandler",
    "NoProcesses",
    "NotBound",
    "RemoteError",
    "RemoteTraceback",
    "WorkerCrashed",
    "WorkerNotMade",
    "WorkerNotStarted",
    "__version__",
]

_ROOMS = {
    "CannotCross": "crash",
    "InvalidStorage": "executor",
    "InvalidWorkers": "executor",
    "LocalExecutor": "executor",
    "LocalFunction": "functions",
    "LocalProvider": "provider",
    "NoHandler": "functions",
    "NoProcesses": "executor",
    "WorkerCrashed": "crash",
    "WorkerNotMade": "crash",
    "WorkerNotStarted": "crash",
}

_OF_CORE = ("NotBound", "RemoteError", "RemoteTraceback")


def __getattr__(name: str) -> Any:
    if name in _OF_CORE:
        value = getattr(import_module("glacier.core.protocols"), name)
        globals()[name] = value
        return value
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
