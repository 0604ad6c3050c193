"""A callable is called as its signature was read, whatever stands around the function."""

from __future__ import annotations

import functools
from typing import Any, Tuple

from glacier.core import Context, Dataset, Pipeline
from glacier.core.testing import run_task

raw, good, clean, bad = Dataset("raw"), Dataset("good"), Dataset("clean"), Dataset("bad")


class Client:
    """Of a type that is nothing to Glacier."""


def cleaned(function: Any, **params: Any) -> Any:
    """What a function makes of ``raw``, which is 1, and ``good``, which is 2."""
    task = Pipeline("calls").task(name="f")(function)
    reads = [one.dataset for one in task.signature.arguments if one.dataset is not None]
    inputs = {dataset: {raw: 1, good: 2}[dataset] for dataset in reads}
    return run_task(task, inputs=inputs, params=params)["clean"]


def test_what_a_partial_binds_by_position_stays_bound() -> None:
    def f(unit: str, data: raw, n: int) -> clean:
        return unit, data, n

    assert cleaned(functools.partial(f, "cent"), n=3) == ("cent", 1, 3)


def test_what_a_partial_binds_by_keyword_can_still_be_told() -> None:
    def f(data: raw, n: int, more: good) -> clean:
        return data, n, more

    partial = functools.partial(f, n=3)

    assert cleaned(partial) == (1, 3, 2)
    assert cleaned(partial, n=4) == (1, 4, 2)


def test_a_method_keeps_its_object() -> None:
    class Scale:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        def of(self, data: raw) -> clean:
            return self.factor * data

        def __call__(self, data: raw, n: int = 1) -> clean:
            return self.factor * data * n

    assert cleaned(Scale(5).of) == 5
    assert cleaned(Scale(5), n=2) == 10
    assert cleaned(functools.partial(Scale(5), n=3)) == 15


def test_a_static_call_has_no_object() -> None:
    class Adder:
        @staticmethod
        def __call__(data: raw, more: good) -> clean:
            return data + more

    assert cleaned(Adder()) == 3


def test_a_default_that_nothing_overrides_may_stand_anywhere() -> None:
    def by_position(data: raw, client: Client = None, /, *, more: good) -> clean:
        return data, client, more

    def in_between(data: raw, client: Client = None, more: good = None, n: int = 3) -> clean:
        return data, client, more, n

    assert cleaned(by_position) == (1, None, 2)
    assert cleaned(in_between) == (1, None, 2, 3)


def test_a_decorator_is_part_of_the_task() -> None:
    def doubled(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return 2 * function(*args, **kwargs)

        return wrapper

    @doubled
    def f(data: raw, *, more: good) -> clean:
        return data + more

    assert cleaned(f) == 6


def test_several_outputs_come_in_order_or_by_name() -> None:
    pipeline = Pipeline("outputs")

    @pipeline.task
    def in_order() -> (good, bad):
        return 1, 2

    @pipeline.task
    def by_name() -> Tuple[clean, raw]:
        return {"raw": 4, "clean": 3}

    first, second = run_task(in_order), run_task(by_name)
    assert (first["good"], first["bad"]) == (1, 2)
    assert (second["clean"], second["raw"]) == (3, 4)


def test_the_context_is_filled_in_whatever_its_default() -> None:
    def f(data: raw, context: Context = None) -> clean:
        return context.task

    assert cleaned(f) == "f"
