"""In processes: a task at its limit is really ended, and one whose worker died is tried again."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, List

import pytest

from glacier.core import AttemptFailed, Context, Dataset, Pipeline
from glacier.core.errors import TaskTimeout, WorkerLost
from glacier.core.history import read_run
from glacier.local import LocalExecutor, WorkerCrashed

raw, clean, other = Dataset("raw"), Dataset("clean"), Dataset("other")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are noted in the working directory."""
    monkeypatch.chdir(tmp_path)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait() -> None:
    threading.Event().wait()


def burn() -> None:
    while True:
        sum(range(1000))


def ignore() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [wait, burn, ignore])
def test_the_process_of_a_task_at_its_limit_is_ended(
    how: Callable[[], None], workers: int, tmp_path: Path
) -> None:
    pipeline, note = Pipeline("slow"), tmp_path / "pid"

    @pipeline.task(timeout=0.1)
    def slow() -> raw:
        note.write_text(str(os.getpid()))
        how()

    @pipeline.task
    def after(value: other) -> clean:
        return os.getpid()

    @pipeline.task
    def beside() -> other:
        return 1

    run = LocalExecutor(workers=workers, processes=True).execute(pipeline, raise_on_failure=False)
    error = run.tasks["slow"].error
    assert isinstance(error, TaskTimeout)
    assert (error.task, error.limit, error.attempt) == ("slow", 0.1, 1)
    assert "had not ended after its limit of 0.1 s in attempt 1. Its process was" in str(error)
    assert 0.1 <= run.tasks["slow"].duration < 60
    assert is_gone(int(note.read_text()))
    assert run["clean"] != int(note.read_text())


def test_it_may_clean_up(tmp_path: Path) -> None:
    pipeline = Pipeline("finally")

    @pipeline.task(timeout=0.1)
    def slow() -> raw:
        try:
            burn()
        finally:
            (tmp_path / "cleaned").touch()

    LocalExecutor(processes=True).execute(pipeline, raise_on_failure=False)
    assert (tmp_path / "cleaned").exists()


def test_each_item_has_a_limit_and_attempts_of_its_own() -> None:
    pipeline, failed = Pipeline("items"), []

    @pipeline.task(timeout=0.5, retries=1, retry_delay=0)
    def work(item: raw.each, context: Context) -> clean:
        if item == 1 and context.attempt == 1:
            wait()
        return item, context.attempt

    def listen(event: Any) -> None:
        if isinstance(event, AttemptFailed):
            failed.append((event.item, event.attempt, type(event.error)))

    run = LocalExecutor(workers=2, processes=True).execute(
        pipeline, inputs={raw: range(4)}, listeners=[listen]
    )
    assert run["clean"] == [(0, 1), (1, 2), (2, 1), (3, 1)]
    assert failed == [(1, 1, TaskTimeout)]


def test_the_limit_does_not_count_the_start_of_a_worker() -> None:
    pipeline = Pipeline("start")

    @pipeline.task(timeout=0.05)
    def quick(item: raw.each) -> clean:
        return item

    run = LocalExecutor(workers=2, processes=True).execute(pipeline, inputs={raw: range(3)})
    assert run["clean"] == [0, 1, 2]


def test_async_tasks_of_a_run_in_processes_are_cancelled() -> None:
    pipeline = Pipeline("async")

    @pipeline.task(timeout=0.05)
    async def slow() -> raw:
        await asyncio.sleep(3600)

    run = LocalExecutor(processes=True).execute(pipeline, raise_on_failure=False)
    assert isinstance(run.tasks["slow"].error, TaskTimeout)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    ctypes.string_at(0)


@pytest.mark.parametrize("retry_on", [None, KeyError])
@pytest.mark.parametrize("end", [kill, crash])
def test_a_task_whose_worker_died_is_tried_again(end: Callable[[], None], retry_on: Any) -> None:
    pipeline, errors = Pipeline("crash"), []

    @pipeline.task(retries=2, retry_delay=0, retry_on=retry_on)
    def work(value: raw, context: Context) -> clean:
        if context.attempt < 3:
            end()
        return value, context.attempt

    def listen(event: Any) -> None:
        if isinstance(event, AttemptFailed):
            errors.append(event.error)

    run = LocalExecutor(processes=True).execute(pipeline, inputs={raw: 5}, listeners=[listen])
    assert run["clean"] == (5, 3)
    assert [error.attempt for error in errors] == [1, 2]
    assert all(isinstance(error, (WorkerCrashed, WorkerLost)) for error in errors)


