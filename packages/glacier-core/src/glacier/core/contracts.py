"""What crosses the boundary between core and its extensions: protocols and records.

::

      core                                     an executor's worker
    execute ── TaskCall ── submit ──────────▶  run_call(call)
            ◀─ TaskResult ── Future ─────────  the task's function runs here
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    Union,
)

from glacier.core.graph import Graph
from glacier.core.plan import Plan
from glacier.core.step import FORMAT, Step

if TYPE_CHECKING:
    from concurrent.futures import Future

    from glacier.core.events import Event
    from glacier.core.run import Run
    from glacier.core.select import Selection
    from glacier.core.storage.records import Origin
    from glacier.core.storage.shelf import Shelf

__all__ = [
    "FORMAT",
    "Entry",
    "Executor",
    "Handle",
    "Launch",
    "Launchable",
    "Listener",
    "Pool",
    "Ref",
    "RemotePool",
    "State",
    "Store",
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

if TYPE_CHECKING:
    # The keys are names, datasets or aliases of them, and no type checker knows a type of aliases.
    Inputs = Mapping[Any, Any]
    Keep = Union[bool, Iterable[Any]]


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


class Listener(Protocol):
    """Told of everything that happens in a run, on the thread that called ``execute``.

    One that raises is dropped with a warning; the run goes on.
    """

    def __call__(self, event: Event, /) -> object: ...


class Launchable(Protocol):
    """What an executor needs of a pipeline."""

    @property
    def name(self) -> str: ...

    def prepare(
        self,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        keep: Keep = (),
    ) -> Launch: ...


class Executor(Protocol):
    """Runs a pipeline to its end and returns what happened."""

    def execute(
        self,
        pipeline: Launchable,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        listeners: Iterable[Listener] = (),
        keep: Keep = (),
        raise_on_failure: bool = True,
    ) -> Run: ...


class Pool(Protocol):
    """The workers of one run.

    A call whose step has a limit of time, ``call.step.policy.timeout``, is always submitted. A pool
    that ends such calls itself has a true attribute ``keeps_time``; in any other they are abandoned
    at the limit: they may go on, but nobody waits for them, not even :meth:`close`.

    ``workers`` is how many calls run at a time, ``backlog`` how many more may wait for them in the
    pool. It is used only while tasks take less than a millisecond, where handing them over one by
    one would cost more than they do.
    """

    @property
    def workers(self) -> int: ...

    @property
    def backlog(self) -> int: ...

    def submit(self, call: TaskCall) -> Future[TaskResult]:
        """Start a call on a worker; the future never holds the task's own exception."""
        ...

    def run_inline(self, call: TaskCall) -> TaskResult:
        """Run a call on this thread, for one that has nothing to run beside."""
        ...

    def close(self) -> None:
        """Wait for what runs and let the workers go."""
        ...


class RemotePool(Pool, Protocol):
    """A pool that leaves values where its workers can reach them: its results hold handles.

    Values come into this process only where something here needs them: ``run[...]``, a condition,
    an ``async`` task, the items of a value that one task made.
    """

    def fetch(self, ref: Handle) -> Any:
        """The value, in this process; works after :meth:`close` too.

        Raises :class:`~glacier.core.errors.GlacierError` where it cannot be brought here.
        """
        ...

    def hold(self, value: Any) -> Handle:
        """Take a value of this process that workers will read, so that it is moved only once."""
        ...

    def gather(self, refs: Sequence[Ref]) -> Ref:
        """The list of these values, without bringing them here."""
        ...

    def scatter(self, ref: Handle) -> Optional[Sequence[Ref]]:
        """The parts of what :meth:`gather` made; ``None`` for any other value."""
        ...


class Entry(NamedTuple):
    """What a store knows of one key without reading it.

    ``size`` is in bytes, ``modified`` in seconds since the epoch by the store's clock. ``etag`` is
    another one whenever the content is another one; a listing may leave it empty.
    """

    key: str
    size: int
    modified: float
    etag: str = ""


class Store(Protocol):
    """Bytes by key. A key is a relative path such as ``etl/clean/_/latest.json``.

    A key is always either absent or wholly there: no reader sees half of what is being written,
    and what a process that was killed leaves behind is never under a key. Every method raises
    :class:`~glacier.core.errors.InvalidKey` for what is not a key, and other subclasses of
    :class:`~glacier.core.errors.StoreError` for what goes wrong. Stores can be pickled.
    """

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        """The content, or so many bytes of it from ``start``; raises ``KeyMissing``."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The content as a stream; raises ``KeyMissing``."""
        ...

    def put(
        self,
        key: str,
        data: Union[bytes, str],
        *,
        if_absent: bool = False,
        if_match: Optional[str] = None,
    ) -> str:
        """Store bytes, or the file at a path, which is moved in; returns the new etag.

        With ``if_absent`` only one caller ever succeeds, and the others raise ``KeyExists``. With
        ``if_match`` the content is replaced only if its etag is still that one, else
        ``KeyChanged`` is raised. A file that could not be stored is left where it is.
        """
        ...

    def head(self, key: str) -> Entry:
        """What is known of it; raises ``KeyMissing``."""
        ...

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All that lies below ``prefix + "/"`` at any depth, in the order of the keys."""
        ...

    def delete(self, key: str) -> None:
        """Remove it, if it is there."""
        ...

    def uri(self, key: str) -> str:
        """Its address, for people and for other programs."""
        ...

    def stage(self, extension: str = "") -> str:
        """A path for a new temporary file, from which :meth:`put` moves with the least work.

        There is no file yet. It belongs to this store object in this process: put it from here, or
        it goes when the object or the process does.
        """
        ...

    def local(self, key: str) -> str:
        """The path of a file with this content, only to be read; raises ``KeyMissing``.

        It is the stored file itself where files are stored, else a temporary copy that goes with
        the store object.
        """
        ...
