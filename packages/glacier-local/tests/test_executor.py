"""What is particular to running on threads of this process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, List

import pytest

from glacier.core import Dataset, GlacierError, Pipeline, TaskFinished
from glacier.local import LocalExecutor

raw, clean = Dataset("raw"), Dataset("clean")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are noted in the working directory."""
    monkeypatch.chdir(tmp_path)


def glacier_threads() -> List[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("glacier")]


def test_a_chain_runs_on_the_calling_thread() -> None:
    pipeline, threads = Pipeline("chain"), []
    before = raw
    for number in range(5):
        after = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def work(value: before) -> after:
            threads.append(threading.get_ident())

        before = after
    LocalExecutor(workers=4).execute(pipeline, inputs={raw: 0})
    assert set(threads) == {threading.get_ident()}


def test_independent_tasks_run_at_the_same_time() -> None:
    pipeline, meeting = Pipeline("together"), threading.Barrier(3)
    for number in range(3):
        out = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def meet() -> out:
            return meeting.wait(timeout=30)  # ends only if all three are running

    run = LocalExecutor(workers=3).execute(pipeline)
    assert sorted(run.values.values()) == [0, 1, 2]


def test_the_items_of_a_mapped_task_run_at_the_same_time() -> None:
    pipeline, meeting = Pipeline("items"), threading.Barrier(4)

    @pipeline.task
    def meet(item: raw.each) -> clean:
        meeting.wait(timeout=30)
        return item

    run = LocalExecutor(workers=4).execute(pipeline, inputs={raw: [1, 2, 3, 4]})
    assert run["clean"] == [1, 2, 3, 4]


def test_no_more_tasks_run_at_a_time_than_there_are_workers() -> None:
    pipeline, lock = Pipeline("bound"), threading.Lock()
    now, most = [0], [0]

    @pipeline.task
    def work(item: raw.each) -> clean:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        sum(range(2000))
        with lock:
            now[0] -= 1

    LocalExecutor(workers=3).execute(pipeline, inputs={raw: range(100)})
    assert most[0] <= 3


def test_fail_fast_takes_back_what_waits_in_the_pool() -> None:
    pipeline, ran = Pipeline("brief"), []

    def declare(number: int, out: Dataset) -> None:
        @pipeline.task(name=f"t{number}")
        def work() -> out:
            ran.append(number)
            if number == 20:
                raise ValueError(number)

    for number in range(500):
        declare(number, Dataset(f"d{number}"))
    executor = LocalExecutor(workers=2, fail_fast=True)
    run = executor.execute(pipeline, raise_on_failure=False)
    states = [str(task.state) for task in run.tasks.values()]
    assert states.count("failed") == 1
    assert states.count("succeeded") == len(ran) - 1
    assert states.count("cancelled") == 500 - len(ran) > 0


def test_what_was_cancelled_stays_so_when_what_it_waits_for_ends() -> None:
    pipeline, cancelled = Pipeline("stopped"), threading.Event()
    ends: List[str] = []

    @pipeline.task
    def slow() -> raw:
        cancelled.wait(30)

    @pipeline.task
    def broken() -> Dataset("broken"):
        raise ValueError("broken")

    @pipeline.task
    def after(value: raw) -> clean:
        raise AssertionError("it was cancelled")

    def listen(event: Any) -> None:
        if isinstance(event, TaskFinished):
            ends.append(f"{event.step.task} {event.state}")
            if event.step.task == "after":
                cancelled.set()

    executor = LocalExecutor(workers=2, fail_fast=True)
    executor.execute(pipeline, listeners=[listen], raise_on_failure=False)
    assert ends == ["broken failed", "after cancelled", "slow succeeded"]


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("fails", [False, True])
def test_no_thread_outlives_the_run(fails: bool) -> None:
    pipeline = Pipeline("threads")

    @pipeline.task
    def work(item: raw.each) -> clean:
        if fails and item == 2:
            raise ValueError(item)

    @pipeline.task
    async def beside() -> Dataset("beside"): ...

    run = LocalExecutor(workers=3).execute(pipeline, inputs={raw: range(9)}, raise_on_failure=False)
    assert run.state == ("failed" if fails else "succeeded")
    assert glacier_threads() == []


def test_one_executor_serves_several_threads() -> None:
    executor, results = LocalExecutor(workers=2), {}

    def use(number: int) -> None:
        pipeline = Pipeline(f"p{number}")

        @pipeline.task
        def work(item: raw.each) -> clean:
            return item + number

        results[number] = executor.execute(pipeline, inputs={raw: range(20)})["clean"]

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: list(range(n, n + 20)) for n in range(4)}


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", True])
def test_a_wrong_number_of_workers_is_refused(workers: Any) -> None:
    with pytest.raises(ValueError, match="whole number from 1") as caught:
        LocalExecutor(workers=workers)
    assert isinstance(caught.value, GlacierError)
    assert repr(workers) in str(caught.value)


def test_it_says_what_it_is() -> None:
    assert repr(LocalExecutor(workers=3)) == "LocalExecutor(workers=3)"
    assert LocalExecutor().workers >= 5


INTERRUPTED = """
import os, signal, threading
from glacier.core import Dataset, Pipeline, TaskFinished
from glacier.local import LocalExecutor

pipeline = Pipeline("interrupted")
all_run, release = threading.Barrier(3), threading.Event()
quick, slow, slower, end = map(Dataset, ("quick", "slow", "slower", "end"))

@pipeline.task
def first() -> quick:
    all_run.wait(timeout=30)

@pipeline.task
def second() -> slow:
    all_run.wait(timeout=30)
    release.wait(timeout=30)

@pipeline.task
def third() -> slower:
    all_run.wait(timeout=30)
    release.wait(timeout=30)

@pipeline.task
def last(a: slow, b: slower) -> end: ...

def listen(event):
    if isinstance(event, TaskFinished):
        print(event.step.task, event.state, flush=True)
        if event.step.task == "first":  # Ctrl-C while the other two run
            os.kill(os.getpid(), signal.SIGINT)
        if event.step.task == "last":
            release.set()

try:
    LocalExecutor(workers=3).execute(pipeline, listeners=[listen])
except KeyboardInterrupt:
    print("interrupted", [t.name for t in threading.enumerate() if t.name.startswith("glacier")])
"""


def test_ctrl_c_cancels_what_waits_and_lets_what_runs_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["first succeeded", "last cancelled"], done.stderr
    assert sorted(lines[2:4]) == ["second succeeded", "third succeeded"]
    assert lines[4:] == ["interrupted []"]
