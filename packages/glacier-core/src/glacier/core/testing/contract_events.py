"""Executor contract, part 4: what listeners are told."""

from __future__ import annotations

import threading
import time
import warnings
from typing import Dict, List

from glacier.core.dataset import Dataset
from glacier.core.errors import GlacierWarning, Skip
from glacier.core.events import (
    Event,
    ItemFinished,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
)
from glacier.core.pipeline import Pipeline
from glacier.core.testing.contract_base import Annotated, ContractBase, Recorder, caught

__all__ = ["EventContract"]

raw = Dataset("raw")
Raw = Annotated[List[int], raw]
Item = Annotated[int, raw.each]
Doubled = Annotated[int, Dataset("doubled")]
Never = Annotated[int, Dataset("never")]
Wrong = Annotated[int, Dataset("wrong")]
After = Annotated[int, Dataset("after")]


def _mixed() -> Pipeline:
    pipeline = Pipeline("mixed")

    @pipeline.task
    def extract() -> Raw:
        return [1, 2, 3]

    @pipeline.task
    def double(item: Item) -> Doubled:
        return 2 * item

    @pipeline.task
    def skip(data: Raw) -> Never:
        raise Skip("no need")

    @pipeline.task
    def fail(data: Raw) -> Wrong:
        raise ValueError("wrong")

    @pipeline.task
    def after(value: Wrong) -> After:
        return value

    return pipeline


def _add_link(pipeline: Pipeline, before: Dataset, after: Dataset) -> None:
    @pipeline.task(name=f"link-{after.name}")
    def link(value: Annotated[int, before]) -> Annotated[int, after]:
        time.sleep(0.01)
        return value + 1


class EventContract(ContractBase):
    """The order and the content of events, and listeners that fail."""

    def _record(self) -> Recorder:
        recorder = Recorder()
        self.make_executor().execute(_mixed(), listeners=[recorder], raise_on_failure=False)
        return recorder

    def test_events_come_between_the_start_and_the_end_of_the_run(self) -> None:
        recorder = Recorder()
        run = self.make_executor().execute(_mixed(), listeners=[recorder], raise_on_failure=False)
        first, last = recorder.events[0], recorder.events[-1]
        assert isinstance(first, RunStarted)
        assert isinstance(last, RunFinished)
        assert (first.plan, last.state, last.duration) == (run.plan, run.state, run.duration)
        assert {event.run_id for event in recorder.events} == {run.run_id}
        assert first.time <= last.time

    def test_every_task_finishes_once_with_the_state_of_the_run(self) -> None:
        recorder = Recorder()
        run = self.make_executor().execute(_mixed(), listeners=[recorder], raise_on_failure=False)
        finished = {event.step.task: event for event in recorder.of(TaskFinished)}
        assert len(finished) == len(recorder.of(TaskFinished)) == len(run.tasks)
        for name, task in run.tasks.items():
            event = finished[name]
            assert (event.state, event.error, event.reason) == (task.state, task.error, task.reason)
            assert (event.started, event.duration) == (task.started, task.duration)

    def test_what_runs_starts_before_it_finishes_and_after_its_producers(self) -> None:
        order: Dict[str, int] = {}
        finished: Dict[str, int] = {}
        for number, event in enumerate(self._record().events):
            if isinstance(event, TaskStarted):
                assert event.step.task not in order, "also a mapped task starts once"
                order[event.step.task] = number
            elif isinstance(event, TaskFinished):
                finished[event.step.task] = number
        assert set(order) == {"extract", "double", "skip", "fail"}, "'after' never starts"
        assert all(order[name] < finished[name] for name in order)
        assert all(finished["extract"] < order[name] for name in ("double", "skip", "fail"))

    def test_listeners_are_told_of_every_item(self) -> None:
        told = [event for event in self._record().of(ItemFinished) if event.step.task == "double"]
        assert sorted(event.item for event in told) == [0, 1, 2]
        assert [event.done for event in told] == [1, 2, 3]
        assert {(event.total, str(event.state)) for event in told} == {(3, "succeeded")}

    def test_an_interrupt_cancels_what_waits_and_the_run_is_told_of(self) -> None:
        pipeline, recorder = Pipeline("interrupted"), Recorder()
        steps = [Dataset(f"step-{number}") for number in range(20)]

        @pipeline.task
        def begin() -> Annotated[int, steps[0]]:
            return 0

        for number in range(1, len(steps)):
            _add_link(pipeline, steps[number - 1], steps[number])

        def interrupt(event: Event, /) -> None:
            if isinstance(event, TaskFinished) and len(recorder.of(TaskFinished)) == 1:
                raise KeyboardInterrupt

        executor = self.make_executor()
        caught(
            KeyboardInterrupt, lambda: executor.execute(pipeline, listeners=[recorder, interrupt])
        )
        ended = {event.step.task: event for event in recorder.of(TaskFinished)}
        assert len(ended) == len(recorder.of(TaskFinished)) == len(steps), "each ends once"
        assert (str(ended["begin"].state), str(ended["link-step-19"].state)) == (
            "succeeded",
            "cancelled",
        )
        assert "interrupted" in ended["link-step-19"].reason
        last = recorder.events[-1]
        assert isinstance(last, RunFinished)
        assert last.state == "cancelled"

    def test_a_listener_is_called_on_the_thread_of_execute(self) -> None:
        threads: List[int] = []

        def listen(event: Event, /) -> None:
            threads.append(threading.get_ident())

        self.make_executor().execute(_mixed(), listeners=[listen], raise_on_failure=False)
        assert set(threads) == {threading.get_ident()}

    def test_a_listener_that_fails_is_dropped_and_the_run_goes_on(self) -> None:
        recorder = Recorder()
        calls: List[Event] = []

        def broken(event: Event, /) -> None:
            calls.append(event)
            raise RuntimeError("disk full")

        with warnings.catch_warnings(record=True) as caught_warnings:
            warnings.simplefilter("always")
            run = self.make_executor().execute(
                _mixed(), listeners=[broken, recorder], raise_on_failure=False
            )
        assert len(calls) == 1
        assert len(recorder.of(TaskFinished)) == len(run.tasks)
        (warning,) = [w for w in caught_warnings if w.category is GlacierWarning]
        assert "disk full" in str(warning.message)
