"""Every error that Glacier raises, each composing its message from the facts it is given.

::

    GlacierError
    ├── DefinitionError              the pipeline as declared cannot run
    │   ├── InvalidName              a name that is empty, too long or a path
    │   ├── InvalidAnnotation        an annotation that cannot be an edge or a parameter
    │   │   ├── MissingAnnotation
    │   │   ├── UnresolvedAnnotation
    │   │   └── TaskAsAnnotation
    │   ├── InvalidOption            an option of a task, such as when=
    │   ├── UnknownOption
    │   ├── NotAProvider
    │   ├── NotAnEnvironment         a provider that was used as one
    │   ├── DuplicateResource
    │   ├── ForeignResource          a resource of another environment
    │   ├── UnknownNative            a raw resource that no installed provider knows
    │   ├── NotCallable              a dataset or secret that was called
    │   ├── EmptyPipeline
    │   ├── DuplicateTask
    │   ├── DuplicateDataset
    │   ├── DuplicateProducer
    │   ├── CyclicPipeline
    │   ├── MissingProducer
    │   ├── ExternalProduced
    │   ├── IncompatibleTypes
    │   ├── ConflictingParameters
    │   └── DefinitionErrors         several of these, reported together
    ├── RequestError                 the run as asked for cannot start
    │   ├── NotAPipeline
    │   ├── UnknownName              no such task, dataset, parameter …
    │   ├── AmbiguousName
    │   ├── NotUnique                a text that may be any of several datasets or versions
    │   ├── InvalidRequest           an argument of execute of the wrong form
    │   ├── InvalidSelection
    │   ├── MissingParameter
    │   ├── MistypedParameter
    │   ├── MissingInput
    │   ├── MissingSecret
    │   ├── NothingStored            a stored dataset that nobody has written yet
    │   ├── CannotCache              a task with cache= that can have no fingerprint
    │   ├── CannotReplay
    │   ├── CannotResume
    │   ├── CannotSynth
    │   ├── NotRegistered            a resource outside any Pulumi program
    │   ├── PlaceholderUsed          a value of an SDK that is not installed
    │   ├── LoadError                a file that no pipeline can be taken from
    │   │   └── FileRaised
    │   └── RequestErrors            several of these, reported together
    ├── RunError                     a run, or a task in it, went wrong
    │   ├── RunFailed
    │   ├── WrongOutputs
    │   ├── NotMappable
    │   ├── TooManyItems
    │   ├── InvalidCondition
    │   ├── TaskExited
    │   ├── TaskTimeout              an attempt took longer than timeout= allows
    │   ├── WorkerLost               a worker that is gone, such as a process that crashed
    │   ├── NotReadable              a stored input
    │   ├── NotStored                what a task returned, on its way to its storage
    │   ├── UnresolvedInput
    │   └── ValueUnavailable
    ├── StoreError                   a store cannot do what it was asked to
    │   ├── InvalidKey               a key that is none, or leads out of the store
    │   ├── KeyMissing
    │   ├── KeyExists                what is created only once is there already
    │   ├── KeyChanged               what was to be replaced is no longer what it was
    │   ├── StoreDenied
    │   ├── StoreFull
    │   └── StoreGone                a folder that was deleted while it was in use
    ├── VersionError                 a stored version cannot be used
    │   ├── VersionMissing
    │   ├── VersionDamaged           a file is not what the version's record says
    │   └── CannotPublish            an address at which a version cannot be published
    ├── RecordError                  a record of another format, or a broken one
    ├── MissingLibrary               an optional library that is needed and not installed
    ├── FormatError                  a value or a file that does not fit its format
    │   ├── UnknownFormat
    │   ├── UnfitValue               a value that would not come back equal
    │   ├── UnfitTarget              stored data asked for as a type that it cannot be
    │   ├── UnreadableData           a damaged file, or one of another format
    │   └── PickleRefused
    ├── TableError                   a database, or a table in it
    │   ├── InvalidDatabase          a URL that names no database, a name that names no table
    │   ├── UnreachableDatabase
    │   ├── MissingTable
    │   ├── ChangedTable             other rows than those of the version that was asked for
    │   ├── UnfitTable               a value that no table can hold
    │   └── DatabaseFailed           what the database itself refuses
    ├── ExternalError                data under somebody else's keys
    │   ├── InvalidExternal          an address that cannot be read here, a format not known
    │   ├── MissingExternal
    │   ├── UnreachableExternal
    │   └── ChangedExternal          other data than when the run began
    ├── DeployError                  a deployment that cannot begin, or did not go well
    │   ├── BundleTooLarge           more than a cloud takes
    │   ├── CannotBundle
    │   ├── CannotDeploy
    │   ├── CannotResolve            requirements without packages for where they are to run
    │   ├── MissingEngine            the program pulumi
    │   ├── MissingPassphrase
    │   ├── StackLocked
    │   ├── NoSuchStack
    │   ├── UnrealProvider           an environment of an account that cannot be real
    │   ├── WrongAccount             credentials for another one
    │   └── DeployFailed             what the engine itself reports
    ├── HistoryError                 a history of runs that cannot be read or written
    └── ExtensionError               an entry point that is absent, doubled or broken

:class:`Skip` is not an error: a task raises it to say that it has nothing to produce.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glacier.core.errors._base import GlacierError, GlacierWarning, Skip, nearest, perhaps
from glacier.core.errors._definition import (
    DefinitionError,
    DefinitionErrors,
    InvalidAnnotation,
    InvalidName,
    InvalidOption,
    MissingAnnotation,
    NotCallable,
    TaskAsAnnotation,
    UnresolvedAnnotation,
)
from glacier.core.errors._files import FileRaised, HistoryError, LoadError
from glacier.core.errors._graph import (
    ConflictingParameters,
    CyclicPipeline,
    DuplicateDataset,
    DuplicateProducer,
    DuplicateTask,
    EmptyPipeline,
    ExternalProduced,
    IncompatibleTypes,
    Link,
    MissingProducer,
)
from glacier.core.errors._request import (
    AmbiguousName,
    InvalidRequest,
    InvalidSelection,
    MissingInput,
    MissingParameter,
    MissingSecret,
    MistypedParameter,
    NotAPipeline,
    RequestError,
    RequestErrors,
    UnknownName,
)
from glacier.core.errors._run import (
    ExtensionError,
    InvalidCondition,
    NotMappable,
    RecordError,
    RunError,
    RunFailed,
    TaskExited,
    TaskTimeout,
    TooManyItems,
    UnresolvedInput,
    ValueUnavailable,
    WorkerLost,
    WrongOutputs,
)

if TYPE_CHECKING:
    from glacier.core.errors._bundle import BundleTooLarge, CannotBundle, CannotResolve
    from glacier.core.errors._deploy import (
        CannotDeploy,
        DeployError,
        DeployFailed,
        Failure,
        MissingEngine,
        MissingPassphrase,
        NoSuchStack,
        StackLocked,
        UnrealProvider,
        WrongAccount,
    )
    from glacier.core.errors._external import (
        ChangedExternal,
        ExternalError,
        InvalidExternal,
        MissingExternal,
        UnreachableExternal,
    )
    from glacier.core.errors._formats import (
        FormatError,
        MissingLibrary,
        PickleRefused,
        UnfitTarget,
        UnfitValue,
        UnknownFormat,
        UnreadableData,
    )
    from glacier.core.errors._resources import (
        CannotSynth,
        DuplicateResource,
        ForeignResource,
        NotAnEnvironment,
        NotAProvider,
        NotRegistered,
        PlaceholderUsed,
        UnknownNative,
        UnknownOption,
    )
    from glacier.core.errors._storage import (
        CannotCache,
        CannotReplay,
        CannotResume,
        NothingStored,
        NotReadable,
        NotStored,
        NotUnique,
    )
    from glacier.core.errors._stores import (
        CannotPublish,
        InvalidKey,
        KeyChanged,
        KeyExists,
        KeyMissing,
        StoreDenied,
        StoreError,
        StoreFull,
        StoreGone,
        VersionDamaged,
        VersionError,
        VersionMissing,
    )
    from glacier.core.errors._tables import (
        ChangedTable,
        DatabaseFailed,
        InvalidDatabase,
        MissingTable,
        TableError,
        UnfitTable,
        UnreachableDatabase,
    )

__all__ = [
    "AmbiguousName",
    "BundleTooLarge",
    "CannotBundle",
    "CannotCache",
    "CannotDeploy",
    "CannotPublish",
    "CannotReplay",
    "CannotResolve",
    "CannotResume",
    "CannotSynth",
    "ChangedExternal",
    "ChangedTable",
    "ConflictingParameters",
    "CyclicPipeline",
    "DatabaseFailed",
    "DefinitionError",
    "DefinitionErrors",
    "DeployError",
    "DeployFailed",
    "DuplicateDataset",
    "DuplicateProducer",
    "DuplicateResource",
    "DuplicateTask",
    "EmptyPipeline",
    "ExtensionError",
    "ExternalError",
    "ExternalProduced",
    "Failure",
    "FileRaised",
    "ForeignResource",
    "FormatError",
    "GlacierError",
    "GlacierWarning",
    "HistoryError",
    "IncompatibleTypes",
    "InvalidAnnotation",
    "InvalidCondition",
    "InvalidDatabase",
    "InvalidExternal",
    "InvalidKey",
    "InvalidName",
    "InvalidOption",
    "InvalidRequest",
    "InvalidSelection",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "Link",
    "LoadError",
    "MissingAnnotation",
    "MissingEngine",
    "MissingExternal",
    "MissingInput",
    "MissingLibrary",
    "MissingParameter",
    "MissingPassphrase",
    "MissingProducer",
    "MissingSecret",
    "MissingTable",
    "MistypedParameter",
    "NoSuchStack",
    "NotAPipeline",
    "NotAProvider",
    "NotAnEnvironment",
    "NotCallable",
    "NotMappable",
    "NotReadable",
    "NotRegistered",
    "NotStored",
    "NotUnique",
    "NothingStored",
    "PickleRefused",
    "PlaceholderUsed",
    "RecordError",
    "RequestError",
    "RequestErrors",
    "RunError",
    "RunFailed",
    "Skip",
    "StackLocked",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "TableError",
    "TaskAsAnnotation",
    "TaskExited",
    "TaskTimeout",
    "TooManyItems",
    "UnfitTable",
    "UnfitTarget",
    "UnfitValue",
    "UnknownFormat",
    "UnknownName",
    "UnknownNative",
    "UnknownOption",
    "UnreachableDatabase",
    "UnreachableExternal",
    "UnreadableData",
    "UnrealProvider",
    "UnresolvedAnnotation",
    "UnresolvedInput",
    "ValueUnavailable",
    "VersionDamaged",
    "VersionError",
    "VersionMissing",
    "WorkerLost",
    "WrongAccount",
    "WrongOutputs",
    "nearest",
    "perhaps",
]

# Errors about stored data, environments and deployments: only who has some loads them.
_ROOMS = {
    "BundleTooLarge": "_bundle",
    "CannotBundle": "_bundle",
    "CannotCache": "_storage",
    "CannotDeploy": "_deploy",
    "CannotPublish": "_stores",
    "CannotReplay": "_storage",
    "CannotResolve": "_bundle",
    "CannotResume": "_storage",
    "CannotSynth": "_resources",
    "ChangedExternal": "_external",
    "ChangedTable": "_tables",
    "DatabaseFailed": "_tables",
    "DeployError": "_deploy",
    "DeployFailed": "_deploy",
    "DuplicateResource": "_resources",
    "ExternalError": "_external",
    "Failure": "_deploy",
    "ForeignResource": "_resources",
    "FormatError": "_formats",
    "InvalidDatabase": "_tables",
    "InvalidExternal": "_external",
    "InvalidKey": "_stores",
    "KeyChanged": "_stores",
    "KeyExists": "_stores",
    "KeyMissing": "_stores",
    "MissingEngine": "_deploy",
    "MissingExternal": "_external",
    "MissingLibrary": "_formats",
    "MissingPassphrase": "_deploy",
    "MissingTable": "_tables",
    "NoSuchStack": "_deploy",
    "NotAProvider": "_resources",
    "NotAnEnvironment": "_resources",
    "NotReadable": "_storage",
    "NotRegistered": "_resources",
    "NotStored": "_storage",
    "NotUnique": "_storage",
    "NothingStored": "_storage",
    "PickleRefused": "_formats",
    "PlaceholderUsed": "_resources",
    "StackLocked": "_deploy",
    "StoreDenied": "_stores",
    "StoreError": "_stores",
    "StoreFull": "_stores",
    "StoreGone": "_stores",
    "TableError": "_tables",
    "UnfitTable": "_tables",
    "UnfitTarget": "_formats",
    "UnfitValue": "_formats",
    "UnknownFormat": "_formats",
    "UnknownNative": "_resources",
    "UnknownOption": "_resources",
    "UnreachableDatabase": "_tables",
    "UnreachableExternal": "_external",
    "UnreadableData": "_formats",
    "UnrealProvider": "_deploy",
    "VersionDamaged": "_stores",
    "VersionError": "_stores",
    "VersionMissing": "_stores",
    "WrongAccount": "_deploy",
}

# Tracebacks and pickles name the public place of a class, not the room that it was written in.
for _public in __all__:
    if _public not in _ROOMS:
        globals()[_public].__module__ = __name__


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room = import_module(f"{__name__}.{_ROOMS[name]}")
    for public in room.__all__:
        globals()[public] = getattr(room, public)
        globals()[public].__module__ = __name__
    return globals()[name]
