"""Executor contract, part 3: what fails, what goes on, and what is said of it."""

from __future__ import annotations

from functools import partial
from typing import Any, List, Optional, Tuple, cast

from glacier.core.dataset import Dataset
from glacier.core.errors import (
    DefinitionErrors,
    NotAPipeline,
    RequestErrors,
    RunFailed,
    Skip,
    TaskExited,
    WrongOutputs,
)
from glacier.core.loading import LoadingEnded, loading
from glacier.core.pipeline import Pipeline
from glacier.core.testing.contract_base import Annotated, ContractBase, Recorder, caught

__all__ = ["FailureContract"]

raw, good = Dataset("raw"), Dataset("good")
Raw = Annotated[int, raw]
Good = Annotated[int, good]
Bad = Annotated[int, Dataset("bad")]
Worse = Annotated[int, Dataset("worse")]
Other = Annotated[int, Dataset("other")]


def _branches(*, mended: bool = False) -> Pipeline:
    """One branch fails in its middle, the other does not."""
    pipeline = Pipeline("branches")

    @pipeline.task
    def extract() -> Raw:
        return 1

    @pipeline.task
    def fail(value: Raw) -> Bad:
        if not mended:
            raise ValueError("no such luck")
        return value + 10

    @pipeline.task
    def after(value: Optional[Bad]) -> Worse:
        return value or 0

    @pipeline.task
    def work(value: Raw) -> Good:
        return value + 1

    @pipeline.task
    def more(value: Good) -> Other:
        return value + 1

    return pipeline


def _returning(value: Any) -> Pipeline:
    pipeline = Pipeline("outputs")

    @pipeline.task
    def split() -> Tuple[Good, Bad]:
        return cast("Tuple[int, int]", value)

    return pipeline


class FailureContract(ContractBase):
    """Failures, cancellation, and requests that are refused before anything runs."""

    def test_a_failure_stops_only_what_depends_on_it(self) -> None:
        executor = self.make_executor()
        failed = caught(RunFailed, lambda: executor.execute(_branches()))
        states = {task.name: task.state for task in failed.run.tasks.values()}
        assert states == {
            "extract": "succeeded",
            "fail": "failed",
            "after": "upstream_failed",  # also through an optional input
            "work": "succeeded",
            "more": "succeeded",
        }
        assert failed.run["other"] == 3
        assert isinstance(failed.__cause__, ValueError)
        assert failed.run.tasks["fail"].error is failed.__cause__

    def test_the_error_says_what_is_done_and_how_to_go_on(self) -> None:
        executor = self.make_executor()
        text = str(caught(RunFailed, lambda: executor.execute(_branches())))
        for part in (
            "1 of 5 tasks",
            "fail: ValueError: no such luck",
            "upstream failed: 'after'",
            "succeeded: 'extract', 'work' and 'more'",
            "execute(pipeline, ",
        ):
            assert part in text, text

    def test_a_run_goes_on_from_what_a_failed_one_left(self) -> None:
        executor = self.make_executor()
        left = caught(RunFailed, lambda: executor.execute(_branches())).run.values
        assert left == {"raw": 1, "other": 3}, "what the failed task needs is still there"
        run = executor.execute(_branches(mended=True), inputs=left)
        assert list(run.tasks) == ["fail", "after"]
        assert run["worse"] == 11

    def test_a_failed_run_is_returned_when_asked_for(self) -> None:
        run = self.make_executor().execute(_branches(), raise_on_failure=False)
        assert run.state == "failed"
        assert "ValueError: no such luck" in str(run)

    def test_fail_fast_cancels_what_has_not_started(self) -> None:
        pipeline = Pipeline("fast")

        @pipeline.task
        def fail() -> Bad:
            raise ValueError("at once")

        @pipeline.task
        def after(value: Bad) -> Worse:
            return value

        @pipeline.task
        def never(value: int = 0) -> Raw:
            return value

        executor = self.make_executor(workers=1, fail_fast=True)
        run = caught(RunFailed, lambda: executor.execute(pipeline)).run
        states = {task.name: task.state for task in run.tasks.values()}
        assert states == {"fail": "failed", "after": "upstream_failed", "never": "cancelled"}

    def test_each_output_needs_a_value(self) -> None:
        returned: List[Any] = [(1, 2, 3), (1,), {"good": 1}, {"good": 1, "goood": 2}, 5, None]
        for value in returned:
            failed = caught(RunFailed, partial(self.make_executor().execute, _returning(value)))
            assert isinstance(failed.__cause__, WrongOutputs)
            for part in ("split (", "2 datasets: 'good' and 'bad'"):
                assert part in str(failed.__cause__)

    def test_a_task_cannot_end_the_process(self) -> None:
        pipeline = Pipeline("exit")

        @pipeline.task
        def leave() -> Raw:
            raise SystemExit(3)

        failed = caught(RunFailed, lambda: self.make_executor().execute(pipeline))
        assert isinstance(failed.__cause__, TaskExited)
        assert "sys.exit(3)" in str(failed)

    def test_an_async_task_fails_and_skips_like_any_other(self) -> None:
        pipeline = Pipeline("async-failures")

        @pipeline.task
        async def fail() -> Bad:
            raise ValueError("from a coroutine")

        @pipeline.task
        async def skip() -> Good:
            raise Skip("nothing today")

        run = self.make_executor().execute(pipeline, raise_on_failure=False)
        assert (run.tasks["fail"].state, run.tasks["skip"].state) == ("failed", "skipped")
        assert run.tasks["skip"].reason == "nothing today"

    def test_it_ends_the_loading_of_a_file_and_runs_nothing(self) -> None:
        executor, pipeline, recorder = self.make_executor(), _branches(), Recorder()
        with loading() as file:
            caught(LoadingEnded, lambda: executor.execute(pipeline, listeners=[recorder]))
        assert file.executed is pipeline
        assert not recorder.events

    def test_only_pipelines_are_executed(self) -> None:
        executor: Any = self.make_executor()
        found: List[Any] = [None, "etl", [], Pipeline, _branches, _branches().tasks["work"]]
        for wrong in found:
            assert "cannot execute" in str(caught(NotAPipeline, partial(executor.execute, wrong)))

    def test_a_wrong_definition_is_reported_whole_before_anything_runs(self) -> None:
        pipeline = Pipeline("wrong")
        ran: List[str] = []

        @pipeline.task
        def first() -> Good:
            ran.append("first")
            return 1

        @pipeline.task
        def second() -> Good:
            return 2

        @pipeline.task
        def third(value: Raw) -> Bad:
            return value

        recorder = Recorder()
        executor = self.make_executor()
        error = caught(DefinitionErrors, lambda: executor.execute(pipeline, listeners=[recorder]))
        assert len(error.problems) == 2
        assert not ran
        assert not recorder.events

    def test_a_wrong_request_is_reported_whole_before_anything_runs(self) -> None:
        pipeline = Pipeline("request")
        ran: List[str] = []

        @pipeline.task
        def load(day: str, limit: int = 3) -> Raw:
            ran.append(day)
            return limit

        executor = self.make_executor()
        error = caught(
            RequestErrors,
            lambda: executor.execute(
                pipeline, params={"limit": "3", "dya": "mon"}, inputs={"rwa": 1}, keep=["ra"]
            ),
        )
        text = str(error)
        assert len(error.problems) == 5
        for part in ("'rwa'", "'raw'", "'dya'", "'day'", "'3' (a str) is not int", "'ra'"):
            assert part in text, text
        assert not ran
