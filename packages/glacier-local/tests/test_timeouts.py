"""Limits of time on threads and on the loop, and limits on how many calls run at a time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, List, Optional

import pytest

from glacier.core import Context, Dataset, GlacierWarning, Pipeline, TaskFinished
from glacier.core.errors import TaskTimeout
from glacier.local import LocalExecutor

raw, clean, other = Dataset("raw"), Dataset("clean"), Dataset("other")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are noted in the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_thread_at_its_limit_gives_its_place_to_others(workers: int) -> None:
    pipeline, release = Pipeline("slow"), threading.Event()
    threads: List[Optional[threading.Thread]] = []

    @pipeline.task(timeout=0.05)
    def slow(item: raw.each) -> clean:
        threads.append(threading.current_thread())
        if item < 3:
            release.wait(60)
        return item

    @pipeline.task
    def beside() -> other:
        return "well"

    with pytest.warns(GlacierWarning, match=r"task 'slow' \(item \d\) goes on after its limit"):
        run = LocalExecutor(workers=workers).execute(
            pipeline, inputs={raw: range(3)}, raise_on_failure=False
        )
    assert (run.tasks["slow"].state, run["other"]) == ("failed", "well")
    assert isinstance(run.tasks["slow"].error, TaskTimeout)
    assert all(thread is not None and thread.daemon for thread in threads)
    assert threading.current_thread() not in threads
    release.set()
    for thread in threads:
        assert thread is not None
        thread.join(60)


def test_a_task_that_keeps_to_its_limit_is_none_the_wiser() -> None:
    pipeline = Pipeline("quick")

    @pipeline.task(timeout=60)
    def quick(item: raw.each) -> clean:
        return threading.current_thread().daemon, item

    run = LocalExecutor(workers=2).execute(pipeline, inputs={raw: range(20)})
    assert run["clean"] == [(True, item) for item in range(20)]
    assert not [t for t in threading.enumerate() if t.name.startswith("glacier")]


STUCK = """
import threading, warnings
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor
warnings.simplefilter("ignore")
pipeline = Pipeline("stuck")

@pipeline.task(timeout=0.05)
def stuck() -> Dataset("raw"):
    threading.Event().wait()

run = LocalExecutor(history=False).execute(pipeline, raise_on_failure=False)
print(run.tasks["stuck"].state, threading.active_count())
"""


def test_neither_the_run_nor_python_waits_for_a_thread_that_is_stuck() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("failed 2\n", "")


def test_an_async_task_is_cancelled_at_its_limit() -> None:
    pipeline, ended = Pipeline("async"), []

    @pipeline.task(timeout=0.05, retries=1, retry_delay=0)
    async def slow(context: Context) -> raw:
        try:
            if context.attempt == 1:
                await asyncio.sleep(3600)
            return "in time"
        finally:
            ended.append(context.attempt)

    @pipeline.task(timeout=0.05)
    async def slower() -> clean:
        await asyncio.sleep(3600)

    run = LocalExecutor().execute(pipeline, raise_on_failure=False)
    assert (run["raw"], ended) == ("in time", [1, 2])
    error = run.tasks["slower"].error
    assert isinstance(error, TaskTimeout)
    assert "limit of 0.05 s in attempt 1. It was cancelled." in str(error)


def test_an_async_task_that_ignores_its_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glacier.core.timeouts._GRACE", 0.01)
    pipeline, stop = Pipeline("stubborn"), threading.Event()

    @pipeline.task(timeout=0.02)
    async def stubborn() -> raw:
        while not stop.is_set():
            try:
                await asyncio.sleep(0.005)
            except asyncio.CancelledError:
                continue

    def listen(event: object) -> None:
        if isinstance(event, TaskFinished):
            stop.set()

    run = LocalExecutor().execute(pipeline, raise_on_failure=False, listeners=[listen])
    assert "takes no notice of it" in str(run.tasks["stubborn"].error)


class Meter:
    """How many are inside at a time, at most."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __enter__(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: Any) -> None:
        with self.lock:
            self.now -= 1


@pytest.mark.parametrize("by", ["work", "api"])
def test_items_keep_to_a_limit_while_others_run(by: str) -> None:
    pipeline, meter = Pipeline("limited"), Meter()
    full, beside = threading.Barrier(2), threading.Event()

    @pipeline.task(tags=["api"])
    def work(item: raw.each) -> clean:
        with meter:
            if item < 2:
                full.wait(60)  # two do run at a time
                beside.wait(60)  # and a task without the limit beside them
            return item

    @pipeline.task
    def free() -> other:
        beside.set()

    run = LocalExecutor(workers=8, concurrency={by: 2}).execute(
        pipeline, inputs={raw: range(50)}, keep=True
    )
    assert run["clean"] == list(range(50))
    assert meter.most == 2


def test_async_tasks_and_several_tasks_share_a_limit() -> None:
    pipeline, meter = Pipeline("limited"), Meter()
    names = [Dataset(f"d{number}") for number in range(8)]
    for number, out in enumerate(names):

        async def on_the_loop() -> out:
            with meter:
                await asyncio.sleep(0.001)

        def on_a_thread() -> out:
            with meter:
                pass

        function: Any = on_the_loop if number % 2 else on_a_thread
        pipeline.task(name=f"t{number}", tags=["api", "all"])(function)

    @pipeline.task(tags=["all"])
    async def fetch(item: raw.each) -> clean:
        with meter:
            await asyncio.sleep(0.001)

    executor = LocalExecutor(workers=8, concurrency={"api": 2, "fetch": 5, "all": 3})
    executor.execute(pipeline, inputs={raw: range(20)})
    assert meter.most <= 3


def test_a_limit_of_one_makes_a_task_run_alone() -> None:
    pipeline, log = Pipeline("alone"), []

    @pipeline.task(tags=["database"])
    def left(item: raw.each) -> clean:
        log.extend(["in", "out"])

    @pipeline.task(tags=["database"])
    def right(item: raw.each) -> other:
        log.extend(["in", "out"])

    LocalExecutor(workers=4, concurrency={"database": 1}).execute(pipeline, inputs={raw: range(30)})
    assert log == ["in", "out"] * 60
