"""What an executor that stores datasets must do, as a second suite: subclass it too.

::

    class TestMyExecutorStores(StoringContract):
        def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
            return MyExecutor(workers=workers, **options)

Here ``options`` hold ``root``, a folder for all that is stored, and perhaps ``cache``.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generator, Iterator, List, Optional, Tuple

from glacier.core.context import Context
from glacier.core.contracts import Executor
from glacier.core.dataset import Dataset
from glacier.core.errors import RunFailed, Skip
from glacier.core.events import Event, ItemFinished, TaskFinished
from glacier.core.pipeline import Pipeline
from glacier.core.resources import ObjectStorage
from glacier.core.run import Run
from glacier.core.testing.contract_base import Annotated, ContractBase, Recorder, caught

__all__ = ["StoringContract"]

lake = ObjectStorage("lake")
raw = Dataset("raw", storage=lake)
squares = Dataset("squares", storage=lake)
total = Dataset("total", storage=lake)
given = Dataset("given")
Raw = Annotated[List[int], raw]
Square = Annotated[int, squares]
Squares = Annotated[List[int], squares]
Total = Annotated[int, total]


def _totals(values: List[int], *, trouble: Optional[BaseException] = None) -> Pipeline:
    """Stores these values, the square of each, and the sum of the squares."""
    pipeline = Pipeline("totals")

    @pipeline.task
    def load() -> Raw:
        return values

    @pipeline.task
    def square(item: Annotated[int, raw.each]) -> Square:
        return item * item

    @pipeline.task
    def add(items: Squares) -> Total:
        if trouble is not None:
            raise trouble
        return sum(items)

    return pipeline


def _states(run: Run) -> List[Tuple[str, str]]:
    return [(task.name, str(task.state)) for task in run.tasks.values()]


class StoringContract(ContractBase):
    """Versions, pinned inputs, what a failure leaves, caching and resuming."""

    @contextmanager
    def storing(self, **options: Any) -> Generator[Any, None, None]:
        """An executor with an empty folder of its own."""
        with TemporaryDirectory() as root:
            executor: Executor = self.make_executor(root=root, **options)
            yield executor

    def test_a_stored_value_is_a_version_of_the_run_and_read_when_asked_for(self) -> None:
        recorder = Recorder()
        with self.storing() as executor:
            run = executor.execute(_totals([1, 2, 3]), listeners=[recorder])
            assert run.values == {}, "nothing of it is in memory"
            assert (run["raw"], run["squares"], run["total"]) == ([1, 2, 3], [1, 4, 9], 14)
        kept = {e.step.task: e.kept[0] for e in recorder.of(TaskFinished)}
        assert {one.version for one in kept.values()} == {run.run_id}
        assert kept["square"].items == 3, "each item is a part"

    def test_a_part_of_a_pipeline_reads_the_newest_versions_of_the_rest(self) -> None:
        with self.storing() as executor:
            executor.execute(_totals([7]))
            executor.execute(_totals([1, 2, 3]))
            run = executor.execute(_totals([]), select="add")
            assert (_states(run), run["total"]) == ([("add", "succeeded")], 14)

    def test_a_run_reads_its_own_versions_whatever_others_write_meanwhile(self) -> None:
        with self.storing() as executor:

            def write_newer(event: Event, /) -> None:
                if isinstance(event, TaskFinished) and event.step.task == "load":
                    executor.execute(_totals([100]))

            run = executor.execute(_totals([1, 2, 3]), listeners=[write_newer])
            assert run["total"] == 14
            newest = executor.execute(_totals([]), select="add")
            assert newest["total"] == 10_000

    def test_what_fails_or_is_skipped_leaves_the_version_that_was_there(self) -> None:
        with self.storing() as executor:
            executor.execute(_totals([2]))
            for trouble, state in ((ValueError("late"), "failed"), (Skip("none"), "skipped")):
                run = executor.execute(_totals([3], trouble=trouble), raise_on_failure=False)
                assert _states(run)[-1] == ("add", state)
                assert self._newest_total(executor) == 4

    def test_an_interrupt_leaves_nothing_half_written(self) -> None:
        def interrupt(event: Event, /) -> None:
            if isinstance(event, ItemFinished):
                raise KeyboardInterrupt

        with self.storing() as executor:
            executor.execute(_totals([2]))
            caught(
                KeyboardInterrupt,
                lambda: executor.execute(_totals([3, 4, 5]), listeners=[interrupt]),
            )
            assert self._newest_total(executor) == 4
            # Some of the squares of 3, 4 and 5 are there, and nobody finds them.
            assert executor.execute(_totals([]), select="add")["total"] == 4

    def _newest_total(self, executor: Any) -> object:
        """What a run that makes none itself reads."""
        pipeline = Pipeline("totals")

        @pipeline.task
        def make() -> Total:
            raise AssertionError("is not to run")

        @pipeline.task
        def see(value: Total) -> Annotated[int, Dataset("seen")]:
            return value

        return executor.execute(pipeline, select="see")["seen"]

    def test_a_value_that_its_format_would_not_give_back_is_not_stored(self) -> None:
        pipeline = Pipeline("formats")

        @pipeline.task
        def make() -> Annotated[object, Dataset("pairs", storage=lake, format="json")]:
            return {(1, 2): "a"}

        with self.storing() as executor:
            failed = caught(RunFailed, lambda: executor.execute(pipeline))
            assert "'pairs'" in str(failed)
            assert "json" in str(failed)
            assert not list(Path(executor.root).rglob("version.json"))

    def test_an_iterator_is_stored_as_it_comes_and_read_so(self) -> None:
        pipeline, rows = Pipeline("streams"), Dataset("rows", storage=lake)

        @pipeline.task
        def make() -> Annotated[Iterator[int], rows]:
            yield from range(1000)

        @pipeline.task
        def add(values: Annotated[Iterator[int], rows]) -> Total:
            assert iter(values) is values
            return sum(values)

        with self.storing() as executor:
            assert executor.execute(pipeline)["total"] == 499_500

    def test_a_file_is_moved_in_and_read_as_one(self) -> None:
        pipeline, report = Pipeline("files"), Dataset("report", storage=lake)

        @pipeline.task
        def write(context: Context) -> Annotated[Path, report]:
            path = context.new_path(".txt")
            path.write_text("all is well")
            return path

        @pipeline.task
        def measure(path: Annotated[Path, report]) -> Total:
            return len(path.read_text())

        with self.storing() as executor:
            assert executor.execute(pipeline)["total"] == len("all is well")

    def test_with_cache_what_is_known_does_not_run(self) -> None:
        pipeline = Pipeline("cached")

        @pipeline.task
        def double(values: Annotated[List[int], given]) -> Annotated[List[int], Dataset("doubled")]:
            return [2 * value for value in values]

        with self.storing(cache=True) as executor:
            runs = [executor.execute(pipeline, inputs={given: [n]}) for n in (1, 1, 5)]
            assert [_states(run)[0][1] for run in runs] == ["succeeded", "up_to_date", "succeeded"]
            assert [run["doubled"] for run in runs] == [[2], [2], [10]]

    def test_a_run_that_failed_is_resumed(self) -> None:
        with self.storing() as executor:
            failed = caught(
                RunFailed,
                lambda: executor.execute(_totals([1, 2, 3], trouble=ValueError("not today"))),
            )
            assert failed.run.resumable
            executor.execute(_totals([100]))  # newer, but not what the failed run has read
            run = executor.execute(_totals([1, 2, 3]), resume=failed.run.run_id)
            assert _states(run) == [
                ("load", "up_to_date"),
                ("square", "up_to_date"),
                ("add", "succeeded"),
            ]
            assert run["total"] == 14
