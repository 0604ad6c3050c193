"""What a run on a cluster promises beyond the contract of all executors."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from glacier.core import Context, Dataset, Pipeline, RunFailed, Skip
from glacier.core.errors import GlacierWarning, TaskTimeout
from glacier.core.events import Event, ItemFinished, RunFinished, TaskFinished, TaskStarted
from glacier.dask import CannotCross, DaskExecutor, ValueLost
from glacier.dask.teller import Teller

HERE: Any = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "history": False}

raw = Dataset("raw")
Raw = Annotated[list[int], raw]
Item = Annotated[int, raw.each]
Out = Annotated[int, Dataset("out")]


@pytest.fixture(scope="module")
def executor(processes: str) -> Iterator[DaskExecutor]:
    with DaskExecutor(processes, history=False) as executor:
        yield executor


def _wait_for(path: Path, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come to be"
        time.sleep(0.01)


def test_events_come_while_the_run_goes_on(executor: DaskExecutor, tmp_path: Path) -> None:
    pipeline, gate = Pipeline("live"), str(tmp_path / "gate")
    first = Dataset("first")

    @pipeline.task
    def begin() -> Annotated[int, first]:
        return 1

    @pipeline.task
    def wait(value: Annotated[int, first]) -> Out:
        _wait_for(Path(gate))  # which the listener makes, once it is told that this has begun
        return value

    def listen(event: Event, /) -> None:
        if isinstance(event, TaskStarted) and event.step.task == "wait":
            Path(gate).touch()

    assert executor.execute(pipeline, listeners=[listen])["out"] == 1


def test_a_task_that_waits_to_be_tried_again_holds_no_worker(alone: str, tmp_path: Path) -> None:
    pipeline, gate = Pipeline("pause"), str(tmp_path / "gate")

    @pipeline.task(retries=50, retry_delay=0.4)
    def flaky() -> Out:
        if not Path(gate).exists():
            raise ConnectionError("the other one has not run yet")
        return 1

    @pipeline.task
    def other() -> Annotated[int, Dataset("other")]:
        Path(gate).touch()  # on the only worker there is, while the first one waits
        return 0

    with DaskExecutor(alone, history=False) as executor:
        assert executor.execute(pipeline)["out"] == 1


def test_a_task_that_takes_too_long_is_abandoned(executor: DaskExecutor) -> None:
    pipeline = Pipeline("slow")

    @pipeline.task(timeout=0.2)
    def slow() -> Out:
        time.sleep(1.5)
        return 1

    @pipeline.task(timeout=0.2)
    async def slow_too() -> Annotated[int, Dataset("other")]:
        import asyncio

        await asyncio.sleep(30)
        return 1

    with pytest.warns(GlacierWarning, match="'slow' goes on after its limit"):
        run = executor.execute(pipeline, raise_on_failure=False)
    errors = [task.error for task in run.tasks.values()]
    assert all(isinstance(error, TaskTimeout) for error in errors), errors
    assert run.duration < 10


def test_limits_hold_across_workers(executor: DaskExecutor, tmp_path: Path) -> None:
    pipeline, folder = Pipeline("limited"), str(tmp_path)

    def alone(name: str) -> int:
        path = Path(folder, "busy")
        path.mkdir()  # fails where another one runs
        time.sleep(0.03)
        path.rmdir()
        return len(name)

    for number in range(4):

        @pipeline.task(name=f"task-{number}", tags=["api"])
        def one() -> Annotated[int, Dataset(f"d{number}")]:
            return alone("one")

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task(tags=["api"])
    def each(item: Item) -> Out:
        return alone("each") + item

    limited = DaskExecutor(executor.session().address, concurrency={"api": 1}, history=False)
    assert limited.execute(pipeline)["out"] == [5, 6, 7]
    limited.close()


def test_ctrl_c_cancels_what_waits_and_lets_what_runs_end(tmp_path: Path) -> None:
    pipeline, begun, ended = Pipeline("stop"), str(tmp_path / "begun"), str(tmp_path / "ended")
    first = Dataset("first")

    @pipeline.task
    def run_on() -> Annotated[int, first]:
        Path(begun).touch()
        time.sleep(0.5)
        Path(ended).touch()
        return 1

    @pipeline.task
    def after(value: Annotated[int, first]) -> Out:
        raise AssertionError("it is never begun")

    states: dict[str, str] = {}
    told: list[Event] = []

    def listen(event: Event, /) -> None:
        told.append(event)
        if isinstance(event, TaskFinished):
            states[event.step.task] = str(event.state)

    def interrupt() -> None:
        _wait_for(Path(begun))
        os.kill(os.getpid(), signal.SIGINT)

    with DaskExecutor(**HERE) as executor:
        executor.session()
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            executor.execute(pipeline, listeners=[listen])
        thread.join()
        assert Path(ended).exists(), "what ran was let"
        assert states == {"run_on": "succeeded", "after": "cancelled"}
        assert isinstance(told[-1], RunFinished)
        assert told[-1].state == "cancelled"
        assert executor.execute(_small())["out"] == 3, "the cluster is as good as before"


SCRIPT = """
import time
from pathlib import Path
from typing import Annotated
from glacier.core import Dataset, Pipeline
from glacier.dask import DaskExecutor

