"""The process that workers are forked from: what they inherit, and what happens when it ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Iterator, List, Set

import pytest
from seen import children, is_gone

from glacier.core import AttemptFailed, Context, Dataset, Event, Pipeline, RunFailed, TaskFinished
from glacier.local import LocalExecutor, WorkerCrashed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

raw, clean, out = Dataset("raw"), Dataset("clean"), Dataset("out")


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def executor(workers: int = 2) -> LocalExecutor:
    return LocalExecutor(workers, processes=True, history=False)


def looking(look: Callable[[], Any]) -> Pipeline:
    """A pipeline of one task, that returns what a worker sees."""
    pipeline = Pipeline("looking")

    @pipeline.task
    def work() -> out:
        return look()

    return pipeline


@pytest.fixture
def others() -> Iterator[Set[int]]:
    """The children of this process before the test, which leaves no more."""
    before = children(os.getpid())
    yield before
    assert children(os.getpid()) == before


# --- when it ends ---------------------------------------------------------------------------------


def test_a_killed_nursery_costs_what_is_running_and_the_rest_gets_a_new_one(
    others: Set[int], tmp_path: Path
) -> None:
    pipeline = Pipeline("killed")
    place = tmp_path / "pid"

    @pipeline.task
    def kill() -> raw:
        place.write_text(str(os.getpid()))
        os.kill(os.getppid(), signal.SIGKILL)
        threading.Event().wait()

    @pipeline.task
    def first() -> clean:
        return os.getpid()

    @pipeline.task
    def second(worker: clean) -> out:
        return worker, os.getpid()

    with pytest.raises(RunFailed) as caught:
        executor(1).execute(pipeline)

    run = caught.value.run
    error = run.tasks["kill"].error
    assert isinstance(error, WorkerCrashed)
    assert error.signal == "SIGKILL"
    assert str(error).startswith(
        "the worker process of task 'kill' was lost with the process that starts the workers, "
        "which was killed by SIGKILL, in attempt 1. "
    )
    assert len(set(run["out"])) == 1
    assert is_gone(int(place.read_text()))


def test_a_nursery_that_is_killed_while_workers_are_idle_costs_no_task(others: Set[int]) -> None:
    pipeline = Pipeline("idle")

    @pipeline.task
    def first() -> raw:
        return os.getpid()

    @pipeline.task
    def second(worker: raw) -> clean:
        return worker, os.getpid()

    def kill(event: Event) -> None:
        if isinstance(event, TaskFinished) and event.step.task == "first":
            (nursery,) = children(os.getpid()) - others
            workers = children(nursery)
            os.kill(nursery, signal.SIGKILL)
            wait_until(lambda: all(map(is_gone, workers)))

    run = executor().execute(pipeline, listeners=[kill])

    before, after = run["clean"]
    assert before != after
    assert is_gone(before)


def test_a_retried_task_survives_the_nursery(others: Set[int]) -> None:
    pipeline = Pipeline("retried")

    @pipeline.task(retries=1, retry_delay=0)
    def work(context: Context) -> out:
        if context.attempt == 1:
            os.kill(os.getppid(), signal.SIGKILL)
            threading.Event().wait()
        return context.attempt

    assert executor().execute(pipeline)["out"] == 2


def test_signals_that_the_terminal_sends_to_all_are_not_for_it(others: Set[int]) -> None:
    def work() -> Any:
        nursery = os.getppid()
        os.kill(nursery, signal.SIGINT)
        os.kill(nursery, signal.SIGTERM)
        return nursery

    pipeline = Pipeline("signals")
    pipeline.task(name="first")(typed(work, raw))
    pipeline.task(name="second")(typed(work, clean))

    run = executor(1).execute(pipeline)

    assert run["raw"] == run["clean"]


def typed(work: Callable[[], Any], made: Dataset) -> Callable[[], Any]:
    def task() -> Any:
        return work()

    task.__annotations__ = {"return": made}
    return task


def test_a_stopped_nursery_does_not_keep_a_run_from_ending(
    others: Set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (("workers", "_GRACE_AFTER_END"), ("nursery", "_GRACE")):
        monkeypatch.setattr(f"glacier.local.{module}.{name}", 0.3)

    def stop() -> Any:
        os.kill(os.getppid(), signal.SIGSTOP)
        return os.getpid()

    run = executor(1).execute(looking(stop))

    assert is_gone(run["out"])


PARENT = """
import os, threading
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

pipeline = Pipeline("p")
for number in range(2):
    def work():
        os.write(1, f"{os.getpid()} {os.getppid()}\\n".encode())
        threading.Event().wait()

    work.__annotations__ = {"return": Dataset(f"d{number}")}
    pipeline.task(name=f"t{number}")(work)
