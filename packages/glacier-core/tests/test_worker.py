"""One call of one task, as every executor makes it."""

from __future__ import annotations

import functools
from typing import Any, Optional

import pytest

from glacier.core import Context, Dataset, GlacierError, GlacierWarning, Pipeline, Secret
from glacier.core.contracts import Handle, TaskCall, Value, VersionRef
from glacier.core.errors import RecordError, UnresolvedInput
from glacier.core.testing import run, run_task
from glacier.core.worker import run_call, run_call_async

raw, other, clean = Dataset("raw"), Dataset("other"), Dataset("clean")


def declare(function: Any) -> Any:
    return Pipeline("p").task(function)


def call_of(task: Any, *inputs: Any, **changes: Any) -> TaskCall:
    pipeline = Pipeline("calls")
    pipeline._add(task)
    given = dict.fromkeys(pipeline.graph(inputs=["raw", "other"]).sources)
    launch = pipeline.prepare(inputs=given)
    call = TaskCall("run-1", "calls", launch.plan.steps[0], task.function, inputs, launch.params[0])
    return call._replace(**changes)


def test_the_result_carries_outputs_and_times() -> None:
    @declare
    def work(value: raw) -> clean:
        return value + 1

    result = run_call(call_of(work, Value(1)))
    assert result.state == "succeeded"
    assert result.outputs == (Value(2),)
    assert result.started is not None
    assert result.duration >= 0


def test_what_the_task_raises_is_in_the_result() -> None:
    @declare
    def work(value: raw) -> clean:
        return 1 / value

    result = run_call(call_of(work, Value(0)))
    assert result.state == "failed"
    assert isinstance(result.error, ZeroDivisionError)
    assert result.outputs == ()


def test_ctrl_c_passes_through() -> None:
    @declare
    def work() -> clean:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_call(call_of(work))


def start(call: TaskCall) -> object:
    return run_call_async(call).send(None)


@pytest.mark.parametrize("runner", [run_call, start])
def test_a_call_of_another_format_is_refused_by_name(runner: Any) -> None:
    @declare
    def work() -> clean: ...

    with pytest.raises(RecordError, match=r"task call has format 99, but this .* format 1\."):
        runner(call_of(work, format=99))


@pytest.mark.parametrize("ref", [Handle("somewhere"), VersionRef("raw", "v1")])
def test_a_reference_must_be_resolved_before_it_gets_here(ref: Any) -> None:
    @declare
    def plain(value: raw) -> clean: ...

    @declare
    def rich(value: raw, context: Context) -> clean: ...

    for task in (plain, rich):
        result = run_call(call_of(task, ref))
        assert isinstance(result.error, UnresolvedInput)
        assert "'raw' arrived as " + type(ref).__name__ in str(result.error)


def test_an_attribute_error_of_the_task_is_its_own() -> None:
    @declare
    def work(value: raw) -> clean:
        return value.nothing_like_it

    error = run_call(call_of(work, Value(1))).error
    assert isinstance(error, AttributeError)
    assert "nothing_like_it" in str(error)


def test_arguments_go_where_the_function_wants_them() -> None:
    # Positional-only parameters cannot be written in the syntax of Python 3.7, but in 3.8.
    def work(
        value: raw, /, context: Context, n: int = 2, *, more: other, flag: bool = True
    ) -> clean:
        return value, context.task, n, more, flag

    task = Pipeline("p").task(work)
    found = run_task(task, inputs={raw: 1, other: 3}, params={"n": 5, "flag": False})
    assert found["clean"] == (1, "work", 5, 3, False)


def test_a_left_out_default_does_not_shift_the_others() -> None:
    pipeline = Pipeline("p")
    flag = Dataset("flag")

    @pipeline.task
    def decide() -> flag:
        return False

    @pipeline.task(when=flag)
    def skipped() -> raw:
        return 1

    @pipeline.task
    def produce() -> other:
        return 2

    @pipeline.task
    def read(a: raw = "default", b: other = 0, c: Optional[raw] = None, n: int = 4) -> clean:
        return a, b, c, n

    assert run(pipeline)["clean"] == ("default", 2, None, 4)


def test_a_partial_keeps_what_it_was_given() -> None:
    def work(scale: float, value: raw, *, offset: int) -> clean:
        return value * scale + offset

    task = Pipeline("p").task(name="scaled")(functools.partial(work, 10.0, offset=3))
    assert run_task(task, inputs={raw: 2})["clean"] == 23
    assert run_task(task, inputs={raw: 2}, params={"offset": 5})["clean"] == 25


def test_a_value_that_no_dataset_takes_is_warned_about() -> None:
    @declare
    def work(value: raw):
        return value

    with pytest.warns(GlacierWarning, match=r"work \(.*test_worker.py:\d+\) returned a int, but"):
        result = run_call(call_of(work, Value(1)))
    assert result.state == "succeeded"


def test_a_secret_that_vanished_fails_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    @declare
    def work(key: Secret("crm.key")) -> clean:
        return key

    call = call_of(work)
    monkeypatch.delenv("GLACIER_SECRET_CRM_KEY", raising=False)
    error = run_call(call).error
    assert isinstance(error, GlacierError)
    assert "environment variable GLACIER_SECRET_CRM_KEY is not set" in str(error)
    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", "s3cret")
    result = run_call(call)
    assert result.outputs == (Value("s3cret"),)
    assert "s3cret" not in repr(call)
