"""Stored datasets are read and written by the workers; caching and resuming are as elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from glacier.core import Dataset, ObjectStorage, Pipeline, RunFailed
from glacier.core.events import TaskFinished
from glacier.dask import DaskExecutor, NotShared, sharing

lake = ObjectStorage("lake")
raw = Dataset("raw", storage=lake)
squares = Dataset("squares", storage=lake)
Raw = Annotated[list[int], raw]
Square = Annotated[int, squares]
Squares = Annotated[list[int], squares]
Total = Annotated[int, Dataset("total", storage=lake)]
Writer = Annotated[int, Dataset("writer")]


def _pipeline(*, broken: bool = False) -> Pipeline:
    pipeline = Pipeline("stored")

    @pipeline.task
    def load() -> Raw:
        return [1, 2, 3]

    @pipeline.task
    def square(item: Annotated[int, raw.each]) -> Square:
        return item * item

    @pipeline.task
    def add(values: Squares) -> Total:
        if broken:
            raise ValueError("not today")
        return sum(values)

    return pipeline


@pytest.fixture
def executor(processes: str, tmp_path: Path) -> Iterator[DaskExecutor]:
    with DaskExecutor(processes, root=tmp_path / "root") as executor:
        yield executor


def _states(run: object) -> dict[str, str]:
    return {task.name: str(task.state) for task in run.tasks.values()}  # type: ignore[attr-defined]


def test_workers_write_what_is_stored_and_a_run_reads_it(executor: DaskExecutor) -> None:
    run = executor.execute(_pipeline())
    assert (run["raw"], run["squares"], run["total"]) == ([1, 2, 3], [1, 4, 9], 14)
    stored = Path(executor.root, "storage", "lake", "stored")
    assert sorted(path.name for path in stored.iterdir()) == ["raw", "squares", "total"]
    assert run.values == {}, "all of it is in files"


def test_the_process_that_writes_is_a_worker(executor: DaskExecutor, tmp_path: Path) -> None:
    pipeline, marked = Pipeline("writer"), Dataset("marked", storage=lake, format="pickle")

    class Marked:
        """Notes which process pickles it, which is the one that writes it."""

        def __reduce__(self) -> tuple[object, ...]:
            return int, (os.getpid(),)

    @pipeline.task
    def write() -> Annotated[object, marked]:
        return Marked()

    pid = executor.execute(pipeline)["marked"]
    assert pid in executor.client.run(os.getpid).values()
    assert pid != os.getpid()


def test_a_pipeline_reads_what_another_run_has_stored(executor: DaskExecutor) -> None:
    executor.execute(_pipeline())
    run = executor.execute(_pipeline(), select="add")
    assert (list(run.tasks), run["total"]) == (["add"], 14)


def test_with_cache_nothing_runs_twice(processes: str, tmp_path: Path) -> None:
    pipeline = Pipeline("cached")
    start = Dataset("start")

    @pipeline.task
    def double(values: Annotated[list[int], start]) -> Annotated[list[int], Dataset("doubled")]:
        return [2 * value for value in values]

    with DaskExecutor(processes, root=tmp_path, cache=True) as executor:
        first = executor.execute(pipeline, inputs={start: [1, 2]})
        second = executor.execute(pipeline, inputs={start: [1, 2]})
        other = executor.execute(pipeline, inputs={start: [5]})
        assert [_states(run)["double"] for run in (first, second, other)] == [
            "succeeded",
            "up_to_date",
            "succeeded",
        ]
        assert (first["doubled"], second["doubled"], other["doubled"]) == ([2, 4], [2, 4], [10])


def test_a_failed_run_is_gone_on_from(processes: str, tmp_path: Path) -> None:
    with DaskExecutor(processes, root=tmp_path) as executor:
        with pytest.raises(RunFailed, match="not today") as failed:
            executor.execute(_pipeline(broken=True))
        run = executor.execute(_pipeline(), resume=failed.value.run.run_id)
    assert _states(run) == {"load": "up_to_date", "square": "up_to_date", "add": "succeeded"}
    assert run["total"] == 14


def test_what_a_failed_run_had_in_memory_is_stored_by_its_worker(
    processes: str, tmp_path: Path
) -> None:
    left = Dataset("left")

    def pipeline(*, broken: bool) -> Pipeline:
        pipeline = Pipeline("memory")

        @pipeline.task
        def make() -> Annotated[int, left]:
            return 5

        @pipeline.task
        def use(value: Annotated[int, left]) -> Annotated[int, Dataset("used")]:
            if broken:
                raise ValueError("broken")
            return value + 1

        return pipeline

    with DaskExecutor(processes, root=tmp_path) as executor:
        failed = executor.execute(pipeline(broken=True), raise_on_failure=False)
        assert failed.resumable
        run = executor.execute(pipeline(broken=False), resume=failed.run_id)
        assert _states(run) == {"make": "up_to_date", "use": "succeeded"}
        assert run["used"] == 6


def test_listeners_are_told_of_versions(executor: DaskExecutor) -> None:
    kept: dict[str, int] = {}

    def note(event: object) -> None:
        if isinstance(event, TaskFinished):
            kept.update({event.step.task: len([one for one in event.kept if one is not None])})

    executor.execute(_pipeline(), listeners=[note])
    assert kept == {"load": 1, "square": 1, "add": 1}


def test_explaining_needs_no_cluster(tmp_path: Path) -> None:
    executor = DaskExecutor("tcp://127.0.0.1:1", root=tmp_path)
    assert [decision.task for decision in executor.explain(_pipeline())] == [
        "load",
        "square",
        "add",
    ]


def test_a_folder_that_workers_do_not_see_is_refused_before_anything_runs(
    threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is of this process, which stands for another machine here."""
    monkeypatch.setattr(sharing, "_LATE", 0.0)
    monkeypatch.setattr("glacier.dask.sharing.os.path.exists", lambda path: False)
    events: list[object] = []
    with DaskExecutor(threads, root=tmp_path, history=False) as executor:
        with pytest.raises(NotShared, match="Give a folder that all machines share"):
            executor.execute(_pipeline(), listeners=[events.append])
        assert not events
        assert not list(tmp_path.glob(".seen*"))
        with pytest.raises(RunFailed):  # one that stores nothing is not asked about it
            executor.execute(_unstored())


