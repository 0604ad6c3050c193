"""Executor contract, part 6: calls that may take so long, and so many of which may run at a time.

What becomes of a call that is late differs: a process is ended, a thread goes on, a coroutine is
cancelled. What the run says of it does not.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from functools import partial
from typing import Any, Dict, List, Tuple

from glacier.core.context import Context
from glacier.core.contracts import Executor, Listener
from glacier.core.dataset import Dataset
from glacier.core.errors import GlacierWarning, RequestError, Skip, TaskTimeout
from glacier.core.events import AttemptFailed, Event, ItemFinished, TaskFinished
from glacier.core.pipeline import Pipeline
from glacier.core.run import Run
from glacier.core.testing.contract_base import Annotated, ContractBase, Recorder, caught

__all__ = ["LimitContract"]

raw, mapped = Dataset("raw"), Dataset("mapped")
Raw = Annotated[List[int], raw]
Item = Annotated[int, raw.each]
Mapped = Annotated[int, mapped]
Late = Annotated[int, Dataset("late")]
After = Annotated[int, Dataset("after")]
Other = Annotated[int, Dataset("other")]

LIMIT, LONG = 0.3, 0.8  # seconds


def _run(executor: Executor, pipeline: Pipeline, *recorders: Recorder) -> Run:
    """Run what has late calls; that a thread goes on is said by a warning, where it is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GlacierWarning)
        run = executor.execute(pipeline, listeners=recorders, raise_on_failure=False)
        if run.state == "failed":
            time.sleep(LONG - LIMIT)  # the thread that goes on may use what the test has
        return run


def _states(run: Run) -> Dict[str, str]:
    return {task.name: str(task.state) for task in run.tasks.values()}


def _facts(error: Any) -> Tuple[Any, ...]:
    assert isinstance(error, TaskTimeout), error
    return error.task, error.item, error.limit, error.attempt


def _alone(folder: str, value: int) -> int:
    """Fails where another call is at the same place."""
    path = os.path.join(folder, "busy")
    os.mkdir(path)
    time.sleep(0.02)
    os.rmdir(path)
    return value


def _add_call(pipeline: Pipeline, number: int, folder: str, outputs: List[Dataset]) -> None:
    @pipeline.task(name=f"call-{number}", tags=["api"])
    def call() -> Annotated[int, outputs[number]]:
        return _alone(folder, number)


def _crowd(folder: str) -> Pipeline:
    """Tasks, items and coroutines that must not meet."""
    pipeline = Pipeline("crowd")
    outputs = [Dataset(f"out-{number}") for number in range(3)]
    for number in range(3):
        _add_call(pipeline, number, folder, outputs)

    @pipeline.task(tags=["api"], retries=1, retry_delay=0)
    def again(context: Context) -> Other:
        return _alone(folder, context.attempt) if context.attempt > 1 else 1 // 0

    @pipeline.task(tags=["api"])
    async def coroutine() -> After:
        return _alone(folder, 7)

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task(tags=["api"])
    def each(item: Item) -> Mapped:
        if item == 2:
            raise Skip("not two")
        return _alone(folder, 10 * item)

    return pipeline


