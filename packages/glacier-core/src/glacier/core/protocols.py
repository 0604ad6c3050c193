"""All that an extension may use of core; each name is imported when it is first asked for.

An executor that runs a pipeline over a pool of its own subclasses :class:`PoolExecutor` and
returns a :class:`Pool` from ``open``; one that schedules by itself implements :class:`Executor`
and runs each step with :func:`run_call`, wherever it lands. Extensions import nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from glacier.core.cloudnames import cloud_name
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
    from glacier.core.contracts.providers import Location, Provider, Registered, Site
    from glacier.core.environment import Environment
    from glacier.core.errors import (
        DefinitionError,
        GlacierError,
        InvalidKey,
        InvalidOption,
        KeyChanged,
        KeyExists,
        KeyMissing,
        NotAnEnvironment,
        RunError,
        StoreDenied,
        StoreError,
        StoreFull,
        StoreGone,
        UnknownOption,
        WorkerLost,
        nearest,
    )
    from glacier.core.executor import PoolExecutor
    from glacier.core.history.recorder import Recorder
    from glacier.core.loading import before_execution
    from glacier.core.place import caller, place_of
    from glacier.core.placeholders import install_placeholders
    from glacier.core.plan import Plan
    from glacier.core.policy import qualified
    from glacier.core.progress import progress_listener
    from glacier.core.resources import Database, ObjectStorage, Secret
    from glacier.core.run import Run
    from glacier.core.scratch import new_scratch_folder
    from glacier.core.specs import (
        DatabaseSpec,
        ObjectStorageSpec,
        ScheduleSpec,
        SecretSpec,
        ServerlessSpec,
        Spec,
    )
    from glacier.core.step import Slot, Step
    from glacier.core.storage.places import Places
    from glacier.core.stores import DirectoryStore
    from glacier.core.tasklog import LogLine, capture, is_captured, tell
    from glacier.core.timeouts import timed_out
    from glacier.core.worker import run_call, run_call_async

__all__ = [
    "FORMAT",
    "Database",
    "DatabaseSpec",
    "DefinitionError",
    "DirectoryStore",
    "Entry",
    "Environment",
    "Executor",
    "GlacierError",
    "Handle",
    "InvalidKey",
    "InvalidOption",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "Launch",
    "Launchable",
    "Listener",
    "Location",
    "LogLine",
    "NotAnEnvironment",
    "ObjectStorage",
    "ObjectStorageSpec",
    "Places",
    "Plan",
    "Pool",
    "PoolExecutor",
    "Provider",
    "Recorder",
    "Ref",
    "Registered",
    "RemotePool",
    "Run",
    "RunError",
    "ScheduleSpec",
    "Secret",
    "SecretSpec",
    "ServerlessSpec",
    "Site",
    "Slot",
    "Spec",
    "State",
    "Step",
    "Store",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "TaskCall",
    "TaskResult",
    "UnknownOption",
    "Value",
    "VersionRef",
    "WorkerLost",
    "adopt_scratch",
    "before_execution",
    "caller",
    "capture",
    "cloud_name",
    "install_placeholders",
    "is_captured",
    "nearest",
    "new_scratch_folder",
    "place_of",
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
    "DatabaseSpec": "specs",
    "DefinitionError": "errors",
    "DirectoryStore": "stores",
    "Environment": "environment",
    "GlacierError": "errors",
    "InvalidKey": "errors",
    "InvalidOption": "errors",
    "KeyChanged": "errors",
    "KeyExists": "errors",
    "KeyMissing": "errors",
    "Location": "contracts.providers",
    "LogLine": "tasklog",
    "NotAnEnvironment": "errors",
    "ObjectStorage": "resources",
    "ObjectStorageSpec": "specs",
    "Places": "storage.places",
    "Plan": "plan",
    "PoolExecutor": "executor",
    "Provider": "contracts.providers",
    "Recorder": "history.recorder",
    "Registered": "contracts.providers",
    "Run": "run",
    "RunError": "errors",
    "ScheduleSpec": "specs",
    "Secret": "resources",
    "SecretSpec": "specs",
    "ServerlessSpec": "specs",
    "Site": "contracts.providers",
    "Slot": "step",
    "Spec": "specs",
    "Step": "step",
    "StoreDenied": "errors",
    "StoreError": "errors",
    "StoreFull": "errors",
    "StoreGone": "errors",
    "UnknownOption": "errors",
    "WorkerLost": "errors",
    "adopt_scratch": "context",
    "before_execution": "loading",
    "caller": "place",
    "capture": "tasklog",
    "cloud_name": "cloudnames",
    "install_placeholders": "placeholders",
    "is_captured": "tasklog",
    "nearest": "errors",
    "new_scratch_folder": "scratch",
    "place_of": "place",
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
