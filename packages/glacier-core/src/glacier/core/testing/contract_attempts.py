"""Executor contract, part 5: tasks that are tried again."""

from __future__ import annotations

from typing import Any, List

from glacier.core.context import Context
from glacier.core.contracts import Listener
from glacier.core.dataset import Dataset
from glacier.core.errors import RunFailed, Skip
from glacier.core.events import (
    AttemptFailed,
    Event,
    ItemFinished,
    RunFinished,
    TaskFinished,
    TaskStarted,
)
from glacier.core.pipeline import Pipeline
from glacier.core.testing.contract_base import Annotated, ContractBase, Recorder, caught

__all__ = ["AttemptContract"]

raw = Dataset("raw")
Raw = Annotated[List[int], raw]
Item = Annotated[int, raw.each]
Total = Annotated[int, Dataset("total")]
Tried = Annotated[int, Dataset("tried")]


class Refused(ConnectionError):
    """Of a type that is not known by name elsewhere."""

    def __init__(self, attempt: int, *, handle: Any = None) -> None:
        super().__init__(f"refused in attempt {attempt}")
        self.handle = handle


def _flaky(well_in: int, *, retries: int, retry_on: Any = None) -> Pipeline:
    """A task that succeeds in its ``well_in``-th attempt, between one before and one after."""
    pipeline = Pipeline("flaky")

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task(retries=retries, retry_delay=0, retry_on=retry_on)
    def tried(values: Raw, context: Context) -> Tried:
        if context.attempt < well_in:
            raise Refused(context.attempt)
        return sum(values) * context.attempt

    @pipeline.task
    def add(value: Tried) -> Total:
        return value + 1

    return pipeline


