"""Glacier: data pipelines as plain functions whose annotations make the graph.

>>> from glacier.core import Dataset, Pipeline
>>> from glacier.core.testing import run
>>> pipeline = Pipeline(name="etl")
>>> raw = Dataset(name="raw")
>>> clean = Dataset(name="clean")
>>> @pipeline.task()
... def extract() -> raw:
...     return [3, 1, 2]
>>> @pipeline.task()
... def transform(data: raw) -> clean:
...     return sorted(data)
>>> run(pipeline)["clean"]
[1, 2, 3]
"""

from __future__ import annotations

from glacier.core._namespace import check as _check

_check()

from typing import TYPE_CHECKING, Any, List  # noqa: E402  # nothing is imported before the check

from glacier.core._version import __version__  # noqa: E402
from glacier.core.context import Context  # noqa: E402
from glacier.core.dataset import Dataset  # noqa: E402
from glacier.core.errors import (  # noqa: E402
    DefinitionError,
    GlacierError,
    GlacierWarning,
    RequestError,
    RunError,
    RunFailed,
    Skip,
)
from glacier.core.pipeline import Pipeline  # noqa: E402
from glacier.core.resources import (  # noqa: E402
    Database,
    External,
    ObjectStorage,
    Permission,
    Secret,
    Serverless,
)
from glacier.core.task import Task  # noqa: E402

if TYPE_CHECKING:
    from glacier.core.contracts import Executor, Listener, State
    from glacier.core.contracts.providers import Provider
    from glacier.core.environment import Environment
    from glacier.core.events import (
        AttemptFailed,
        Event,
        ItemFinished,
        RunFinished,
        RunStarted,
        TaskFinished,
        TaskStarted,
    )
    from glacier.core.resource import Resource
    from glacier.core.run import Run, TaskRun
    from glacier.core.schedules import Schedule

__all__ = [
    "AttemptFailed",
    "Context",
    "Database",
    "Dataset",
    "DefinitionError",
    "Environment",
    "Event",
    "Executor",
    "External",
    "GlacierError",
    "GlacierWarning",
    "ItemFinished",
    "Listener",
    "ObjectStorage",
    "Permission",
    "Pipeline",
    "Provider",
    "RequestError",
    "Resource",
    "Run",
    "RunError",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "Schedule",
    "Secret",
    "Serverless",
    "Skip",
    "State",
    "Task",
    "TaskFinished",
    "TaskRun",
    "TaskStarted",
    "__version__",
]

_ROOMS = {
    "AttemptFailed": "events",
    "Environment": "environment",
    "Event": "events",
    "Executor": "contracts",
    "ItemFinished": "events",
    "Listener": "contracts",
    "Provider": "contracts.providers",
    "Resource": "resource",
    "Run": "run",
    "RunFinished": "events",
    "RunStarted": "events",
    "Schedule": "schedules",
    "State": "contracts",
    "TaskFinished": "events",
    "TaskRun": "run",
    "TaskStarted": "events",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"glacier.core.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
