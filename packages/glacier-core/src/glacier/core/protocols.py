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
    from glacier.core.cloudnames import cloud_name
    from glacier.core.components import (
        code_archive,
        kept,
        load_modules,
        register_component,
        set_options,
    )
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
    from glacier.core.contracts.pipelines import (
        Packing,
        PipelineParts,
        PipelineProvider,
        TaskPart,
    )
    from glacier.core.contracts.providers import Location, Provider, Registered, Site
    from glacier.core.cron import parse_cron
    from glacier.core.crossing import (
        PackedError,
        RemoteError,
        RemoteTraceback,
        pack_error,
        unpack_error,
    )
    from glacier.core.dataset import Dataset
    from glacier.core.environment import Environment
    from glacier.core.errors import (
        CannotDeploy,
        DefinitionError,
        GlacierError,
        GlacierWarning,
        InvalidKey,
        InvalidOption,
        InvalidRequest,
        KeyChanged,
        KeyExists,
        KeyMissing,
        NotAnEnvironment,
        RunError,
        StoreDenied,
        StoreError,
        StoreFull,
        StoreGone,
        TaskTimeout,
        UnknownName,
        UnknownOption,
        WorkerLost,
        nearest,
    )
    from glacier.core.events import AttemptFailed, Event, ItemFinished, TaskFinished, TaskStarted
    from glacier.core.execution import Driver, Execution, check_secrets, explained, prepared
    from glacier.core.executor import PoolExecutor
    from glacier.core.following.conductor import (
        Conductor,
        Fault,
        ListedRun,
        LoggedLine,
        Phase,
        Status,
    )
    from glacier.core.following.errors import NoSuchRun, NotDeployed
    from glacier.core.following.executor import Connection, DeployedExecutor
    from glacier.core.grants import Grant
    from glacier.core.hindrances import hindered, unmet, upstream_failed
    from glacier.core.history.recorder import Recorder
    from glacier.core.imports import watch_imports
    from glacier.core.ledger import Ledger
    from glacier.core.libraries import library
    from glacier.core.limits import Limits, check_concurrency
    from glacier.core.loading import before_execution
    from glacier.core.mapping import Expansion, count_of, items_of
    from glacier.core.place import caller, place_of
    from glacier.core.placeholders import install_placeholders
    from glacier.core.plan import Plan
    from glacier.core.policy import qualified
    from glacier.core.portable import bare
    from glacier.core.progress import progress_listener
    from glacier.core.remote.answers import Surroundings, answer
    from glacier.core.remote.bindings import (
        BINDINGS_VARIABLE,
        Bindings,
        BoundPlaces,
        bindings_key,
        read_bindings,
    )
    from glacier.core.remote.client import Reports, feed, request_of
    from glacier.core.remote.deployed import (
        Deployed,
        Manifest,
        manifest_key,
        plan_hash,
        read_deployed,
        read_manifest,
    )
    from glacier.core.remote.failures import Failure, GlacierRetry, GlacierTaskFailed, error_of
    from glacier.core.remote.payloads import run_of
    from glacier.core.remote.program import Program
    from glacier.core.remote.records import Begun, RunEnd, TaskEnd
    from glacier.core.resources import Database, External, ObjectStorage, Secret, Serverless
    from glacier.core.run import Run, RunLog
    from glacier.core.schedules import Schedule
    from glacier.core.scratch import new_scratch_folder
    from glacier.core.secret_values import lacking
    from glacier.core.specs import (
        DatabaseSpec,
        ObjectStorageSpec,
        ScheduleSpec,
        SecretSpec,
        ServerlessSpec,
        Spec,
    )
    from glacier.core.stages import Parallel, Serial, Stages, stages_of
    from glacier.core.step import Slot, Step
    from glacier.core.stock import store_value
    from glacier.core.storage.folders import FolderPlaces, NotBound
    from glacier.core.storage.places import Places
    from glacier.core.storage.records import Origin
    from glacier.core.storage.shelf import WritableShelf
    from glacier.core.stores import DirectoryStore
    from glacier.core.stores.addresses import open_store
    from glacier.core.stores.clients import need_obstore
    from glacier.core.stores.connecting import client_settings, is_reachable, is_true, split_bucket
    from glacier.core.stores.objects import ObjectStore
    from glacier.core.tasklog import LogLine, capture, is_captured, release, tell
    from glacier.core.timeouts import limited, timed_out, warn_abandoned
    from glacier.core.wiring import NOWHERE
    from glacier.core.worker import run_call, run_call_async

