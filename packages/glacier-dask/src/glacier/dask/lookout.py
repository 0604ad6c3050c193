"""Looks after tasks of which no record comes: lost with their worker, or given up by Dask."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from glacier.core.protocols import State, TaskResult, VersionRef, upstream_failed
from glacier.dask.engine import Future
from glacier.dask.faults import WorkerDied
from glacier.dask.marks import Gone
from glacier.dask.presence import Call
from glacier.dask.steps import size_of, state_of

if TYPE_CHECKING:
    from glacier.dask.conductor import Conductor

__all__ = ["Lookout"]

_LOOK = 0.25  # seconds without a record, after which futures are looked at
_LATE = 1.0  # seconds after the end of a task within which its record should have come


class Lookout:
    """Sees by its future what became of a task whose worker tells nothing."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor
        self._silent: dict[str, float] = {}  # since when a task is done of which nobody told

    def patience(self) -> float:
        """Seconds to wait for a record."""
        return _LOOK

    def look(self) -> None:
        """Take in what futures tell; in the order of the plan, so producers come first."""
        conductor = self.conductor
        calls = sorted(
            conductor.submitter.keys, key=lambda call: (call[0], call[1] is None, call[1] or 0)
        )
        for call in calls:
            key = conductor.submitter.keys.get(call)
            future = None if key is None else conductor.batch.futures().get(key)
            if future is not None and conductor.ledger.waits[call[0]] <= 0:
                self._look_at(call, future)

    def _look_at(self, call: Call, future: Future) -> None:
        number, item = call
        status = future.status
        if status == "finished":
            since = self._silent.setdefault(future.key, monotonic())
            if monotonic() - since > _LATE:
                self._ask(call, future)
            return
        self._silent.pop(future.key, None)
        if status in ("error", "cancelled"):  # one that is "lost" is computed again
            obstacle = self.conductor.ledger.obstacle(number)
            result = obstacle or self._lost(call, future)
            if obstacle is not None and obstacle.state is not State.UPSTREAM_FAILED:
                result = upstream_failed()
            self._end(number, item, result)

    def _lost(self, call: Call, future: Future) -> TaskResult:
        number, item = call
        task = self.conductor.steps[number].task
        error = future.exception() if future.status == "error" else None
        cause = error or RuntimeError("the scheduler has dropped the task.")
        died = WorkerDied(task=task, item=item, error=cause)
        died.__cause__ = cause
        return TaskResult(State.FAILED, (), None, 0.0, died)

    def _ask(self, call: Call, future: Future) -> None:
        """Ask for the state of a task that is done; if its result is lost, Dask runs it again, and
        then it is told of."""
        self._silent[future.key] = float("inf")  # once
        client = self.conductor.session.client
        number, item = call
        lists = item is None and number in self.conductor.expansions.mappings
        asked = client.submit(size_of if lists else state_of, future, pure=False)
        found = asked.result()
        state = found.state if isinstance(found, Gone) else State.SUCCEEDED
        if lists and not isinstance(found, Gone):
            self.conductor.expansions.expand(number, found, None)
            return
        result = TaskResult(state, (), None, 0.0)
        stored = [found if isinstance(found, VersionRef) else None]
        outputs = len(self.conductor.steps[number].outputs)
        if item is not None:
            self.conductor.expansions.end_item(number, item, result, stored * outputs)
        else:
            self._end(
                number,
                None,
                self.conductor.submitter.with_outputs(number, result, stored * outputs),
            )

    def _end(self, number: int, item: int | None, result: TaskResult) -> None:
        mapping = self.conductor.expansions.mappings.get(number)
        if item is None and mapping is not None:
            self.conductor.expansions.end(number, result)
        else:
            self.conductor.end(number, item, result)
