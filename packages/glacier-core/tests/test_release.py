"""A value is let go as soon as its last reader has had it."""

from __future__ import annotations

import gc
import weakref
from typing import Any, List

from glacier.core import Dataset, Pipeline
from glacier.core.testing import InlineExecutor


class Big:
    """Stands for a large value; a weak reference can point to it."""


class Watch:
    """Makes values, and notes how many of the earlier ones are still alive at each."""

    def __init__(self) -> None:
        self.made: List[Any] = []
        self.alive: List[int] = []

    def fresh(self) -> Big:
        gc.collect()
        self.alive.append(self.count())
        value = Big()
        self.made.append(weakref.ref(value))
        return value

    def count(self) -> int:
        return sum(ref() is not None for ref in self.made)


def test_a_chain_holds_one_input_at_a_time() -> None:
    pipeline, watch = Pipeline("chain"), Watch()
    before = Dataset("d0")

    @pipeline.task(name="t0")
    def begin() -> before:
        return watch.fresh()

    for number in range(1, 10):
        after = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def follow(value: before) -> after:
            return watch.fresh()

        before = after

    run = InlineExecutor().execute(pipeline)
    assert watch.alive == [0] + [1] * 9
    gc.collect()
    assert watch.count() == 1, "the terminal value stays with the run"
    del run
    gc.collect()
    assert watch.count() == 0


def test_a_branch_is_followed_to_its_end_before_the_next_is_begun() -> None:
    pipeline, watch = Pipeline("branches"), Watch()
    for number in range(5):
        big, small = Dataset(f"big{number}"), Dataset(f"small{number}")

        @pipeline.task(name=f"load{number}")
        def load() -> big:
            return watch.fresh()

        @pipeline.task(name=f"reduce{number}")
        def reduce(value: big) -> small:
            return 1

    InlineExecutor().execute(pipeline)
    assert watch.alive == [0] * 5, "no two big values are alive at once"


def test_a_skipped_reader_lets_go_and_a_failed_one_does_not() -> None:
    pipeline, watch = Pipeline("ends"), Watch()
    one, two, flag, seen, bad = map(Dataset, ("one", "two", "flag", "seen", "bad"))

    @pipeline.task
    def produce() -> (one, two, flag):
        return watch.fresh(), watch.fresh(), False

    @pipeline.task(when=flag)
    def skipped(value: one) -> seen:
        return 1

    @pipeline.task
    def failing(value: two) -> bad:
        raise ValueError

    run = InlineExecutor().execute(pipeline, raise_on_failure=False)
    assert set(run.values) == {"two"}
    del run
    gc.collect()
    assert watch.count() == 0
