"""A worker process that ends takes its own task with it, and nothing else."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from seen import children

from glacier.core import Dataset, Pipeline, RunFailed, TaskFinished
from glacier.local import LocalExecutor, WorkerCrashed, WorkerNotStarted

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")


def crashing(end: Callable[[], object], workers: int = 2) -> RunFailed:
    """Run a task that ends its process beside a branch that must go on."""
    pipeline = Pipeline("crash")

    @pipeline.task
    def boom() -> Dataset("lost"):
        end()

    @pipeline.task
    def extract() -> raw:
        return 20

    @pipeline.task
    def work(value: raw) -> clean:
        return value + 1

    @pipeline.task
    def more(value: clean) -> total:
        return 2 * value

    with pytest.raises(RunFailed) as caught:
        LocalExecutor(workers=workers, processes=True).execute(pipeline)
    run = caught.value.run
    states = {task.name: str(task.state) for task in run.tasks.values()}
    assert states.pop("boom") == "failed"
    assert states == dict.fromkeys(["extract", "work", "more"], "succeeded")
    assert run["total"] == 42
    return caught.value


def end_by(number: signal.Signals) -> Callable[[], object]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGABRT", "SIGUSR1"])
def test_a_killed_worker_fails_its_task_alone(name: str, workers: int) -> None:
    failed = crashing(end_by(signal.Signals[name]), workers)
    error = failed.run.tasks["boom"].error
    assert isinstance(error, WorkerCrashed)
    assert failed.__cause__ is error
    assert (error.task, error.signal, error.exit_code, error.attempt) == ("boom", name, None, 1)
    start = f"the worker process of task 'boom' was killed by {name} in attempt 1. "
    assert str(error).startswith(start)


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """The list of processes of a control group that may have 64 MiB; the kernel ends the rest."""
    for base, limits in _MEMORY_GROUPS:
        group = Path(base) / f"glacier-tests-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
            try:
                for limit in limits:
                    (group / limit).write_text(str(64 << 20))
                yield group / "cgroup.procs"
            finally:
                group.rmdir()
            return
    pytest.skip("control groups of memory are not for this user")


_MEMORY_GROUPS = (
    ("/sys/fs/cgroup/memory", ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")),
    ("/sys/fs/cgroup", ("memory.max", "memory.swap.max")),
)


def test_a_task_that_runs_out_of_memory_is_ended_alone(small_memory: Path) -> None:
    def grow() -> None:
        small_memory.write_text(str(os.getpid()))
        bytes(bytearray(b"x") * (256 << 20))

    error = crashing(grow).__cause__
    assert isinstance(error, WorkerCrashed)
    assert error.signal == "SIGKILL"
    assert "memory ran out" in str(error)


def test_out_of_memory_is_what_a_kill_is_said_to_be() -> None:
    text = str(crashing(end_by(signal.SIGKILL)).__cause__)
    assert "memory ran out" in text
    assert "LocalExecutor(processes=True, workers=1)" in text


def test_a_segmentation_fault_shows_where_python_was() -> None:
    def read_nowhere() -> None:
        ctypes.string_at(0)

    error = crashing(read_nowhere).__cause__
    assert isinstance(error, WorkerCrashed)
    assert error.signal == "SIGSEGV"
    assert "read_nowhere" in error.stack
    assert "test_processes_crashes.py" in str(error)


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_ends_by_itself_tells_its_code(code: int) -> None:
    error = crashing(lambda: os._exit(code)).__cause__
    assert isinstance(error, WorkerCrashed)
    assert (error.signal, error.exit_code) == (None, code)
    assert f"ended with exit code {code} in attempt 1" in str(error)


def test_running_out_of_memory_in_python_is_an_exception_like_any_other() -> None:
    def too_much() -> object:
        raise MemoryError("too much")

    assert isinstance(crashing(too_much).__cause__, MemoryError)


def test_a_closed_channel_is_a_crash_too() -> None:
    error = crashing(lambda: os.closerange(3, 4096)).__cause__
    assert isinstance(error, WorkerCrashed)


def test_a_crash_is_seen_though_a_forked_child_lives_on(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def fork_and_die() -> None:
        child = os.fork()
        if not child:
            signal.pause()
        pids.write_text(str(child))
        os.kill(os.getpid(), signal.SIGKILL)

    error = crashing(fork_and_die).__cause__
    os.kill(int(pids.read_text()), signal.SIGTERM)
    assert isinstance(error, WorkerCrashed)
    assert error.signal == "SIGKILL"


def test_a_crash_names_the_item() -> None:
    pipeline = Pipeline("items")

    @pipeline.task
    def work(item: raw.each) -> clean:
        if item == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(RunFailed, match=r"task 'work' \(item 3\) was killed by SIGKILL"):
        LocalExecutor(workers=2, processes=True).execute(pipeline, inputs={raw: [10, 11, 12, 13]})


def test_every_crash_gets_a_new_worker() -> None:
    pipeline = Pipeline("many")
    for number in range(6):
        out = Dataset(f"d{number}")

        def work(mine: int) -> out:
            if mine % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return mine

        pipeline.task(name=f"t{number}")(partial(work, number))

    run = LocalExecutor(workers=2, processes=True).execute(pipeline, raise_on_failure=False)
    assert run.values == {"d0": 0, "d2": 2, "d4": 4}
    assert len(run.grouped()["failed"]) == 3


def test_a_worker_that_dies_while_it_has_nothing_to_do_costs_no_task() -> None:
    pipeline = Pipeline("idle")

    @pipeline.task
    def first() -> raw:
        return os.getpid()

    @pipeline.task
    def second(worker: raw) -> clean:
        return worker, os.getpid()

    others = children(os.getpid())  # such as a server of other tests

    def kill(event: Any) -> None:
        if isinstance(event, TaskFinished) and event.step.task == "first":
            (nursery,) = children(os.getpid()) - others
            for worker in children(nursery):
                os.kill(worker, signal.SIGKILL)

    run = LocalExecutor(workers=2, processes=True).execute(pipeline, listeners=[kill])
    before, after = run["clean"]
    assert before != after


def test_a_worker_that_cannot_start_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pipeline = Pipeline("start")

    @pipeline.task
    def work() -> raw:
        return 1

    failed = LocalExecutor(processes=True).execute(pipeline, raise_on_failure=False)
    error = failed.tasks["work"].error
    assert isinstance(error, WorkerNotStarted)
    assert "task 'work': /bin/false ended with exit code 1 while it was starting" in str(error)


def test_an_interpreter_that_is_not_there_is_an_error_of_the_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    pipeline = Pipeline("start")

    @pipeline.task
    def work() -> raw:
        return 1

    failed = LocalExecutor(processes=True).execute(pipeline, raise_on_failure=False)
    assert "/nowhere/python" in str(failed.tasks["work"].error)
