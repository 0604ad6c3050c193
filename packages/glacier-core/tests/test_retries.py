"""Retries under a clock that does not wait: pauses, the places they leave, and runs that stop."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import Future
from typing import Any, Dict, List, Optional

import pytest

from glacier.core import AttemptFailed, Context, Dataset, GlacierWarning, Pipeline, TaskFinished
from glacier.core.contracts import TaskCall, TaskResult
from glacier.core.errors import TaskTimeout
from glacier.core.executor import PoolExecutor
from glacier.core.testing import FakeClock, InlineExecutor, run
from glacier.core.worker import run_call

raw, clean, other = Dataset("raw"), Dataset("clean"), Dataset("other")


class Down(Exception):
    """Raised by tasks of these tests."""


def failing(retries: int, **options: Any) -> Pipeline:
    pipeline = Pipeline("failing")

    @pipeline.task(retries=retries, **options)
    def fetch(context: Context) -> raw:
        raise Down(context.attempt)

    return pipeline


def test_pauses_double_from_a_second_to_a_minute() -> None:
    clock = FakeClock(chance=1.0)
    InlineExecutor(clock=clock).execute(failing(9), raise_on_failure=False)
    assert clock.waited == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_pause_is_drawn_from_nothing_to_its_bound() -> None:
    for chance in (0.0, 0.25):
        clock, delays = FakeClock(chance=chance), []

        def listen(event: object, delays: List[float] = delays) -> None:
            if isinstance(event, AttemptFailed):
                delays.append(event.delay)

        InlineExecutor(clock=clock).execute(
            failing(3, retry_delay=100), raise_on_failure=False, listeners=[listen]
        )
        assert delays == [100 * chance] * 3
        assert clock.waited == delays


def test_a_test_of_a_pipeline_does_not_wait() -> None:
    result = run(failing(3, retry_delay=3600), raise_on_failure=False)
    assert result.tasks["fetch"].attempts == 4


def test_while_one_waits_the_others_run() -> None:
    pipeline, order = failing(1), []

    @pipeline.task
    def independent() -> clean:
        return 1

    def listen(event: object) -> None:
        if isinstance(event, (AttemptFailed, TaskFinished)):
            order.append((type(event).__name__, event.step.task))

    InlineExecutor().execute(pipeline, listeners=[listen], raise_on_failure=False)
    assert order == [
        ("AttemptFailed", "fetch"),
        ("TaskFinished", "independent"),
        ("TaskFinished", "fetch"),
    ]


def test_a_limit_holds_no_place_for_one_that_waits() -> None:
    pipeline = Pipeline("limited")
    running: List[str] = []

    @pipeline.task(retries=1, tags=["api"])
    def first(context: Context) -> raw:
        running.append(f"first {context.attempt}")
        if context.attempt == 1:
            raise Down

    @pipeline.task(tags=["api"])
    def second() -> clean:
        running.append("second")

    InlineExecutor(concurrency={"api": 1}).execute(pipeline)
    assert running == ["first 1", "second", "first 2"]


def test_fail_fast_ends_what_waits_with_its_last_error() -> None:
    pipeline = failing(5)

    @pipeline.task
    def broken() -> clean:
        raise ValueError("broken")

    @pipeline.task
    def after(value: raw) -> other: ...

    result = InlineExecutor(fail_fast=True).execute(pipeline, raise_on_failure=False)
    states = {task.name: (str(task.state), task.attempts) for task in result.tasks.values()}
    assert states == {
        "fetch": ("failed", 1),
        "broken": ("failed", 1),
        "after": ("upstream_failed", 0),
    }
    assert isinstance(result.tasks["fetch"].error, Down)


@pytest.mark.parametrize("fail_fast", [False, True])
def test_with_the_first_item_that_fails_no_other_is_tried_again(fail_fast: bool) -> None:
    pipeline, tried = Pipeline("items"), []

    @pipeline.task(retries=3, retry_on=Down)
    def work(item: raw.each, context: Context) -> clean:
        tried.append((item, context.attempt))
        raise ValueError("for good") if item == 2 else Down

    executor = InlineExecutor(fail_fast=fail_fast)
    result = executor.execute(pipeline, inputs={raw: range(5)}, raise_on_failure=False)
    assert tried == [(0, 1), (1, 1), (2, 1)]
    assert str(result.tasks["work"].error) == "for good"


def test_an_interrupt_ends_what_waits() -> None:
    pipeline, states = failing(5), {}

    @pipeline.task
    def interrupt() -> clean:
        raise KeyboardInterrupt

    def listen(event: object) -> None:
        if isinstance(event, TaskFinished):
            states[event.step.task] = (str(event.state), event.attempt)

    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().execute(pipeline, listeners=[listen])
    assert states == {"interrupt": ("cancelled", 1), "fetch": ("failed", 1)}


# --- pools that cannot end a call -----------------------------------------------------------------


class Threads:
    """A thread for each call; those of abandoned ones are let go by the test."""

    workers = 2
    backlog = 0

    def submit(self, call: TaskCall) -> Future[TaskResult]:
        future: Future[TaskResult] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=lambda: future.set_result(run_call(call)), daemon=True).start()
        return future

    run_inline = staticmethod(run_call)

    def close(self) -> None: ...


class ThreadsExecutor(PoolExecutor):
    def __init__(self, clock: Any) -> None:
        super().__init__()
        self.clock = clock

    def open(self) -> Threads:
        return Threads()


def test_a_call_at_its_limit_is_abandoned_and_what_comes_of_it_dropped() -> None:
    pipeline, release, ended = Pipeline("slow"), threading.Event(), threading.Event()
    threads: Dict[int, Optional[int]] = {}

    @pipeline.task(timeout=5, retries=1)
    def slow(context: Context) -> raw:
        threads[context.attempt] = threading.get_ident()
        if context.attempt == 1:
            release.wait(60)
            ended.set()
            return "too late"
        release.set()
        ended.wait(60)  # what the first attempt returns comes while the second runs
        return "in time"

    # Time passes only while nothing has ended: so the first limit is reached, the second not.
    clock = OneLimit()
    with pytest.warns(GlacierWarning, match="task 'slow' goes on after its limit of 5 s"):
        result = ThreadsExecutor(clock).execute(pipeline)
    assert result["raw"] == "in time"
    assert result.tasks["slow"].attempts == 2
    assert threading.get_ident() not in threads.values(), "not on the calling thread"


class OneLimit(FakeClock):
    """Passes over the first wait and the pause after it, and then waits as long as it takes."""

    def wait(self, queue: Any, seconds: float) -> Any:
        if len(self.waited) == 2:
            return queue.get(timeout=60)
        return super().wait(queue, seconds)


def test_the_error_of_a_limit_says_which_and_how_to_mend_it() -> None:
    pipeline, release = Pipeline("slow"), threading.Event()

    @pipeline.task(timeout=1.5, retries=1, retry_on=TimeoutError)
    def slow(item: raw.each) -> clean:
        release.wait(60)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = ThreadsExecutor(FakeClock()).execute(
            pipeline, inputs={raw: [7]}, raise_on_failure=False
        )
    release.set()
    error = result.tasks["slow"].error
    assert isinstance(error, TaskTimeout)
    assert isinstance(error, TimeoutError)
    assert (error.task, error.item, error.limit, error.attempt) == ("slow", 0, 1.5, 2)
    for part in (
        "task 'slow' (item 0) had not ended after its limit of 1.5 s in attempt 2 of 2.",
        "Its thread goes on, and what comes of it is dropped",
        "@pipeline.task(timeout=…)",
    ):
        assert part in str(error)