pipeline, first = Pipeline("stop"), Dataset("first")

@pipeline.task
def run_on() -> Annotated[int, first]:
    with open("begun", "a") as file:
        file.write("x")
    time.sleep(1)
    Path("ended").touch()
    return 1

@pipeline.task
def after(value: Annotated[int, first]) -> Annotated[int, Dataset("after")]:
    Path("never").touch()
    return 1

try:
    DaskExecutor(n_workers=2, threads_per_worker=1).execute(pipeline)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_on_a_terminal_ends_no_worker_in_mid_task(tmp_path: Path) -> None:
    """The signal reaches all processes of the terminal's foreground, workers too."""
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "script.py")]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    script = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes)
    _wait_for(tmp_path / "begun", 60)
    os.killpg(script.pid, signal.SIGINT)
    out, err = script.communicate(timeout=60)
    assert out.endswith("interrupted\n"), err
    assert "KeyboardInterrupt" not in err, err
    assert (tmp_path / "ended").exists()
    assert (tmp_path / "begun").read_text() == "x", "it ran once"
    assert not (tmp_path / "never").exists()


def _small() -> Pipeline:
    pipeline = Pipeline("small")

    @pipeline.task
    def make() -> Out:
        return 3

    return pipeline


def test_what_tasks_log_on_workers_is_in_the_history(processes: str, tmp_path: Path) -> None:
    pipeline = Pipeline("logs")

    @pipeline.task
    def speak(context: Context) -> Out:
        context.logger.warning("from %s", "afar")
        logging.getLogger("elsewhere").error("and this")
        return 1

    with DaskExecutor(processes, root=tmp_path) as executor:
        run = executor.execute(pipeline)
    (file,) = tmp_path.glob("*.db")
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT * FROM logs WHERE run_id = ?", (run.run_id,)).fetchall()
    connection.close()
    assert any("from afar" in row for row in rows)
    assert any("and this" in row for row in rows)


def test_what_cannot_be_sent_fails_its_task_by_name(executor: DaskExecutor) -> None:
    pipeline, lock = Pipeline("locked"), threading.Lock()

    @pipeline.task
    def use() -> Out:
        with lock:
            return 1

    with pytest.raises(RunFailed, match="'lock', a lock") as failed:
        executor.execute(pipeline)
    assert isinstance(failed.value.__cause__, CannotCross)


def test_a_given_value_that_cannot_be_sent_is_refused(executor: DaskExecutor) -> None:
    pipeline, data = Pipeline("given"), Dataset("data")

    @pipeline.task
    def use(value: Annotated[list[int], data]) -> Out:
        return len(value)

    with pytest.raises(CannotCross, match="a generator that was given"):
        executor.execute(pipeline, inputs={data: (n for n in range(3))})


def test_what_cannot_be_brought_back_fails_its_task(executor: DaskExecutor) -> None:
    pipeline = Pipeline("locked")

    @pipeline.task
    def make() -> Annotated[object, Dataset("made")]:
        return [threading.Lock()]

    with pytest.raises(RunFailed, match="what it returned for 'made', a list,") as failed:
        executor.execute(pipeline)
    assert isinstance(failed.value.__cause__, CannotCross)


def test_values_outlive_the_run_but_not_the_cluster() -> None:
    executor = DaskExecutor(**HERE)
    run, other = executor.execute(_small()), executor.execute(_small())
    assert run["out"] == 3
    executor.close()
    assert run["out"] == 3, "it was brought here before"
    with pytest.raises(ValueLost, match="store the dataset"):
        other["out"]


def test_large_given_values_go_to_workers_directly(executor: DaskExecutor) -> None:
    pipeline, data = Pipeline("given"), Dataset("data")

    @pipeline.task
    def size(value: Annotated[bytes, data]) -> Out:
        return len(value)

    assert executor.execute(pipeline, inputs={data: bytes(5 * 2**20)})["out"] == 5 * 2**20


