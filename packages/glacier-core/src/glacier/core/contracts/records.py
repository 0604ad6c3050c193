"""The calls of tasks and their results, and where the values are that go in and come out."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Collection,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
    Union,
)

from glacier.core.step import FORMAT, Step

if TYPE_CHECKING:
    from glacier.core.graph import Graph
    from glacier.core.plan import Plan
    from glacier.core.storage.records import Origin
    from glacier.core.storage.shelf import Shelf

__all__ = [
    "Handle",
    "Launch",
    "Ref",
    "State",
    "TaskCall",
    "TaskResult",
    "Value",
    "VersionRef",
]


class State(str, Enum):
    """Where a task stands; a string, so that ``state == "failed"`` holds.

    waiting → ready → running → succeeded | up_to_date | skipped | failed, or without running:
    skipped (an input was), upstream_failed, cancelled.
    """

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    UP_TO_DATE = "up_to_date"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    def __str__(self) -> str:
        return str(self.value)


# Named tuples rather than dataclasses: one of each is made for every call of every task, and a
# frozen dataclass takes four times as long to make.
class Value(NamedTuple):
    """A value itself, in this process."""

    value: Any


class Handle(NamedTuple):
    """A value that an executor holds elsewhere; only that executor can read ``token``.

    The token owns the value: it is freed when nothing refers to the token any more.
    """

    token: Any


class VersionRef(NamedTuple):
    """A stored version of a dataset, or with ``item`` one item of a mapped one.

    Whoever reads it has the dataset's shelf: it is in the call, or with the run.
    """

    dataset: str
    version: str
    partition: Optional[str] = None
    item: Optional[int] = None


Ref = Union[Value, Handle, VersionRef]


class TaskCall(NamedTuple):
    """One call of one task.

    ``inputs`` has one reference for each input slot of the step, ``None`` where its producer was
    skipped. ``params`` maps the function's parameter names to values. ``attempt`` counts from 1,
    ``item`` is the index of a mapped task's item. ``shelves`` are those of the stored datasets that
    it reads and writes, the same for all calls of a step, and ``origin`` is what is noted beside
    what it writes.
    """

    run_id: str
    pipeline: str
    step: Step
    function: Callable[..., Any]
    inputs: Tuple[Optional[Ref], ...]
    params: Mapping[str, Any]
    attempt: int = 1
    partition: Optional[str] = None
    item: Optional[int] = None
    shelves: Mapping[str, Shelf] = MappingProxyType({})
    origin: Optional[Origin] = None
    format: int = FORMAT


class TaskResult(NamedTuple):
    """How one call ended.

    ``started`` is in seconds since the epoch (``None`` if it never ran), ``duration`` in seconds.
    ``outputs`` has one reference for each output of the step if the state is ``succeeded``, else it
    is empty; if it is ``up_to_date``, ``None`` stands for one that nobody reads any more. ``error``
    is what a failed task raised, ``reason`` why one was skipped. ``attempt`` is counted where the
    calls are made, not by the worker. ``kept`` has an entry for each output of a step with stored
    ones: what its shelf made of it, ``None`` for one that is in memory alone.
    """

    state: State
    outputs: Tuple[Optional[Ref], ...]
    started: Optional[float]
    duration: float
    error: Optional[BaseException] = None
    reason: str = ""
    format: int = FORMAT
    attempt: int = 1
    kept: Tuple[Any, ...] = ()


class Launch(NamedTuple):
    """Everything that one run needs, checked: what a pipeline prepares for an executor.

    ``functions`` and ``params`` have one entry for each step of the plan; ``inputs`` holds the
    values of ``plan.given``; ``keep`` the datasets to hold in memory to the end. ``whole`` is the
    graph of the pipeline, also where only a part of it runs.
    """

    plan: Plan
    functions: Tuple[Callable[..., Any], ...]
    params: Tuple[Mapping[str, Any], ...]
    inputs: Mapping[str, Any]
    keep: Collection[str]
    whole: Optional[Graph] = None
