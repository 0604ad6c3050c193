"""All that an extension may use of core; each name is imported when it is first asked for.

An executor that runs a pipeline over a pool of its own subclasses :class:`PoolExecutor` and
returns a :class:`Pool` from ``open``; one that schedules by itself implements :class:`Executor`,
gives an :class:`Execution` a :class:`Driver`, and runs each step with :func:`run_call`, wherever
it lands. Extensions import nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from glacier.core.arrivals import Arrivals
    from glacier.core.attempts import next_pause
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
    from glacier.core.crossing import (
        PackedError,
        RemoteError,
        RemoteTraceback,
        pack_error,
        unpack_error,
    )
    from glacier.core.errors import (
        GlacierError,
        InvalidKey,
        InvalidRequest,
        KeyChanged,
        KeyExists,
        KeyMissing,
        RunError,
        StoreDenied,
        StoreError,
        StoreFull,
        StoreGone,
        TaskTimeout,
        UnknownName,
        WorkerLost,
        nearest,
    )
    from glacier.core.events import AttemptFailed, Event, ItemFinished, TaskFinished, TaskStarted
    from glacier.core.execution import Driver, Execution, check_secrets, explained, prepared
    from glacier.core.executor import PoolExecutor
    from glacier.core.hindrances import hindered, unmet, upstream_failed
    from glacier.core.history.recorder import Recorder
    from glacier.core.imports import watch_imports
    from glacier.core.ledger import Ledger
    from glacier.core.limits import Limits, check_concurrency
    from glacier.core.loading import before_execution
    from glacier.core.mapping import Expansion, count_of, items_of
    from glacier.core.plan import Plan
    from glacier.core.policy import qualified
    from glacier.core.portable import bare
    from glacier.core.progress import progress_listener
    from glacier.core.resources import Database, ObjectStorage, Secret, Serverless
    from glacier.core.run import Run, RunLog
    from glacier.core.scratch import new_scratch_folder
    from glacier.core.secret_values import lacking
    from glacier.core.step import Slot, Step
    from glacier.core.stock import store_value
    from glacier.core.storage.folders import FolderPlaces, NotBound
    from glacier.core.storage.places import Places
    from glacier.core.storage.records import Origin
    from glacier.core.storage.shelf import WritableShelf
    from glacier.core.stores import DirectoryStore
    from glacier.core.tasklog import LogLine, capture, is_captured, release, tell
    from glacier.core.timeouts import limited, timed_out, warn_abandoned
    from glacier.core.wiring import NOWHERE
    from glacier.core.worker import run_call, run_call_async

__all__ = [
    "FORMAT",
    "NOWHERE",
    "Arrivals",
    "AttemptFailed",
    "Database",
    "DirectoryStore",
    "Driver",
    "Entry",
    "Event",
    "Execution",
    "Executor",
    "Expansion",
    "FolderPlaces",
    "GlacierError",
    "Handle",
    "InvalidKey",
    "InvalidRequest",
    "ItemFinished",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "Launch",
    "Launchable",
    "Ledger",
    "Limits",
    "Listener",
    "LogLine",
    "NotBound",
    "ObjectStorage",
    "Origin",
    "PackedError",
    "Places",
    "Plan",
    "Pool",
    "PoolExecutor",
    "Recorder",
    "Ref",
    "RemoteError",
    "RemotePool",
    "RemoteTraceback",
    "Run",
    "RunError",
    "RunLog",
    "Secret",
    "Serverless",
    "Slot",
    "State",
    "Step",
    "Store",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "TaskCall",
    "TaskFinished",
    "TaskResult",
    "TaskStarted",
    "TaskTimeout",
    "UnknownName",
    "Value",
    "VersionRef",
    "WorkerLost",
    "WritableShelf",
    "adopt_scratch",
    "bare",
    "before_execution",
    "capture",
    "check_concurrency",
    "check_secrets",
    "count_of",
    "explained",
    "hindered",
    "is_captured",
    "items_of",
    "lacking",
    "limited",
    "nearest",
    "new_scratch_folder",
    "next_pause",
    "pack_error",
    "prepared",
    "progress_listener",
    "qualified",
    "release",
    "run_call",
    "run_call_async",
    "share_scratch",
    "store_value",
    "tell",
    "timed_out",
    "unmet",
    "unpack_error",
    "upstream_failed",
    "warn_abandoned",
    "watch_imports",
]

_ROOMS = {
    "NOWHERE": "wiring",
    "Arrivals": "arrivals",
    "AttemptFailed": "events",
    "Database": "resources",
    "DirectoryStore": "stores",
    "Driver": "execution",
    "Event": "events",
    "Execution": "execution",
    "Expansion": "mapping",
    "FolderPlaces": "storage.folders",
    "GlacierError": "errors",
    "InvalidKey": "errors",
    "InvalidRequest": "errors",
    "ItemFinished": "events",
    "KeyChanged": "errors",
    "KeyExists": "errors",
    "KeyMissing": "errors",
    "Ledger": "ledger",
    "Limits": "limits",
    "LogLine": "tasklog",
    "NotBound": "storage.folders",
    "ObjectStorage": "resources",
    "Origin": "storage.records",
    "PackedError": "crossing",
    "Places": "storage.places",
    "Plan": "plan",
    "PoolExecutor": "executor",
    "Recorder": "history.recorder",
    "RemoteError": "crossing",
    "RemoteTraceback": "crossing",
    "Run": "run",
    "RunError": "errors",
    "RunLog": "run",
    "Secret": "resources",
    "Serverless": "resources",
    "Slot": "step",
    "Step": "step",
    "StoreDenied": "errors",
    "StoreError": "errors",
    "StoreFull": "errors",
    "StoreGone": "errors",
    "TaskFinished": "events",
    "TaskStarted": "events",
    "TaskTimeout": "errors",
    "UnknownName": "errors",
    "WorkerLost": "errors",
    "WritableShelf": "storage.shelf",
    "adopt_scratch": "context",
    "bare": "portable",
    "before_execution": "loading",
    "capture": "tasklog",
    "check_concurrency": "limits",
    "check_secrets": "execution",
    "count_of": "mapping",
    "explained": "execution",
    "hindered": "hindrances",
    "is_captured": "tasklog",
    "items_of": "mapping",
    "lacking": "secret_values",
    "limited": "timeouts",
    "nearest": "errors",
    "new_scratch_folder": "scratch",
    "next_pause": "attempts",
    "pack_error": "crossing",
    "prepared": "execution",
    "progress_listener": "progress",
    "qualified": "policy",
    "release": "tasklog",
    "run_call": "worker",
    "run_call_async": "worker",
    "share_scratch": "context",
    "store_value": "stock",
    "tell": "tasklog",
    "timed_out": "timeouts",
    "unmet": "hindrances",
    "unpack_error": "crossing",
    "upstream_failed": "hindrances",
    "warn_abandoned": "timeouts",
    "watch_imports": "imports",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"glacier.core.{_ROOMS.get(name, 'contracts')}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
