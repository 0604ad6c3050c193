"""What runs pipelines: executors, the pools of workers under them, and who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Protocol, Sequence, Union

from glacier.core.contracts.records import Handle, Launch, Ref, TaskCall, TaskResult

if TYPE_CHECKING:
    from concurrent.futures import Future

    from glacier.core.events import Event
    from glacier.core.run import Run
    from glacier.core.select import Selection

    # The keys are names, datasets or aliases of them, and no type checker knows a type of aliases.
    Inputs = Mapping[Any, Any]
    Keep = Union[bool, Iterable[Any]]

__all__ = ["Executor", "Launchable", "Listener", "Pool", "RemotePool"]


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

    def expect(self, calls: int) -> None:
        """Told before the first call how many there will be at once: workers that take time to
        start may do so while the run is being prepared."""
        ...

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
