"""Running without threads: every task on the thread of the test, in a fixed order."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Mapping, Optional

from glacier.core.executor import PoolExecutor
from glacier.core.pipeline import Pipeline
from glacier.core.run import Run
from glacier.core.select import Selection
from glacier.core.task import Task
from glacier.core.testing.clock import FakeClock
from glacier.core.timeouts import timed_out
from glacier.core.worker import run_call

if TYPE_CHECKING:
    from concurrent.futures import Future

    from glacier.core.clock import Clock
    from glacier.core.contracts import Inputs, TaskCall, TaskResult

__all__ = ["InlineExecutor", "run", "run_task"]


class InlineExecutor(PoolExecutor):
    """Runs one task at a time on the calling thread; a debugger steps right into it.

    Nothing waits for a task to be tried again (``clock`` is a :class:`FakeClock`). A call that
    takes longer than its task may, by that clock, fails once it has come to its end: with the fake
    one none does, however long a debugger stops it.
    """

    def __init__(
        self,
        *,
        fail_fast: bool = False,
        concurrency: Optional[Mapping[str, int]] = None,
        clock: Optional[Clock] = None,
    ) -> None:
        super().__init__(fail_fast=fail_fast, concurrency=concurrency)
        self.clock = clock if clock is not None else FakeClock()

    def open(self) -> InlinePool:
        return InlinePool(self.clock)


class InlinePool:
    """A pool of no workers but the caller."""

    workers = 1
    backlog = 0
    keeps_time = True

    def __init__(self, clock: Optional[Clock] = None) -> None:
        self._clock = clock if clock is not None else FakeClock()

    def submit(self, call: TaskCall) -> Future[TaskResult]:
        from concurrent.futures import Future

        future: Future[TaskResult] = Future()
        future.set_result(self.run_inline(call))
        return future

    def run_inline(self, call: TaskCall) -> TaskResult:
        """The result of a call; a late one has failed, whatever came of it."""
        if not call.step.limit:
            return run_call(call)
        started, begun = time(), self._clock.now()
        result = run_call(call)
        duration = self._clock.now() - begun
        if duration < call.step.limit:
            return result
        ended = "It ran to its end, and what came of it is dropped."
        return timed_out(call, started=started, duration=duration, ended=ended)

    def close(self) -> None:
        """Nothing was opened."""


def run(
    pipeline: Pipeline,
    *,
    params: Optional[Mapping[str, Any]] = None,
    inputs: Optional[Inputs] = None,
    select: Optional[Selection] = None,
    raise_on_failure: bool = True,
) -> Run:
    """Run a pipeline inline and keep every value, so that a test can look at each dataset.

    ``inputs`` feeds datasets instead of running their producers. Raises what
    ``PoolExecutor.execute`` raises.
    """
    return InlineExecutor().execute(
        pipeline,
        params=params,
        inputs=inputs,
        select=select,
        keep=True,
        raise_on_failure=raise_on_failure,
    )


def run_task(
    task: Task[Any, Any],
    *,
    inputs: Optional[Inputs] = None,
    params: Optional[Mapping[str, Any]] = None,
    raise_on_failure: bool = True,
) -> Run:
    """Run one task alone, as an executor would: mapped, with its parameters and its outputs
    checked. ``inputs`` has a value for each dataset that it reads.

    To test the function itself, call the task.
    """
    alone = Pipeline(f"test-{task.name}"[:128])
    alone._add(task)  # pyright: ignore[reportPrivateUsage]
    return run(alone, inputs=inputs, params=params, raise_on_failure=raise_on_failure)