class LimitContract(ContractBase):
    """Timeouts, limits on how many calls run at a time, and mapped tasks that are stopped."""

    def test_a_call_that_takes_too_long_has_failed(self) -> None:
        pipeline, recorder = Pipeline("late"), Recorder()

        @pipeline.task(timeout=LIMIT)
        def late() -> Late:
            time.sleep(LONG)
            return 1

        @pipeline.task
        def after(value: Late) -> After:
            return value

        @pipeline.task(timeout=60)
        def other() -> Other:
            return 2

        run = _run(self.make_executor(), pipeline, recorder)
        assert _states(run) == {"late": "failed", "after": "upstream_failed", "other": "succeeded"}
        assert run["other"] == 2
        assert _facts(run.tasks["late"].error) == ("late", None, LIMIT, 1)
        assert f"its limit of {LIMIT:g} s in attempt 1. " in str(run.tasks["late"].error)
        ended = {event.step.task: event for event in recorder.of(TaskFinished)}
        assert (str(ended["late"].state), len(ended)) == ("failed", 3)
        assert _facts(ended["late"].error) == ("late", None, LIMIT, 1)
        assert ended["late"].duration >= LIMIT

    def test_a_coroutine_that_takes_too_long_is_cancelled(self) -> None:
        pipeline = Pipeline("late-async")

        @pipeline.task(timeout=LIMIT)
        async def late() -> Late:
            import asyncio

            await asyncio.sleep(60)
            return 1

        run = _run(self.make_executor(), pipeline)
        assert _facts(run.tasks["late"].error) == ("late", None, LIMIT, 1)
        assert run.duration < 30

    def test_a_late_call_is_tried_again(self) -> None:
        pipeline, recorder = Pipeline("late-once"), Recorder()

        @pipeline.task(timeout=LIMIT, retries=1, retry_delay=0)
        def late(context: Context) -> Late:
            if context.attempt == 1:
                time.sleep(LONG)
            return context.attempt

        run = _run(self.make_executor(), pipeline, recorder)
        assert (run["late"], run.tasks["late"].attempts) == (2, 2)
        (failed,) = recorder.of(AttemptFailed)
        assert _facts(failed.error) == ("late", None, LIMIT, 1)

    def test_an_item_that_takes_too_long_fails_its_task(self) -> None:
        pipeline, recorder = Pipeline("late-item"), Recorder()

        @pipeline.task
        def load() -> Raw:
            return [0, 1, 2]

        @pipeline.task(timeout=LIMIT)
        def late(item: Item) -> Late:
            if item == 2:
                time.sleep(LONG)
            return item

        run = _run(self.make_executor(), pipeline, recorder)
        assert _states(run) == {"load": "succeeded", "late": "failed"}
        assert _facts(run.tasks["late"].error) == ("late", 2, LIMIT, 1)
        ended = {event.item: str(event.state) for event in recorder.of(ItemFinished)}
        assert ended == {0: "succeeded", 1: "succeeded", 2: "failed"}

    def test_calls_with_a_limit_of_one_never_meet(self) -> None:
        by_name = dict.fromkeys(("call-0", "each"), 1)
        with tempfile.TemporaryDirectory() as folder:
            for limits in ({"api": 1}, {"api": 1, **by_name}):
                recorder = Recorder()
                executor = self.make_executor(concurrency=limits)
                run = executor.execute(_crowd(folder), listeners=[recorder])
                assert run["mapped"] == [10, 30]
                assert [run[f"out-{number}"] for number in range(3)] == [0, 1, 2]
                assert (run["other"], run["after"]) == (2, 7)
                assert len(recorder.of(TaskFinished)) == len(run.tasks)
                assert sorted(event.item for event in recorder.of(ItemFinished)) == [0, 1, 2]

    def test_a_limit_for_what_is_not_there_is_refused(self) -> None:
        pipeline, recorder = Pipeline("limited"), Recorder()

        @pipeline.task(tags=["api"])
        def work() -> Other:
            return 1

        executor = self.make_executor(concurrency={"apy": 1})
        error = caught(RequestError, partial(executor.execute, pipeline, listeners=[recorder]))
        assert "Did you mean 'api'" in str(error)
        assert not recorder.events

    def test_what_waits_for_a_place_is_cancelled(self) -> None:
        pipeline, recorder = Pipeline("limited"), Recorder()
        outputs = [Dataset(f"out-{number}") for number in range(6)]

        def add(number: int) -> None:
            @pipeline.task(name=f"call-{number}", tags=["api"])
            def call() -> Annotated[int, outputs[number]]:
                raise ValueError("each of them would fail")

        for number in range(len(outputs)):
            add(number)
        executor = self.make_executor(concurrency={"api": 1}, fail_fast=True)
        run = executor.execute(pipeline, listeners=[recorder], raise_on_failure=False)
        assert sorted(_states(run).values()) == ["cancelled"] * 5 + ["failed"]
        assert len(recorder.of(TaskFinished)) == len(outputs)

    def test_a_task_of_a_higher_priority_begins_first(self) -> None:
        pipeline, recorder = Pipeline("priority"), Recorder()
        outputs = [Dataset(f"out-{number}") for number in range(5)]

        def add(number: int) -> None:
            @pipeline.task(name=f"task-{number}", priority=(0, 3, -1, 9, 3.5)[number])
            def work() -> Annotated[int, outputs[number]]:
                return number

        for number in range(len(outputs)):
            add(number)
        self.make_executor(workers=1).execute(pipeline, listeners=[recorder])
        order = [event.step.task for event in recorder.of(TaskFinished)]
        assert order == ["task-3", "task-4", "task-1", "task-0", "task-2"]

    def test_a_mapped_task_that_was_stopped_has_no_value(self) -> None:
        for limits in ({}, {"each": 1}):
            recorder = Recorder()

            def interrupt(event: Event, /, recorder: Recorder = recorder) -> None:
                if isinstance(event, ItemFinished) and len(recorder.of(ItemFinished)) == 3:
                    raise KeyboardInterrupt

            executor = self.make_executor(concurrency=limits)
            told: List[Listener] = [recorder, interrupt]
            caught(KeyboardInterrupt, partial(executor.execute, _long(), listeners=told))
            ended = [(event.step.task, str(event.state)) for event in recorder.of(TaskFinished)]
            assert sorted(ended) == [
                ("each", "cancelled"),
                ("load", "succeeded"),
                ("total", "cancelled"),
            ]
            succeeded = [e for e in recorder.of(ItemFinished) if e.state == "succeeded"]
            assert len(succeeded) < 100, "most of them were never begun"


def _long() -> Pipeline:
    pipeline = Pipeline("long")

    @pipeline.task
    def load() -> Raw:
        return list(range(200))

    @pipeline.task
    def each(item: Item) -> Mapped:
        time.sleep(0.01)
        return item

    @pipeline.task
    def total(values: Annotated[List[int], mapped]) -> Other:
        return sum(values)

    return pipeline