__all__ = [
    "BINDINGS_VARIABLE",
    "FORMAT",
    "NOWHERE",
    "Arrivals",
    "AttemptFailed",
    "Begun",
    "Bindings",
    "BoundPlaces",
    "CannotDeploy",
    "Conductor",
    "Connection",
    "Database",
    "DatabaseSpec",
    "Dataset",
    "DefinitionError",
    "Deployed",
    "DeployedExecutor",
    "DirectoryStore",
    "Driver",
    "Entry",
    "Environment",
    "Event",
    "Execution",
    "Executor",
    "Expansion",
    "External",
    "Failure",
    "Fault",
    "FolderPlaces",
    "GlacierError",
    "GlacierRetry",
    "GlacierTaskFailed",
    "GlacierWarning",
    "Grant",
    "Handle",
    "InvalidKey",
    "InvalidOption",
    "InvalidRequest",
    "ItemFinished",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "Launch",
    "Launchable",
    "Ledger",
    "Limits",
    "ListedRun",
    "Listener",
    "Location",
    "LogLine",
    "LoggedLine",
    "Manifest",
    "NoSuchRun",
    "NotAnEnvironment",
    "NotBound",
    "NotDeployed",
    "ObjectStorage",
    "ObjectStorageSpec",
    "ObjectStore",
    "Origin",
    "PackedError",
    "Packing",
    "Parallel",
    "Phase",
    "PipelineParts",
    "PipelineProvider",
    "Places",
    "Plan",
    "Pool",
    "PoolExecutor",
    "Program",
    "Provider",
    "Recorder",
    "Ref",
    "Registered",
    "RemoteError",
    "RemotePool",
    "RemoteTraceback",
    "Reports",
    "Run",
    "RunEnd",
    "RunError",
    "RunLog",
    "Schedule",
    "ScheduleSpec",
    "Secret",
    "SecretSpec",
    "Serial",
    "Serverless",
    "ServerlessSpec",
    "Site",
    "Slot",
    "Spec",
    "Stages",
    "State",
    "Status",
    "Step",
    "Store",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "Surroundings",
    "TaskCall",
    "TaskEnd",
    "TaskFinished",
    "TaskPart",
    "TaskResult",
    "TaskStarted",
    "TaskTimeout",
    "UnknownName",
    "UnknownOption",
    "Value",
    "VersionRef",
    "WorkerLost",
    "WritableShelf",
    "adopt_scratch",
    "answer",
    "bare",
    "before_execution",
    "bindings_key",
    "caller",
    "capture",
    "check_concurrency",
    "check_secrets",
    "client_settings",
    "cloud_name",
    "code_archive",
    "count_of",
    "error_of",
    "explained",
    "feed",
    "hindered",
    "install_placeholders",
    "is_captured",
    "is_reachable",
    "is_true",
    "items_of",
    "kept",
    "lacking",
    "library",
    "limited",
    "load_modules",
    "manifest_key",
    "nearest",
    "need_obstore",
    "new_scratch_folder",
    "next_pause",
    "open_store",
    "pack_error",
    "parse_cron",
    "place_of",
    "plan_hash",
    "prepared",
    "progress_listener",
    "qualified",
    "read_bindings",
    "read_deployed",
    "read_manifest",
    "register_component",
    "release",
    "request_of",
    "run_call",
    "run_call_async",
    "run_of",
    "set_options",
    "share_scratch",
    "split_bucket",
    "stages_of",
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
    "BINDINGS_VARIABLE": "remote.bindings",
    "NOWHERE": "wiring",
    "Arrivals": "arrivals",
    "AttemptFailed": "events",
    "Begun": "remote.records",
    "Bindings": "remote.bindings",
    "BoundPlaces": "remote.bindings",
    "CannotDeploy": "errors",
    "Conductor": "following.conductor",
    "Connection": "following.executor",
    "Database": "resources",
    "DatabaseSpec": "specs",
    "Dataset": "dataset",
    "DefinitionError": "errors",
    "Deployed": "remote.deployed",
    "DeployedExecutor": "following.executor",
    "DirectoryStore": "stores",
    "Driver": "execution",
    "Environment": "environment",
    "Event": "events",
    "Execution": "execution",
    "Expansion": "mapping",
    "External": "resources",
    "Failure": "remote.failures",
    "Fault": "following.conductor",
    "FolderPlaces": "storage.folders",
    "GlacierError": "errors",
    "GlacierRetry": "remote.failures",
    "GlacierTaskFailed": "remote.failures",
    "GlacierWarning": "errors",
    "Grant": "grants",
    "InvalidKey": "errors",
    "InvalidOption": "errors",
    "InvalidRequest": "errors",
    "ItemFinished": "events",
    "KeyChanged": "errors",
    "KeyExists": "errors",
    "KeyMissing": "errors",
    "Ledger": "ledger",
    "Limits": "limits",
    "ListedRun": "following.conductor",
    "Location": "contracts.providers",
    "LogLine": "tasklog",
    "LoggedLine": "following.conductor",
    "Manifest": "remote.deployed",
    "NoSuchRun": "following.errors",
    "NotAnEnvironment": "errors",
    "NotBound": "storage.folders",
    "NotDeployed": "following.errors",
    "ObjectStorage": "resources",
    "ObjectStorageSpec": "specs",
    "ObjectStore": "stores.objects",
    "Origin": "storage.records",
    "PackedError": "crossing",
    "Packing": "contracts.pipelines",
    "Parallel": "stages",
    "Phase": "following.conductor",
    "PipelineParts": "contracts.pipelines",
    "PipelineProvider": "contracts.pipelines",
    "Places": "storage.places",
    "Plan": "plan",
    "PoolExecutor": "executor",
    "Program": "remote.program",
    "Provider": "contracts.providers",
    "Recorder": "history.recorder",
    "Registered": "contracts.providers",
    "RemoteError": "crossing",
    "RemoteTraceback": "crossing",
    "Reports": "remote.client",
    "Run": "run",
    "RunEnd": "remote.records",
    "RunError": "errors",
    "RunLog": "run",
    "Schedule": "schedules",
    "ScheduleSpec": "specs",
    "Secret": "resources",
    "SecretSpec": "specs",
    "Serial": "stages",
    "Serverless": "resources",
    "ServerlessSpec": "specs",
    "Site": "contracts.providers",
    "Slot": "step",
    "Spec": "specs",
    "Stages": "stages",
    "Status": "following.conductor",
    "Step": "step",
    "StoreDenied": "errors",
    "StoreError": "errors",
    "StoreFull": "errors",
    "StoreGone": "errors",
    "Surroundings": "remote.answers",
    "TaskEnd": "remote.records",
    "TaskFinished": "events",
    "TaskPart": "contracts.pipelines",
    "TaskStarted": "events",
    "TaskTimeout": "errors",
    "UnknownName": "errors",
    "UnknownOption": "errors",
    "WorkerLost": "errors",
    "WritableShelf": "storage.shelf",
    "adopt_scratch": "context",
    "answer": "remote.answers",
    "bare": "portable",
    "before_execution": "loading",
    "bindings_key": "remote.bindings",
    "caller": "place",
    "capture": "tasklog",
    "check_concurrency": "limits",
    "check_secrets": "execution",
    "client_settings": "stores.connecting",
    "cloud_name": "cloudnames",
    "code_archive": "components",
    "count_of": "mapping",
    "error_of": "remote.failures",
    "explained": "execution",
    "feed": "remote.client",
    "hindered": "hindrances",
    "install_placeholders": "placeholders",
    "is_captured": "tasklog",
    "is_reachable": "stores.connecting",
    "is_true": "stores.connecting",
    "items_of": "mapping",
    "kept": "components",
    "lacking": "secret_values",
    "library": "libraries",
    "limited": "timeouts",
    "load_modules": "components",
    "manifest_key": "remote.deployed",
    "nearest": "errors",
    "need_obstore": "stores.clients",
    "new_scratch_folder": "scratch",
    "next_pause": "attempts",
    "open_store": "stores.addresses",
    "pack_error": "crossing",
    "parse_cron": "cron",
    "place_of": "place",
    "plan_hash": "remote.deployed",
    "prepared": "execution",
    "progress_listener": "progress",
    "qualified": "policy",
    "read_bindings": "remote.bindings",
    "read_deployed": "remote.deployed",
    "read_manifest": "remote.deployed",
    "register_component": "components",
    "release": "tasklog",
    "request_of": "remote.client",
    "run_call": "worker",
    "run_call_async": "worker",
    "run_of": "remote.payloads",
    "set_options": "components",
    "share_scratch": "context",
    "split_bucket": "stores.connecting",
    "stages_of": "stages",
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
