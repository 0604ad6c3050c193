"""All that an extension may use of core; each name is imported when it is first asked for.

An executor that runs a pipeline over a pool of its own subclasses :class:`PoolExecutor` and
returns a :class:`Pool` from ``open``; one that schedules by itself implements :class:`Executor`
and runs each step with :func:`run_call`, wherever it lands. Extensions import nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from glacier.core.context import adopt_scratch, share_scratch
    from glacier.core.contracts import (
        FORMAT,
        Entry,
        Executor,
        Handle,
        Launch,
        Launchable,
        Listener,
        Pool,
        Ref,
        RemotePool,
        State,
        Store,
        TaskCall,
        TaskResult,
        Value,
        VersionRef,
    )
    from glacier.core.errors import (
        GlacierError,
        InvalidKey,
        KeyChanged,
        KeyExists,
        KeyMissing,
        RunError,
        StoreDenied,
        StoreError,
        StoreFull,
        StoreGone,
        WorkerLost,
    )
    from glacier.core.executor import PoolExecutor
    from glacier.core.history.recorder import Recorder
    from glacier.core.loading import before_execution
    from glacier.core.plan import Plan
    from glacier.core.policy import qualified
    from glacier.core.progress import progress_listener
    from glacier.core.resources import Database, ObjectStorage, Secret
    from glacier.core.run import Run
    from glacier.core.scratch import new_scratch_folder
    from glacier.core.step import Slot, Step
    from glacier.core.storage.places import Places
    from glacier.core.stores import DirectoryStore
    from glacier.core.tasklog import LogLine, capture, is_captured, tell
    from glacier.core.timeouts import timed_out
    from glacier.core.worker import run_call, run_call_async

__all__ = [
    "FORMAT",
    "Database",
    "DirectoryStore",
    "Entry",
    "Executor",
    "GlacierError",
    "Handle",
    "InvalidKey",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "Launch",
    "Launchable",
    "Listener",
    "LogLine",
    "ObjectStorage",
    "Places",
    "Plan",
    "Pool",
    "PoolExecutor",
    "Recorder",
    "Ref",
    "RemotePool",
    "Run",
    "RunError",
    "Secret",
    "Slot",
    "State",
    "Step",
    "Store",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "TaskCall",
    "TaskResult",
    "Value",
    "VersionRef",
    "WorkerLost",
    "adopt_scratch",
    "before_execution",
    "capture",
    "is_captured",
    "new_scratch_folder",
    "progress_listener",
    "qualified",
    "run_call",
    "run_call_async",
    "share_scratch",
    "tell",
    "timed_out",
]

_ROOMS = {
    "Database": "resources",
    "DirectoryStore": "stores",
    "GlacierError": "errors",
    "InvalidKey": "errors",
    "KeyChanged": "errors",
    "KeyExists": "errors",
    "KeyMissing": "errors",
    "LogLine": "tasklog",
    "ObjectStorage": "resources",
    "Places": "storage.places",
    "Plan": "plan",
    "PoolExecutor": "executor",
    "Recorder": "history.recorder",
    "Run": "run",
    "RunError": "errors",
    "Secret": "resources",
    "Slot": "step",
    "Step": "step",
    "StoreDenied": "errors",
    "StoreError": "errors",
    "StoreFull": "errors",
    "StoreGone": "errors",
    "WorkerLost": "errors",
    "adopt_scratch": "context",
    "before_execution": "loading",
    "capture": "tasklog",
    "is_captured": "tasklog",
    "new_scratch_folder": "scratch",
    "progress_listener": "progress",
    "qualified": "policy",
    "run_call": "worker",
    "run_call_async": "worker",
    "share_scratch": "context",
    "tell": "tasklog",
    "timed_out": "timeouts",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"glacier.core.{_ROOMS.get(name, 'contracts')}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
