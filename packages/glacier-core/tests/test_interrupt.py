"""Ctrl-C: what waits is cancelled, what runs may stop, listeners are told, nothing is left."""

from __future__ import annotations

import threading

import pytest

from glacier.core import Dataset, Pipeline, RunFinished, TaskFinished
from glacier.core.testing import InlineExecutor
from glacier.core.testing.contract_base import Recorder

raw, clean = Dataset("raw"), Dataset("clean")


def test_an_interrupted_task_ends_the_run() -> None:
    pipeline, recorder = Pipeline("interrupted"), Recorder()

    @pipeline.task
    def first() -> raw:
        raise KeyboardInterrupt

    @pipeline.task
    def second(data: raw) -> clean: ...

    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().execute(pipeline, listeners=[recorder])
    states = {event.step.task: event.state for event in recorder.of(TaskFinished)}
    assert states == {"first": "cancelled", "second": "cancelled"}
    assert [event.state for event in recorder.of(RunFinished)] == ["cancelled"]


def test_coroutines_are_cancelled_and_their_loop_ends() -> None:
    import asyncio

    pipeline, recorder = Pipeline("async"), Recorder()
    cancelled = threading.Event()

    @pipeline.task
    async def forever() -> raw:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    @pipeline.task
    def interrupt() -> clean:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().execute(pipeline, listeners=[recorder])
    assert cancelled.wait(timeout=10)
    states = {event.step.task: event.state for event in recorder.of(TaskFinished)}
    assert states == {"forever": "cancelled", "interrupt": "cancelled"}
    assert not [thread for thread in threading.enumerate() if thread.name == "glacier-loop"]
