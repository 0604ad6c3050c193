"""The helpers for users' tests, and the contract suite itself: it must catch a bad executor."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping, Type

import pytest

from glacier.core import Dataset, Pipeline, RunFailed
from glacier.core.contracts import Executor, TaskCall, TaskResult, Value
from glacier.core.testing import ExecutorContract, InlineExecutor, run, run_task
from glacier.core.testing.contract_base import WithGaps
from glacier.core.testing.inline import InlinePool

raw, clean = Dataset("raw"), Dataset("clean")
pipeline = Pipeline("etl")


@pipeline.task
def extract(limit: int = 2) -> raw:
    return list(range(limit))


@pipeline.task
def double(item: raw.each) -> clean:
    return 2 * item


def test_run_keeps_every_value() -> None:
    assert run(pipeline, params={"limit": 3}).values == {"raw": [0, 1, 2], "clean": [0, 2, 4]}
    assert run(pipeline, inputs={raw: [5]})["clean"] == [10]
    assert run(pipeline, select="extract").values == {"raw": [0, 1]}


def test_run_task_runs_one_task_as_an_executor_would() -> None:
    assert run_task(double, inputs={"raw": [1, 2]})["clean"] == [2, 4]
    assert run_task(extract, params={"limit": 1})["raw"] == [0]
    assert run_task(double, inputs={raw: 5}, raise_on_failure=False).state == "failed"
    with pytest.raises(RunFailed):
        run_task(double, inputs={raw: ["a", None]})
    assert list(pipeline.tasks) == ["extract", "double"], "the pipeline itself is not touched"


def test_a_task_stays_callable() -> None:
    assert double(4) == 8
    assert extract(limit=1) == [0]


class Lossy(InlinePool):
    """Drops what a task raised and hands on nothing instead."""

    def run_inline(self, call: TaskCall) -> TaskResult:
        result = super().run_inline(call)
        if result.error is None:
            return result
        return result._replace(
            state=type(result.state)("succeeded"), outputs=(Value(None),), error=None
        )


class Reversing(InlinePool):
    """Mixes up the values of a call."""

    def run_inline(self, call: TaskCall) -> TaskResult:
        result = super().run_inline(call)
        return result._replace(outputs=tuple(reversed(result.outputs)))


def suite_over(pool: Type[InlinePool]) -> ExecutorContract:
    class Wrong(InlineExecutor):
        def open(self) -> InlinePool:
            return pool()

    class Suite(ExecutorContract):
        def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
            return Wrong(**options)

    return Suite()


@pytest.mark.parametrize(
    ("pool", "test"),
    [
        (Lossy, "test_a_failure_stops_only_what_depends_on_it"),
        (Lossy, "test_a_task_cannot_end_the_process"),
        (Reversing, "test_a_task_may_return_one_value_per_output_or_a_mapping"),
    ],
)
def test_the_contract_catches_a_bad_executor(pool: Any, test: str) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_over(pool), test)()
    getattr(suite_over(InlinePool), test)()


def test_a_suite_must_say_how_to_make_its_executor() -> None:
    with pytest.raises(TypeError, match=r"must define make_executor\(\)"):
        ExecutorContract().test_a_chain_hands_each_value_on()


def test_a_gap_is_expected_to_fail_and_must() -> None:
    class Suite(WithGaps):
        def test_fails(self) -> None:
            raise ValueError("not here")

        def test_passes(self) -> None:
            return

    class Mine(Suite):
        gaps: ClassVar[Mapping[str, str]] = {
            "test_fails": "it cannot",
            "test_passes": "it could not",
        }

    with pytest.raises(pytest.xfail.Exception, match="it cannot"):
        Mine().test_fails()
    with pytest.raises(AssertionError, match=r"test_passes passes now.*it could not"):
        Mine().test_passes()
    with pytest.raises(ValueError, match="not here"):
        Suite().test_fails()


def test_a_gap_names_a_test() -> None:
    with pytest.raises(TypeError, match="'test_nothing'"):

        class Mine(WithGaps):
            gaps: ClassVar[Mapping[str, str]] = {"test_nothing": "no reason"}