LocalExecutor(2, processes=True, history=False).execute(pipeline)
"""


def test_a_killed_parent_leaves_neither_nursery_nor_workers() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        try:
            lines = [parent.stdout.readline().split() for _ in range(2)]
        finally:
            parent.kill()
        pids = {int(pid) for line in lines for pid in line}
        assert len(pids) == 3
        for pid in pids:
            wait_until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]  # of a default


def test_a_parent_that_is_killed_at_once_leaves_nothing(tmp_path: Path) -> None:
    """At whatever moment of the start."""
    for number in range(12):
        command = [sys.executable, "-c", PARENT]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            wait_until(lambda: bool(children(parent.pid)) or parent.poll() is not None)
            time.sleep(number * 0.01)
            parent.kill()
            parent.stdout.read()  # until all who have it are gone


# --- what workers inherit -------------------------------------------------------------------------


def test_a_killed_worker_is_told_with_its_signal_and_the_next_has_the_same_nursery() -> None:
    pipeline = Pipeline("signals")

    @pipeline.task
    def kill(item: raw.each) -> clean:
        if item == 1:
            os.kill(os.getpid(), signal.SIGUSR2)
        return os.getpid(), os.getppid()

    items = range(3)
    run = executor(1).execute(pipeline, inputs={raw: items}, raise_on_failure=False)

    error: Any = run.tasks["kill"].error
    assert isinstance(error, WorkerCrashed)
    assert (error.signal, error.item) == ("SIGUSR2", 1)


@pytest.mark.parametrize("loaded", [False, True])
def test_two_workers_draw_different_random_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: bool
) -> None:
    """Even of a generator that the nursery has loaded."""
    (tmp_path / "sitecustomize.py").write_text("import random" if loaded else "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    pipeline = Pipeline("random")

    @pipeline.task
    def draw(item: raw.each) -> clean:
        time.sleep(0.02)  # so that one worker does not do all
        return os.getpid(), random.random(), random.getstate()[1][0], os.urandom(8)

    drawn = executor(4).execute(pipeline, inputs={raw: range(12)})["clean"]

    first = {pid: state for pid, _, state, _ in reversed(drawn)}
    assert len(first) > 1
    assert len(set(first.values())) == len(first)
    assert len({number for _, number, _, _ in drawn}) == 12
    assert len({some for _, _, _, some in drawn}) == 12


def test_what_changes_between_two_runs_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> Any:
        return os.getcwd(), os.environ.get("GLACIER_TEST_SEEN"), sys.path[0], os.umask(0o77)

    made = executor()
    monkeypatch.setenv("GLACIER_TEST_SEEN", "before")
    before = made.execute(looking(look))["out"]
    assert before[:2] == (os.getcwd(), "before")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLACIER_TEST_SEEN", "after")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    umask = os.umask(0o27)
    try:
        after = made.execute(looking(look))["out"]
    finally:
        os.umask(umask)
    assert after == (str(tmp_path), "after", str(tmp_path / "modules"), 0o27)


def test_what_changes_in_mid_run_is_seen_by_the_next_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline("changes")
    modules = tmp_path / "modules"
    monkeypatch.setenv("GLACIER_TEST_GONE", "there")
    monkeypatch.syspath_prepend(modules)  # which is not there yet

    @pipeline.task(retries=1, retry_delay=0)
    def see(context: Context) -> clean:
        if context.attempt == 1:
            with pytest.raises(ImportError):
                __import__("of_mid_run")
            os.kill(os.getpid(), signal.SIGKILL)
        value = __import__("of_mid_run").VALUE
        return os.getcwd(), os.environ.get("GLACIER_TEST_SEEN"), value, sorted(os.environ)

    def change(event: Event) -> None:
        if isinstance(event, AttemptFailed):
            modules.mkdir()
            (modules / "of_mid_run.py").write_text("VALUE = 3\n")
            monkeypatch.chdir(tmp_path)
            monkeypatch.setenv("GLACIER_TEST_SEEN", "now")
            monkeypatch.delenv("GLACIER_TEST_GONE")

    *found, names = executor(1).execute(pipeline, listeners=[change])["clean"]

    assert found == [str(tmp_path), "now", 3]
    assert "GLACIER_TEST_GONE" not in names


def test_no_worker_holds_what_is_the_nurserys_or_another_workers() -> None:
    pipeline = Pipeline("descriptors")

    @pipeline.task
    def work(item: raw.each) -> clean:
        found: List[str] = []
        for descriptor in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):  # that of the listing itself
                found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        return len([link for link in found if link.startswith(("socket:", "pipe:"))])

    counts = executor(4).execute(pipeline, inputs={raw: range(8)})["clean"]

    assert len(set(counts)) == 1


def test_nothing_of_a_secret_is_in_the_process_of_another_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLACIER_SECRET_OTHER", "unlikely-to-be-found")
    pipeline = Pipeline("secrets")

    @pipeline.task
    def work() -> out:
        return b"SECRET_OTHER" in Path("/proc/self/environ").read_bytes()

    run = LocalExecutor(2, as_deployed=True, root=tmp_path).execute(pipeline, keep=True)

    assert run["out"] is False


@pytest.mark.parametrize("acknowledged", [False, True])
def test_many_workers_start(
    others: Set[int], monkeypatch: pytest.MonkeyPatch, acknowledged: bool
) -> None:
    """Also where the system needs an answer to each request."""
    monkeypatch.setattr("glacier.local.nursery._ACKNOWLEDGED", acknowledged)
    pipeline = Pipeline("many")
    together: List[Dataset] = []
    for number in range(16):
        together.append(Dataset(f"d{number}"))
        pipeline.task(name=f"t{number}")(typed(_wait_for_all, together[-1]))

    run = executor(16).execute(pipeline)

    assert len({run[one.name] for one in together}) == 16


def _wait_for_all() -> int:
    """Wait until the nursery has sixteen workers."""
    wait_until(lambda: len(children(os.getppid())) >= 16)
    return os.getpid()


def test_a_process_that_is_refused_is_an_error_of_its_task(
    others: Set[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The nursery goes on."""
    (tmp_path / "sitecustomize.py").write_text(REFUSING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    pipeline = Pipeline("refused")

    @pipeline.task(retries=1, retry_delay=0)
    def work(context: Context) -> out:
        return context.attempt

    run = executor(1).execute(pipeline)

    assert run["out"] == 2


REFUSING = """
import errno, os

fork, asked = os.fork, []

def refuse():
    asked.append(1)
    if len(asked) == 1:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return fork()

os.fork = refuse
"""
