"""Where the values of a run are: in this process, or with the workers of a remote pool."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Tuple, cast

from glacier.core.contracts import (
    Handle,
    Pool,
    Ref,
    RemotePool,
    State,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
)
from glacier.core.errors import GlacierError
from glacier.core.mapping import count_of, items_of

if TYPE_CHECKING:
    from glacier.core.storage.depot import Depot

__all__ = ["Keeper"]


class Keeper:
    """Reads, keeps and collects references, so that the scheduler need not know where values are.

    With a pool that is not remote every reference is a :class:`Value`, and nothing is moved.
    """

    def __init__(self, pool: Pool, depot: Optional[Depot] = None) -> None:
        self.depot = depot
        self.remote = cast("RemotePool", pool) if hasattr(pool, "fetch") else None

    def keep(self, value: Any) -> Ref:
        """A reference to a value of this process that tasks will read."""
        return Value(value) if self.remote is None else self.remote.hold(value)

    def read(self, ref: Optional[Ref]) -> Any:
        """The value of a reference in this process; ``None`` for none.

        Raises :class:`~glacier.core.errors.GlacierError` for one that cannot be brought here.
        """
        if isinstance(ref, Value):
            return ref.value
        if isinstance(ref, Handle) and self.remote is not None:
            return self.remote.fetch(ref)
        if isinstance(ref, VersionRef) and self.depot is not None:
            return self.depot.read(ref)
        return None

    async def run_async(self, call: TaskCall) -> TaskResult:
        """Run a call of an ``async def`` task in this process, and keep what it returns."""
        from glacier.core.worker import run_call_async

        if self.remote is None:
            return await run_call_async(call)
        try:
            inputs = [
                # What is stored is read in the form that the task asks for.
                ref if ref is None or isinstance(ref, VersionRef) else Value(self.read(ref))
                for ref in call.inputs
            ]
        except GlacierError as error:
            return TaskResult(State.FAILED, (), time(), 0.0, error)
        result = await run_call_async(call._replace(inputs=tuple(inputs)))
        outputs = [
            ref if isinstance(ref, VersionRef) else self.keep(self.read(ref))
            for ref in result.outputs
        ]
        return result._replace(outputs=tuple(outputs))

    def items(
        self, ref: Optional[Ref], *, task: str, dataset: str
    ) -> Tuple[Iterator[Ref], Optional[int]]:
        """References to the items of a mapped dataset, and how many there are, if that is known.

        Raises :class:`~glacier.core.errors.NotMappable`, and as :meth:`read` does.
        """
        if isinstance(ref, Handle) and self.remote is not None:
            parts = self.remote.scatter(ref)
            if parts is not None:
                return iter(parts), len(parts)
        if isinstance(ref, VersionRef) and self.depot is not None:
            stored = self.depot.items(ref)
            if stored is not None:
                return stored
        value = self.read(ref)
        return map(Value, items_of(value, task=task, dataset=dataset)), count_of(value)

    def collect(self, refs: Sequence[Ref]) -> Ref:
        """One reference to the list of these values."""
        if self.remote is not None:
            return self.remote.gather(refs)
        return Value([cast("Value", ref).value for ref in refs])