def test_a_mapped_task_maps_over_the_items_of_another_with_a_condition(
    executor: DaskExecutor,
) -> None:
    pipeline, flag, mid = Pipeline("chained"), Dataset("flag"), Dataset("mid")

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task
    def decide(values: Raw) -> Annotated[bool, flag]:
        return len(values) == 3

    @pipeline.task
    def half(item: Item) -> Annotated[int, mid]:
        if item == 2:
            raise Skip("not two")
        return item

    @pipeline.task(when=flag)
    def more(item: Annotated[int, mid.each], values: Raw) -> Out:
        return item + len(values)

    @pipeline.task(when=flag)
    def none(item: Annotated[int, mid.each]) -> Annotated[int, Dataset("none")]:
        return item

    run = executor.execute(pipeline)
    assert (run["out"], run["none"]) == ([4, 6], [1, 3])
    off = executor.execute(pipeline, inputs={flag: False})
    assert off.tasks["more"].state == "skipped"
    assert "'flag' is false" in off.tasks["more"].reason


def test_a_record_that_never_comes_is_asked_for(
    threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a worker that was killed after its task had ended, and before it had told of it."""
    pipeline = Pipeline("silent")

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task
    def square(item: Item) -> Annotated[int, Dataset("squares")]:
        if item == 2:
            raise Skip("not two")
        return item * item

    @pipeline.task
    def pair(values: Raw) -> tuple[Out, Annotated[int, Dataset("other")]]:
        return len(values), sum(values)

    @pipeline.task
    def skip() -> Annotated[int, Dataset("skipped")]:
        raise Skip("never")

    told: list[str] = []

    def drop(self: Teller, record: Any) -> None:
        told.append(record[0])

    monkeypatch.setattr(Teller, "tell", drop)
    with DaskExecutor(threads, history=False) as executor:
        run = executor.execute(pipeline)
        assert (run["squares"], run["out"], run["other"]) == ([1, 9], 3, 6)
    assert run.tasks["skip"].state == "skipped"
    assert {"end", "items"} <= set(told)


@pytest.mark.parametrize("how", ["interrupt", "failure"])
def test_a_mapped_task_is_stopped_between_its_items(threads: str, how: str) -> None:
    pipeline, mapped = Pipeline("stopped"), Dataset("mapped")
    ended: list[tuple[str, str]] = []
    items: list[str] = []

    @pipeline.task
    def load() -> Raw:
        return list(range(200))

    @pipeline.task
    def each(item: Item) -> Annotated[int, mapped]:
        time.sleep(0.01)
        if how == "failure" and item == 5:
            raise ValueError("five")
        return item

    @pipeline.task
    def total(values: Annotated[list[int], mapped]) -> Out:
        return sum(values)

    def listen(event: Event, /) -> None:
        if isinstance(event, TaskFinished):
            ended.append((event.step.task, str(event.state)))
        elif isinstance(event, ItemFinished):
            items.append(str(event.state))
            if how == "interrupt" and len(items) == 3:
                raise KeyboardInterrupt

    with DaskExecutor(threads, fail_fast=True, history=False) as executor:
        if how == "interrupt":
            with pytest.raises(KeyboardInterrupt):
                executor.execute(pipeline, listeners=[listen])
            assert dict(ended) == {"load": "succeeded", "each": "cancelled", "total": "cancelled"}
        else:
            executor.execute(pipeline, listeners=[listen], raise_on_failure=False)
            assert dict(ended) == {
                "load": "succeeded",
                "each": "failed",
                "total": "upstream_failed",
            }
    assert len(ended) == 3
    assert items.count("succeeded") < 100, "most of them were never begun"


def test_a_worker_needs_no_pulumi_for_a_module_that_declares_resources(
    executor: DaskExecutor, tmp_path: Path
) -> None:
    pipeline, folder = Pipeline("raw"), str(tmp_path)
    (tmp_path / "declares_raw_resources.py").write_text(
        "import pulumi_nowhere as nowhere\n"
        "bucket = nowhere.storage.Bucket('lake', versioning=True)\n"
        "def answer():\n"
        "    return 42\n"
    )

    @pipeline.task
    def use() -> Out:
        sys.path.insert(0, folder)
        from declares_raw_resources import answer  # type: ignore[import-not-found]

        return int(answer())

    assert executor.execute(pipeline)["out"] == 42