class AttemptContract(ContractBase):
    """Retries with their events, and what is never tried again."""

    def test_a_task_is_tried_again_until_it_succeeds(self) -> None:
        run = self.make_executor().execute(_flaky(3, retries=5))
        assert run["total"] == 6 * 3 + 1
        assert {name: task.attempts for name, task in run.tasks.items()} == {
            "load": 1,
            "tried": 3,
            "add": 1,
        }

    def test_it_fails_when_no_attempt_is_left(self) -> None:
        failed = caught(RunFailed, lambda: self.make_executor().execute(_flaky(9, retries=2)))
        assert "tried: Refused: refused in attempt 3 (attempt 3 of 3)" in str(failed)
        tried = failed.run.tasks["tried"]
        assert (tried.state, tried.attempts) == ("failed", 3)
        assert failed.run.tasks["add"].attempts == 0
        assert failed.run.values["raw"] == [1, 2, 3], "what it needs is still there"

    def test_only_errors_of_the_named_types_are_tried_again(self) -> None:
        executor = self.make_executor()
        several: List[Any] = [Refused, ConnectionError, OSError, (ValueError, Refused)]
        for kinds in several:
            assert executor.execute(_flaky(2, retries=1, retry_on=kinds))["total"] == 13
        run = executor.execute(_flaky(2, retries=1, retry_on=ValueError), raise_on_failure=False)
        assert (run.tasks["tried"].state, run.tasks["tried"].attempts) == ("failed", 1)

    def test_an_error_that_cannot_travel_is_known_by_its_types(self) -> None:
        import threading

        pipeline = Pipeline("lock")

        @pipeline.task(retries=1, retry_delay=0, retry_on=Refused)
        def tried(context: Context) -> Tried:
            if context.attempt == 1:
                raise Refused(1, handle=threading.Lock())
            return context.attempt

        assert self.make_executor().execute(pipeline)["tried"] == 2

    def test_an_async_task_is_tried_again(self) -> None:
        pipeline = Pipeline("async")

        @pipeline.task(retries=2, retry_delay=0)
        async def tried(context: Context) -> Tried:
            if context.attempt < 3:
                raise Refused(context.attempt)
            return context.attempt

        assert self.make_executor().execute(pipeline)["tried"] == 3

    def test_each_item_has_attempts_of_its_own(self) -> None:
        pipeline, recorder = Pipeline("items"), Recorder()

        @pipeline.task
        def load() -> Raw:
            return [1, 2, 3, 4]

        @pipeline.task(retries=3, retry_delay=0)
        def tried(item: Item, context: Context) -> Tried:
            if context.attempt < item:
                raise Refused(context.attempt)
            return 10 * item + context.attempt

        run = self.make_executor().execute(pipeline, listeners=[recorder])
        assert run["tried"] == [11, 22, 33, 44]
        assert run.tasks["tried"].attempts == 4
        failed = [(event.item, event.attempt) for event in recorder.of(AttemptFailed)]
        assert sorted(failed) == [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)]
        ended = {event.item: event.attempt for event in recorder.of(ItemFinished)}
        assert ended == {0: 1, 1: 2, 2: 3, 3: 4}
        assert len([e for e in recorder.of(TaskStarted) if e.step.task == "tried"]) == 1

    def test_listeners_are_told_of_every_attempt(self) -> None:
        recorder = Recorder()
        self.make_executor().execute(_flaky(3, retries=2), listeners=[recorder])
        told = [
            (type(event).__name__, event.attempt)
            for event in recorder.events
            if isinstance(event, (TaskStarted, AttemptFailed, TaskFinished))
            and event.step.task == "tried"
        ]
        expected = ["TaskStarted", "AttemptFailed"] * 2 + ["TaskStarted", "TaskFinished"]
        assert told == list(zip(expected, (1, 1, 2, 2, 3, 3)))
        first = recorder.of(AttemptFailed)[0]
        assert (str(first.error), first.item, first.delay) == ("refused in attempt 1", None, 0.0)

    def test_skip_is_no_failure_and_not_tried_again(self) -> None:
        pipeline, recorder = Pipeline("skip"), Recorder()

        @pipeline.task(retries=3, retry_delay=0)
        def tried(context: Context) -> Tried:
            raise Skip(f"attempt {context.attempt}")

        run = self.make_executor().execute(pipeline, listeners=[recorder])
        assert run.tasks["tried"].reason == "attempt 1"
        assert not recorder.of(AttemptFailed)

    def test_what_would_fail_again_is_not_tried_again(self) -> None:
        pipeline, recorder = Pipeline("wrong"), Recorder()

        @pipeline.task(retries=3, retry_delay=0)
        def nested() -> Tried:
            Pipeline("a/b")  # a wrong name, as it will be the next time
            return 1

        run = self.make_executor().execute(pipeline, listeners=[recorder], raise_on_failure=False)
        assert (run.tasks["nested"].state, run.tasks["nested"].attempts) == ("failed", 1)
        assert not recorder.of(AttemptFailed)

    def test_a_pause_ends_with_the_run_and_the_task_as_its_last_attempt_did(self) -> None:
        pipeline, recorder = Pipeline("patient"), Recorder()

        @pipeline.task(retries=1, retry_delay=86_400)
        def tried(context: Context) -> Tried:
            raise Refused(context.attempt)

        @pipeline.task
        def add(value: Tried) -> Total:
            return value + 1

        def interrupt(event: Event, /) -> None:
            if isinstance(event, AttemptFailed):
                raise KeyboardInterrupt

        told: List[Listener] = [recorder, interrupt]
        executor = self.make_executor()
        caught(KeyboardInterrupt, lambda: executor.execute(pipeline, listeners=told))
        ended = {event.step.task: event for event in recorder.of(TaskFinished)}
        assert (str(ended["tried"].state), ended["tried"].attempt) == ("failed", 1)
        assert "refused in attempt 1" in str(ended["tried"].error)
        assert str(ended["add"].state) in ("upstream_failed", "cancelled")
        last = recorder.events[-1]
        assert isinstance(last, RunFinished)
        assert last.duration < 60