def test_buckets_need_no_shared_folder(
    threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("obstore")
    from object_stores import memory_scheme

    monkeypatch.setattr(sharing.SharedFolder, "check", _refuse)
    pipeline = Pipeline("buckets")
    made = Dataset("made", storage=ObjectStorage("lake", url="mem://lake/etl"))
    total = Dataset("total", storage=ObjectStorage("lake", url="mem://lake/etl"))

    @pipeline.task
    def make() -> made:
        return [1, 2]

    @pipeline.task
    def add(values: made) -> total:  # type: ignore[valid-type]
        return sum(values)  # type: ignore[call-overload]

    executor = DaskExecutor(threads, root=tmp_path / "root", storage="declared")
    with memory_scheme(tmp_path / "site"), executor:
        assert executor.execute(pipeline)["total"] == 3
    assert not (tmp_path / "root" / "storage").exists()


@pytest.mark.parametrize("shared", [True, False])
def test_what_is_left_to_go_on_from_is_in_a_shared_folder(
    threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if not shared:
        monkeypatch.setattr(sharing.SharedFolder, "check", _refuse)
    with DaskExecutor(threads, root=tmp_path) as executor:
        failed = executor.execute(_unstored(), raise_on_failure=False)
        monkeypatch.undo()
        run = executor.execute(_unstored(), resume=failed.run_id, raise_on_failure=False)
    assert _states(run)["make"] == ("up_to_date" if shared else "succeeded")


def _refuse(folder: object) -> None:
    raise NotShared(root="/data", workers=["tcp://a:1"])


def _unstored() -> Pipeline:
    pipeline, made = Pipeline("unstored"), Dataset("made")

    @pipeline.task
    def make() -> Annotated[int, made]:
        return 1

    @pipeline.task
    def fail(value: Annotated[int, made]) -> Writer:
        raise ValueError("not today")

    return pipeline