def test_the_last_crash_names_its_attempt() -> None:
    pipeline = Pipeline("crash")

    @pipeline.task(retries=1, retry_delay=0)
    def work() -> clean:
        kill()

    run = LocalExecutor(processes=True).execute(pipeline, raise_on_failure=False)
    assert "'work' was killed by SIGKILL in attempt 2." in str(run.tasks["work"].error)


def test_a_limit_on_how_many_run_holds_for_processes(tmp_path: Path) -> None:
    pipeline = Pipeline("limited")

    @pipeline.task(tags=["api"])
    def work(item: raw.each) -> clean:
        mine = tmp_path / str(item)
        mine.touch()
        inside = len(list(tmp_path.iterdir()))
        mine.unlink()
        return inside

    run = LocalExecutor(workers=3, processes=True, concurrency={"api": 1}, history=False).execute(
        pipeline, inputs={raw: range(6)}
    )
    assert run["clean"] == [1] * 6


# --- logs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [False, True])
def test_the_history_has_the_logs_of_each_attempt(
    processes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("sqlite3")
    caplog.set_level(logging.INFO)
    pipeline = Pipeline("logs")

    @pipeline.task(retries=1, retry_delay=0)
    def work(item: raw.each, context: Context) -> clean:
        context.logger.info("item %d", item)
        context.logger.debug("not to be seen")
        quiet = logging.getLogger("quiet")
        quiet.propagate = False
        quiet.addHandler(logging.NullHandler())
        quiet.warning("to the history alone")
        if item == 1 and context.attempt == 1:
            try:
                raise ValueError("once")
            except ValueError:
                context.logger.exception("failed")
                raise
        return item

    run = LocalExecutor(workers=2, processes=processes).execute(pipeline, inputs={raw: range(3)})
    record = read_run(".glacier", run.run_id)
    lines = [
        (line.task, line.item, line.attempt, line.level, line.logger, line.message.split("\n")[0])
        for line in record.logs
    ]
    name = "glacier.task.logs.work"
    calls = [(0, 1), (1, 1), (1, 2), (2, 1)]
    expected = [("work", i, n, "INFO", name, f"item {i}") for i, n in calls]
    expected += [("work", i, n, "WARNING", "quiet", "to the history alone") for i, n in calls]
    expected += [("work", 1, 1, "ERROR", name, "failed")]
    assert sorted(lines) == sorted(expected)
    (failed,) = [line for line in record.logs if line.level == "ERROR"]
    assert "ValueError: once" in failed.message
    shown = [r.message for r in caplog.records if r.name == name]
    assert sorted(shown) == ["failed", "item 0", "item 1", "item 1", "item 2"], "each arrives once"
    (task,) = record.tasks
    (failure,) = task.failures
    assert (failure.item, failure.attempt, failure.error) == (1, 1, "ValueError: once")


def test_without_history_no_log_lines_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    told: List[Any] = []
    monkeypatch.setattr("glacier.local.processes.tell", lambda *facts: told.append(facts))
    pipeline = Pipeline("logs")

    @pipeline.task
    def work(context: Context) -> clean:
        context.logger.error("here")

    LocalExecutor(processes=True, history=False).execute(pipeline)
    assert told == []


# --- Ctrl-C ---------------------------------------------------------------------------------------

INTERRUPTED = """
import os, signal, sys
from glacier.core import AttemptFailed, Dataset, Pipeline, TaskFinished
from glacier.local import LocalExecutor

pipeline, raw, clean = Pipeline("p"), Dataset("raw"), Dataset("clean")

@pipeline.task(retries=3, retry_delay=1e9)
def waits() -> raw:
    raise ValueError

@pipeline.task
def later(value: raw) -> clean: ...

def listen(event):
    if isinstance(event, AttemptFailed):
        os.kill(os.getpid(), signal.SIGINT)
    if isinstance(event, TaskFinished):
        print(event.step.task, event.state, type(event.error).__name__)

try:
    LocalExecutor(processes=sys.argv[1] == "processes", history=False).execute(
        pipeline, listeners=[listen])
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("where", ["threads", "processes"])
def test_ctrl_c_ends_a_run_that_waits_for_another_attempt(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, where], capture_output=True, text=True, timeout=60
    )
    assert sorted(done.stdout.splitlines()) == [
        "interrupted",
        "later upstream_failed NoneType",
        "waits failed ValueError",
    ], done.stderr
