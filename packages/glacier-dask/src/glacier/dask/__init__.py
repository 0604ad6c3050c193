"""Run Glacier pipelines on a Dask cluster.

Each name is imported when it is asked for: to import Dask takes longer than to run a small
pipeline.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glacier.dask._version import __version__

if TYPE_CHECKING:
    from glacier.dask.executor import DaskExecutor
    from glacier.dask.faults import (
        CannotCross,
        ClusterFailed,
        InvalidCluster,
        NotShared,
        ValueLost,
        VersionMismatch,
        WorkerDied,
    )

__all__ = [
    "CannotCross",
    "ClusterFailed",
    "DaskExecutor",
    "InvalidCluster",
    "NotShared",
    "ValueLost",
    "VersionMismatch",
    "WorkerDied",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = "executor" if name == "DaskExecutor" else "faults"
    value = getattr(import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
